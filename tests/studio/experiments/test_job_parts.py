"""Parts of a dataset's split as inputs of jobs: `azureml:titanic:2@train`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.errors import SplitNotFound
from studiolo.studio.datasets.part_files import take
from studiolo.studio.datasets.registration_schemas import FromDatastore, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.rows import service as rows
from studiolo.studio.datasets.rows.parts import PartOf
from studiolo.studio.datasets.rows.schemas import SplitCreate
from studiolo.studio.datasets.schemas import DatasetCreate
from studiolo.studio.experiments import lineage, service
from studiolo.studio.experiments.job_schemas import DataInput
from studiolo.studio.experiments.schemas import JobSpec, Run
from tests.studio.datasets.registering import a_folder, finish
from tests.studio.experiments.jobs import ended, job_of, log_of

ROWS = 400
TEXT = "n;s\n" + "".join(f"{n};{'' if n % 9 == 0 else f'v{n % 5}'}\n" for n in range(ROWS))


def made(ctx: Context, data: bytes = TEXT.encode(), filename: str = "t.csv") -> None:
    writer = ctx.blobs.writer()
    writer.write(data)
    datasets.create(ctx, datasets.check(DatasetCreate(name="t", filename=filename)), writer)
    rows.create_split(ctx, "t", 1, SplitCreate(shares={"train": 0.7, "test": 0.3}, seed=4))


def wanted(ctx: Context, part: str, column: str = "n") -> list[Any]:
    """What the row stream gives of a part."""
    found: list[Any] = pa.ipc.open_stream(b"".join(rows.arrow(ctx, "t", 1, split=part))).read_all()[column].to_pylist()
    return found


def run(ctx: Context, command: str, kind: str, path: str = "azureml:t:1@train") -> Run:
    data = {"d": DataInput.model_validate({"type": kind, "path": path})}
    return ended(ctx, service.submit(ctx, JobSpec(command=[f"{command} "], data=data)))


def said(ctx: Context, done: Run) -> list[str]:
    assert done.state == "Completed", (done.error, log_of(ctx, done))
    return [line for line in log_of(ctx, done).splitlines() if not line.startswith("[studio]")]


def test_a_job_reads_the_rows_of_a_part_alone(any_ctx: Context) -> None:
    made(any_ctx)
    train = wanted(any_ctx, "train")
    assert 0 < len(train) < ROWS
    done = run(any_ctx, "basename ${{inputs.d}}; cat ${{inputs.d}}", "uri_file")
    name, *lines = said(any_ctx, done)
    assert (name, lines[0]) == ("train.csv", "n;s")
    assert [int(line.partition(";")[0]) for line in lines[1:]] == train
    assert lines[1:] == [TEXT.splitlines()[1 + n] for n in train], "the delimiter and the values are those of the file"
    assert any("Taking the rows of t:1@train for input 'd'" in line for line in log_of(any_ctx, done).splitlines())
    with any_ctx.db.read() as tx:
        edges = [(it.source, it.target) for it in lineage.around(tx, any_ctx, f"run:{done.id}")]
        whole = [(it.source, it.target) for it in lineage.around(tx, any_ctx, "dataset:t:1")]
        other = lineage.around(tx, any_ctx, "dataset:t:11")
        used = [it.source for it in lineage.around(tx, any_ctx, "dataset:t:1", depth=1)]
    assert ("dataset:t:1@train", f"run:{done.id}") in edges
    assert set(edges) == set(whole) == {("dataset:t:1", "dataset:t:1@train"), ("dataset:t:1@train", f"run:{done.id}")}
    assert other == []
    assert "dataset:t:1" in used, "a retention that keeps what is used keeps a version whose part was"


def test_a_folder_holds_the_part_and_nothing_of_the_rest(ctx: Context) -> None:
    made(ctx)
    done = run(ctx, "cd ${{inputs.d}} && find . -type f && ls ../ && wc -l < test.csv", "uri_folder", "azureml:t@test")
    assert said(ctx, done) == ["./test.csv", "d", str(1 + len(wanted(ctx, "test")))]


def test_an_mltable_keeps_types(ctx: Context) -> None:
    made(ctx)
    read = (
        "import os, sys, yaml, pyarrow.parquet as pq; place = sys.argv[1]; "
        "document = yaml.safe_load(open(os.path.join(place, 'MLTable'))); "
        "print(sorted(os.listdir(place)), list(document['transformations'][0])); "
        "table = pq.read_table(os.path.join(place, document['paths'][0]['file'])); "
        "print(table.schema.field('n').type, table['n'].to_pylist())"
    )
    lines = said(ctx, run(ctx, f'python -c "{read}" ${{{{inputs.d}}}}', "mltable"))
    assert lines == ["['MLTable', 'train.parquet'] ['read_parquet']", f"int64 {wanted(ctx, 'train')}"]


def test_json_lines_stay_json_lines_and_parquet_parquet(ctx: Context, tmp_path: Path) -> None:
    made(ctx, "".join(f'{{"n": {n}, "s": null}}\n' for n in range(50)).encode(), "t.jsonl")
    name, *lines = said(ctx, run(ctx, "basename ${{inputs.d}}; cat ${{inputs.d}}", "uri_file"))
    assert name == "train.jsonl"
    assert [json.loads(line)["n"] for line in lines] == wanted(ctx, "train")
    pq.write_table(pa.table({"n": range(50)}), tmp_path / "p.parquet")
    writer = ctx.blobs.writer()
    writer.write((tmp_path / "p.parquet").read_bytes())
    datasets.create(ctx, datasets.check(DatasetCreate(name="p", filename="p.parquet")), writer)
    rows.create_split(ctx, "p", 1, SplitCreate(name="cv", shares={"one": 0.5, "two": 0.5}))
    done = run(ctx, "ls ${{inputs.d}}", "uri_folder", "azureml:p:1@cv.two")
    assert said(ctx, done) == ["two.parquet"]


@pytest.mark.parametrize("kept", [True, False], ids=["referenced", "managed"])
def test_a_part_of_many_files_wherever_they_are(ctx: Context, tmp_path: Path, *, kept: bool) -> None:
    store = a_folder(ctx, tmp_path / "store")
    for place in range(3):
        text = "n\n" + "".join(f"{place * 100 + n}\n" for n in range(100))
        (tmp_path / "store" / f"{place}.csv").write_text(text)
    asked = RegistrationCreate(
        name="t",
        kind="tabular",
        mode="referenced" if kept else "managed",
        source=FromDatastore(datastore=store, path=""),
    )
    assert finish(ctx, orders.start(ctx, asked), tmp_path / "job").state == "done"
    rows.create_split(ctx, "t", 1, SplitCreate())
    lines = said(ctx, run(ctx, "cat ${{inputs.d}}; env | grep -c STUDIOLO_STORE_; true", "uri_file"))
    assert lines[0] == "n"
    assert [int(line) for line in lines[1:-1]] == wanted(ctx, "train")
    assert lines[-1] == "0", "the datastore's credentials are not the command's"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("azureml:t:1@trian", r"no split with 'trian'.*Its parts are: train, test, cv\.a, cv\.b"),
        ("azureml:t:1@cv.c", "no split with 'cv.c'"),
        ("azureml:t:1@latest", "no split with 'latest'"),
        ("azureml:t:1@", "no split with ''"),
        ("azureml:t:2@train", "no dataset"),
    ],
)
def test_a_part_that_is_not_there_is_refused_with_those_that_are(any_ctx: Context, path: str, says: str) -> None:
    made(any_ctx)
    rows.create_split(any_ctx, "t", 1, SplitCreate(name="cv", shares={"a": 0.5, "b": 0.5}))
    before = service.list_runs(any_ctx, service.RunFilter()).items
    with pytest.raises(StudioloError, match=says) as error:
        service.submit(any_ctx, JobSpec(command=["ls ${{inputs.d}}"], data={"d": DataInput(path=path)}))
    assert error.value.field == "data.d"
    assert service.list_runs(any_ctx, service.RunFilter()).items == before


def test_files_without_rows_have_no_parts(ctx: Context, tmp_path: Path) -> None:
    store = a_folder(ctx, tmp_path / "store")
    (tmp_path / "store" / "x.bin").write_bytes(b"x")
    asked = RegistrationCreate(name="f", kind="file", source=FromDatastore(datastore=store, path=""))
    assert finish(ctx, orders.start(ctx, asked), tmp_path / "job").state == "done"
    with pytest.raises(StudioloError, match="f:1") as error:
        service.submit(ctx, JobSpec(command=["ls ${{inputs.d}}"], data={"d": DataInput(path="azureml:f:1@train")}))
    assert error.value.field == "data.d"


def test_a_split_that_is_removed_changes_nothing_of_a_job_that_was_submitted(ctx: Context) -> None:
    made(ctx)
    train = wanted(ctx, "train")
    data = {"d": DataInput(type="uri_file", path="azureml:t:1@train")}
    queued = service.submit(ctx, JobSpec(command=["tail -n +2 ${{inputs.d}} | cut -d';' -f1"], data=data))
    rows.remove_split(ctx, "t", 1, "default")
    assert [int(line) for line in said(ctx, ended(ctx, queued))] == train
    spec = service.spec(ctx, queued.id)
    assert spec is not None
    with pytest.raises(SplitNotFound):
        service.submit(ctx, spec)


def test_damaged_files_fail_the_job_by_its_input(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "schema.json").write_text(
        '{"format": "parquet", "columns": [{"name": "n", "type": "integer", "sql_type": "BIGINT"}], "rows": 1}'
    )
    (folder / "table.parquet").write_bytes(b"PAR1 no PAR1")
    part = PartOf(split=SplitCreate(), part="train")
    with pytest.raises(StudioloError, match="The part train cannot be read"):
        take(folder, part.model_dump_json(), "train.parquet", "uri_file")


def test_files_and_their_changes_name_parts(tmp_path: Path) -> None:
    file = tmp_path / "job.yml"
    file.write_text("command: cat ${{inputs.d}}\ninputs:\n  d: {type: uri_file, path: azureml:t:1}\n  rate: 0.1\n")
    spec = job_of(file, "inputs.d=azureml:t:1@train", "inputs.rate=0.2").spec
    assert (spec.data["d"].path, spec.data["d"].type) == ("azureml:t:1@train", "uri_file")
    assert spec.params == {"rate": "0.2"}
    assert job_of(file, "inputs.d.path=azureml:t:1@test").spec.data["d"].path == "azureml:t:1@test"


def test_the_sdk_and_the_command_line_take_parts(
    ctx: Context, studio: Studio, cli: Callable[..., Result], tmp_path: Path
) -> None:
    made(ctx)
    given = {"d": {"type": "uri_file", "path": "azureml:t:1@test"}}
    done = studio.experiments.submit(command="cat ${{inputs.d}}", inputs=given)
    assert len(said(ctx, ended(ctx, done))) == 1 + len(wanted(ctx, "test"))
    file = tmp_path / "job.yml"
    file.write_text("command: cat ${{inputs.d}}\ninputs:\n  d: {type: uri_file, path: azureml:t:1}\n")
    answer = cli("submit", str(file), "--set", "inputs.d=azureml:t:1@train", "-o", "json")
    assert answer.exit_code == 0, answer.output
    newest = service.list_runs(ctx, service.RunFilter()).items[0]
    assert len(said(ctx, ended(ctx, newest))) == 1 + len(wanted(ctx, "train"))
