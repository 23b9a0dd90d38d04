"""MLTables as versions: registered, read by every reader, profiled, written again."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import data_yaml, service, versions
from studiolo.studio.datasets.errors import BadMLTable
from studiolo.studio.datasets.mltable import client as mltable
from studiolo.studio.datasets.mltable import file
from studiolo.studio.datasets.registration_schemas import FromDatastore, Registration, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.rows import service as rows
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.tables import runs
from tests.studio.datasets.registering import a_folder, finish

STEPS = [
    {"read_delimited": {"delimiter": ","}},
    {"convert_column_types": [{"columns": ["amount"], "column_type": "int"}]},
    {"filter": 'col("region") != "north"'},
    {"drop_columns": ["note"]},
]
FILES = {
    "MLTable": yaml.safe_dump({"type": "mltable", "paths": [{"folder": "./data"}], "transformations": STEPS}),
    "data/1.csv": "region,amount,note\nsouth,1,a\nnorth,2,b\nwest,x,c\n",
    "data/2.csv": "region,amount,note\neast,4,d\nsouth,5,e\n",
    "readme.txt": "not a table, and not named\n",
}
ROWS = [("south", 1), ("west", None), ("east", 4), ("south", 5)]


def write(folder: Path, files: dict[str, str] = FILES) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def register(ctx: Context, folder: Path, path: str = "", **more: Any) -> Registration:
    source = FromDatastore(datastore="data", path=path)
    asked = RegistrationCreate.model_validate({"name": "sales", "source": source, **more})
    return finish(ctx, orders.start(ctx, asked), folder)


def test_every_reader_sees_what_the_transformations_left(any_ctx: Context, tmp_path: Path) -> None:
    ctx = any_ctx
    write(tmp_path / "src")
    a_folder(ctx, tmp_path / "src")
    done = register(ctx, tmp_path)
    assert (done.state, done.error) == ("done", "")
    made = service.get(ctx, "sales")
    assert (made.format, made.rows, made.columns, made.file_count) == ("mltable", 4, 2, 4)
    assert made.table.options["mltable"] == STEPS
    assert made.table.losses == {"amount": 1}
    assert service.preview(ctx, "sales", None, 100).rows == [list(row) for row in ROWS]
    opened = versions.open_table(ctx, made)
    assert len(opened.files) == 1
    assert [entry.path for entry in service.manifest(ctx, made)] == sorted(FILES)
    given = service.as_input(ctx, made)
    assert [entry.path for entry in given] == ["table", "schema.json"]
    with pa.ipc.open_stream(b"".join(rows.arrow(ctx, "sales", 1))) as stream:
        assert stream.read_all().to_pylist() == [{"region": region, "amount": amount} for region, amount in ROWS]
    again = register(ctx, tmp_path)
    assert (again.version, again.existing) == (1, True)
    write(tmp_path / "src", {"data/3.csv": "region,amount,note\nnorth,6,f\nwest,7,g\n"})
    register(ctx, tmp_path, "MLTable")  # the file itself means its folder
    assert [row[1] for row in service.preview(ctx, "sales", 2, 100).rows] == [1, None, 4, 5, 7]
    assert service.get(ctx, "sales", 1).rows == 4


def test_a_profile_counts_what_contradicts_a_type(ctx: Context, tmp_path: Path) -> None:
    a_folder(ctx, write(tmp_path / "src"))
    register(ctx, tmp_path)
    found = profile_of(ctx, tmp_path)
    errors = {column["name"]: column["errors"] for column in found["columns"]}
    assert errors == {"region": 0, "amount": 1}
    alert = next(alert for alert in found["alerts"] if alert["kind"] == "errors")
    assert (alert["column"], alert["message"]) == (
        "amount",
        "1 value of amount (25.0% of the rows) is no integer and became missing",
    )


def profile_of(ctx: Context, folder: Path) -> Any:
    """Run the profile job of the newest version as a runner does."""
    import orjson
    from sqlalchemy import select

    with ctx.db.read() as tx:
        run_id = (
            tx.execute(select(runs.c.id).where(runs.c.kind == "profile").order_by(runs.c.seq.desc())).scalars().first()
        )
    spec = experiments.spec(ctx, str(run_id))
    assert spec is not None
    inputs, outputs = folder / "inputs", folder / "outputs"
    outputs.mkdir()
    for file_ in spec.inputs["data"]:
        ctx.blobs.link(file_.digest, inputs / "data" / file_.path)
    environment = {
        "STUDIOLO_INPUTS": str(inputs),
        "STUDIOLO_OUTPUTS": str(outputs),
        "STUDIOLO_JOURNAL": str(folder / "j"),
    }
    subprocess.run(
        [sys.executable, *spec.command[1:]],
        cwd=folder,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    return orjson.loads((outputs / "profile.json").read_bytes())


def test_files_that_stay_take_no_transformations(ctx: Context, tmp_path: Path) -> None:
    a_folder(ctx, write(tmp_path / "src"))
    failed = register(ctx, tmp_path, mode="referenced")
    assert (failed.state, failed.field) == ("failed", "mode")
    assert "stay in their datastore" in failed.error
    plain = yaml.safe_dump({"paths": [{"folder": "data"}], "transformations": [{"read_delimited": {}}]})
    write(tmp_path / "src", {"MLTable": plain})
    assert register(ctx, tmp_path, mode="referenced").state == "done"
    assert service.get(ctx, "sales").rows == 5


def test_an_error_names_the_transformation(ctx: Context, tmp_path: Path) -> None:
    wrong = FILES["MLTable"].replace("north", "x").replace("region", "regions")
    a_folder(ctx, write(tmp_path / "src", FILES | {"MLTable": wrong}))
    failed = register(ctx, tmp_path)
    assert (failed.state, failed.code, failed.field) == ("failed", "datasets.bad_mltable", "transformations[2].filter")


def test_the_wizard_shows_what_an_mltable_makes_of_the_files(client: TestClient, ctx: Context, tmp_path: Path) -> None:
    a_folder(ctx, write(tmp_path / "src", FILES | {f"data/{n}0.csv": "region,amount,note\n" for n in range(12)}))
    asked: dict[str, Any] = {"source": {"type": "datastore", "datastore": "data"}, "reading": {}}
    found = client.post("/w/default/api/datasets/inspections", json=asked).json()
    assert found["transformations"] == STEPS
    assert found["preview"]["rows"] == [list(row) for row in ROWS]
    assert [(column["name"], column["choices"]) for column in found["columns"]] == [
        ("region", ["text"]),
        ("amount", ["integer"]),
    ]
    asked["source"]["path"] = "data"
    asked["reading"] = {"transformations": [*STEPS[:1], {"take": 1}]}
    found = client.post("/w/default/api/datasets/inspections", json=asked).json()
    assert found["preview"]["rows"] == [["south", "1", "a"]]
    asked["reading"] = {"transformations": [{"tkae": 1}]}
    problem = client.post("/w/default/api/datasets/inspections", json=asked)
    assert (problem.status_code, problem.json()["field"]) == (422, "transformations[0].tkae")


def test_a_version_is_written_as_an_mltable(
    studio: Studio, cli: Callable[..., Result], client: TestClient, tmp_path: Path
) -> None:
    studio.datasets.create(pa.table({"n": [1, 2], "day": ["a", "b"]}), name="plain")
    text = studio.datasets.mltable("plain")
    assert yaml.safe_load(text)["transformations"] == [{"read_parquet": {}}]
    told = cli("datasets", "mltable", "plain", "--to", str(tmp_path / "out"))
    assert told.exit_code == 0, told.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["MLTable", "plain.parquet"]
    assert file.read(tmp_path / "out" / "MLTable").named("", ["plain.parquet"]) == ["plain.parquet"]
    studio.datasets.create(write_excel(tmp_path / "book.xlsx"), name="book")
    problem = client.get("/w/default/api/datasets/book/versions/1/mltable")
    assert (problem.status_code, "no word for files of the format excel" in problem.json()["detail"]) == (422, True)


def write_excel(path: Path) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["a", "b"], [1, 2]):
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("paths", "source"),
    [
        ([{"folder": "azureml://datastores/blob/paths/a/b"}], {"datastore": "blob", "path": "a/b"}),
        ([{"pattern": "azureml://datastores/blob/paths/a/*.csv"}], {"datastore": "blob", "glob": "a/*.csv"}),
        ([{"file": "https://example.org/a.csv"}], {"url": "https://example.org/a.csv"}),
        (
            [{"file": "azureml://datastores/blob/paths/a.csv"}, {"folder": "azureml://datastores/blob/paths/b"}],
            {"datastore": "blob", "glob": "{a.csv,b/**}"},
        ),
    ],
)
def test_data_elsewhere_is_registered_from_there(paths: list[dict[str, str]], source: dict[str, str]) -> None:
    table = file.of({"paths": paths, "transformations": STEPS[:1]})
    assert mltable.elsewhere(table) == source | {"reading": {"transformations": STEPS[:1], "timestamp": ""}}


@pytest.mark.parametrize(
    "paths",
    [
        [{"file": "a.csv"}, {"file": "https://example.org/a.csv"}],
        [{"file": "https://example.org/a.csv"}, {"file": "https://example.org/b.csv"}],
        [{"file": "azureml://datastores/x/paths/a.csv"}, {"file": "azureml://datastores/y/paths/a.csv"}],
        [{"file": "wasbs://c@acc.blob.core.windows.net/a.csv"}],
    ],
)
def test_data_in_several_places_is_refused(paths: list[dict[str, str]]) -> None:
    with pytest.raises(BadMLTable, match=r"Path|paths"):
        mltable.elsewhere(file.of({"paths": paths}))


def test_the_files_of_a_folder_are_sent_once(
    studio: Studio, cli: Callable[..., Result], ctx: Context, tmp_path: Path
) -> None:
    folder = write(tmp_path / "src")
    told = cli(
        "datasets", "create", *map(str, sorted(folder.iterdir())), "--name", "all", "--no-wait", "--output", "json"
    )
    assert told.exit_code == 0, told.output
    sent = Registration.model_validate_json(told.stdout)
    assert (finish(ctx, sent, tmp_path).state, service.get(ctx, "all").file_count) == ("done", len(FILES))
    assert service.get(ctx, "all").rows == 4
    ways: dict[str, Any] = {"one": folder / "MLTable", "listed": [folder / "MLTable"]}
    for name, place in ways.items():  # it says how the folder that it is in is read
        assert finish(ctx, studio.datasets.send(place, name), tmp_path).state == "done"
        assert service.get(ctx, name).file_count == len(FILES)


def test_an_mltable_is_a_file_like_others_where_files_are_asked_for(
    studio: Studio, cli: Callable[..., Result], ctx: Context, tmp_path: Path
) -> None:
    folder = write(tmp_path / "src")
    told = cli("datasets", "create", str(folder / "MLTable"), "--kind", "file", "--no-wait", "--output", "json")
    sent = [studio.datasets.send(folder / "MLTable", "plain", kind="file")]
    sent.append(Registration.model_validate_json(told.stdout))
    for each in sent:
        assert finish(ctx, each, tmp_path).state == "done"
        assert service.get(ctx, each.name).file_count == 1
    a_folder(ctx, folder)
    register(ctx, tmp_path, "MLTable", name="stored", kind="file")
    assert service.get(ctx, "stored").file_count == 1


def test_sending_a_folder_with_addresses_sends_no_file(studio: Studio, ctx: Context, tmp_path: Path) -> None:
    a_folder(ctx, write(tmp_path / "src"))
    about = {"paths": [{"folder": "azureml://datastores/data/paths/data"}], "transformations": STEPS}
    write(tmp_path / "here", {"MLTable": yaml.safe_dump(about), "data.yml": "name: away\ntype: mltable\npath: .\n"})
    asset = data_yaml.read(tmp_path / "here" / "data.yml")
    assert (asset.place, asset.kind) == (tmp_path / "here", "tabular")
    sent = studio.datasets.send(tmp_path / "here", "away")
    assert sent.source["type"] == "datastore"
    done = finish(ctx, sent, tmp_path)
    assert (done.state, done.error) == ("done", "")
    assert [row[0] for row in service.preview(ctx, "away", None, 100).rows] == [region for region, _ in ROWS]
    (tmp_path / "here" / "MLTable").write_text("paths: [{folder: 'azureml://datastores/nobody/paths/x'}]")
    with pytest.raises(StudioloError, match="There is no datastore"):
        studio.datasets.send(tmp_path / "here", "away")
