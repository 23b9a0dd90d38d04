"""What the page of a run reads of files: all of them, a ZIP, tables, code, git, the environment."""

import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, browse, family, git_state, logs, service, table_preview
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.errors import ArtifactNotFound, BadPath
from studiolo.studio.experiments.log_search import lines_with
from studiolo.studio.experiments.schemas import InputFile, JobSpec
from studiolo.testing.client import make_transport
from studiolo.testing.context import context_in
from tests.studio.experiments.jobs import ended, submit
from tests.studio.experiments.runs import a_run


def put(ctx: Context, run_id: str, **files: bytes) -> None:
    with ctx.db.begin() as tx:
        artifacts.put_all(tx, ctx, run_id, [(path, ctx.blobs.put(data)) for path, data in files.items()])


def test_all_files_of_a_folder_are_listed_with_their_sizes(any_ctx: Context) -> None:
    run_id, _ = a_run(any_ctx)
    put(any_ctx, run_id, **{"report/a.html": b"abc", "report/deep/b.css": b"de", "other.txt": b"f"})
    found = browse.files(any_ctx, run_id, "report")
    assert [(one.path, one.size) for one in found.files] == [("report/a.html", 3), ("report/deep/b.css", 2)]
    assert (found.size, found.cut) == (5, False)
    assert browse.files(any_ctx, run_id, limit=2).cut


def test_a_folder_is_sent_as_a_zip(client: TestClient, ctx: Context) -> None:
    run_id, _ = a_run(ctx)
    big = bytes(range(256)) * 12_000  # several pieces
    put(ctx, run_id, **{"model/MLmodel": b"flavors: {}", "model/data.bin": big, "x.txt": b"x"})
    reply = client.get(f"/w/default/api/experiments/runs/{run_id}/artifacts/zip", params={"path": "model"})
    assert reply.headers["content-disposition"] == "attachment; filename*=utf-8''model.zip"
    with zipfile.ZipFile(io.BytesIO(reply.content)) as made:
        assert made.testzip() is None
        assert {name: len(made.read(name)) for name in made.namelist()} == {"MLmodel": 11, "data.bin": len(big)}
    missing = client.get(f"/w/default/api/experiments/runs/{run_id}/artifacts/zip", params={"path": "nothing"})
    assert (missing.status_code, missing.json()["code"]) == (404, "experiments.artifact_not_found")
    outside = client.get(f"/w/default/api/experiments/runs/{run_id}/artifacts/zip", params={"path": "../.."})
    assert outside.json()["code"] == "experiments.bad_path"


def parquet(rows: int) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    table = pa.table({"n": list(range(rows)), "text": [f"row {n}" for n in range(rows)], "x": [float("nan")] * rows})
    pq.write_table(table, out, row_group_size=100)
    return out.getvalue()


def test_rows_of_tables_are_read_from_an_offset(ctx: Context) -> None:
    run_id, _ = a_run(ctx)
    split = {"columns": ["q", "ok"], "data": [["a", True], ["b", None], ["c", 2**60]]}
    put(
        ctx,
        run_id,
        **{
            "t.parquet": parquet(1000),
            "t.csv": b'name;says\nx;"two\nlines"\ny;z\nw;v\n',
            "t.json": json.dumps(split).encode(),
            "t.jsonl": b'{"a": 1}\n{"b": [1, 2]}\n',
        },
    )
    rows = table_preview.rows(ctx, run_id, "t.parquet", offset=250, limit=2)
    assert [(one.name, one.type) for one in rows.columns] == [("n", "int64"), ("text", "string"), ("x", "double")]
    assert rows.rows == [[250, "row 250", "nan"], [251, "row 251", "nan"]]
    assert (rows.total, rows.more) == (1000, True)
    rows = table_preview.rows(ctx, run_id, "t.csv", limit=2)
    assert (rows.rows, rows.total, rows.more) == ([["x", "two\nlines"], ["y", "z"]], None, True)
    rows = table_preview.rows(ctx, run_id, "t.json", offset=1)
    assert (rows.rows, rows.total) == ([["b", None], ["c", str(2**60)]], 3)
    assert table_preview.rows(ctx, run_id, "t.jsonl").rows == [[1, None], [None, "[1, 2]"]]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("t.parquet", b"PAR1 no", "t.parquet"),
        ("t.json", b'{"a": 1}', "no table"),
        ("t.pkl", b"cos\nsystem\n(S'true'\ntR.", "none of the endings"),
    ],
)
def test_what_is_no_table_is_said(ctx: Context, name: str, data: bytes, says: str) -> None:
    run_id, _ = a_run(ctx)
    put(ctx, run_id, **{name: data})
    with pytest.raises(table_preview.NoTable, match=says):
        table_preview.rows(ctx, run_id, name)


def test_code_is_listed_read_and_zipped(client: TestClient, ctx: Context) -> None:
    blob = ctx.blobs.put(b"print('hello')\n")
    job = JobSpec(command=["python train.py"], code=[InputFile(path="src/train.py", digest=blob.digest)])
    run = service.submit(ctx, job)
    base = f"/w/default/api/experiments/runs/{run.id}/code"
    assert client.get(base).json() == [{"path": "src/train.py", "digest": blob.digest, "size": 15}]
    assert client.get(f"{base}/content", params={"path": "src/train.py"}).content == b"print('hello')\n"
    assert client.get(f"{base}/content", params={"path": "../x"}).status_code == 404
    with zipfile.ZipFile(io.BytesIO(client.get(f"{base}/zip").content)) as made:
        assert made.namelist() == ["src/train.py"]
    with pytest.raises(ArtifactNotFound):
        browse.code_archive(ctx, a_run(ctx)[0])


def test_files_that_a_job_is_given_are_its_artifacts_from_the_start(any_ctx: Context) -> None:
    blob = any_ctx.blobs.put(b"diff")
    run = service.submit(
        any_ctx, JobSpec(command=["true"], artifacts=[InputFile(path="code/git.diff", digest=blob.digest)])
    )
    assert artifacts.open_(any_ctx, run.id, "code/git.diff").read_bytes() == b"diff"
    with pytest.raises(BadPath):
        service.submit(any_ctx, JobSpec(command=["true"], artifacts=[InputFile(path="../x", digest=blob.digest)]))


def test_the_sdk_brings_code_folders_and_tables(services: Services, tmp_path: Path) -> None:
    ctx = context_in(services)
    experiments = Experiments(make_transport(services))
    blob = ctx.blobs.put(b"x = 1\n")
    run = service.submit(ctx, JobSpec(command=["true"], code=[InputFile(path="a/b.py", digest=blob.digest)]))
    put(ctx, run.id, **{"out/t.csv": b"a\n1\n"})
    assert (experiments.download_code(run.id, tmp_path / "code") / "a" / "b.py").read_text() == "x = 1\n"
    assert zipfile.ZipFile(experiments.download_folder(run.id, tmp_path / "all.zip")).namelist() == ["out/t.csv"]
    assert experiments.table(run.id, "out/t.csv").rows == [["1"]]
    assert [file.path for file in experiments.files(run.id).files] == ["out/t.csv"]
    assert (experiments.branch(run.id), experiments.ancestors(run.id)) == ([], [])


def test_ancestors_and_branches(any_ctx: Context) -> None:
    top = service.submit(any_ctx, JobSpec(command=["true"], name="top"))
    middle = service.submit(any_ctx, JobSpec(command=["true"], name="middle", parent_id=top.id))
    leaf = service.submit(any_ctx, JobSpec(command=["true"], name="leaf", parent_id=middle.id))
    assert [run.name for run in family.ancestors(any_ctx, leaf.id)] == ["top", "middle"]
    assert [(node.run.name, node.children) for node in family.branch(any_ctx, top.id)] == [("middle", 1)]
    assert [(node.run.name, node.children) for node in family.branch(any_ctx, middle.id)] == [("leaf", 0)]


def test_text_is_found_in_a_whole_log(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("".join(f"line {n} größe\n" if n % 1000 == 0 else f"line {n}\n" for n in range(1, 200_001)))
    found = lines_with(log, "GRÖSSE".replace("SS", "ß"), 3)
    assert (found.total, [match.line for match in found.matches]) == (200, [1000, 2000, 3000])
    one = lines_with(log, "Line 150000 ", 10).matches[0]
    with log.open("rb") as file:
        file.seek(one.offset)
        assert file.readline().decode().startswith("line 150000 ")
    assert logs.offset_of(log, 150_000) == one.offset
    assert logs.line_at(log, one.offset) == 150_000
    assert logs.offset_of(log, 1) == 0
    assert logs.offset_of(log, 10**9) == log.stat().st_size


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_a_submitted_checkout_keeps_its_commit_and_difference(services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text("print(1)\n")
    (folder / "job.yml").write_text("command: python train.py\ncode: src\n")
    git(folder, "init", "-b", "main")
    git(folder, "remote", "add", "origin", "https://me:secret@example.org/team/code.git")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "first")
    (folder / "src" / "train.py").write_text("print(2)\n")
    run, _ = Experiments(make_transport(services)).submit_file(folder / "job.yml")
    tags = Experiments(make_transport(services)).overview(run.id).tags
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    assert tags["mlflow.source.git.commit"] == commit.stdout.strip()
    assert tags["mlflow.source.git.branch"] == "main"
    assert tags["mlflow.source.git.repoURL"] == "https://example.org/team/code.git"
    assert tags["mlflow.source.git.dirty"] == "true"
    diff = artifacts.open_(context_in(services), run.id, git_state.DIFF).read_text()
    assert "-print(1)\n+print(2)" in diff
    git(folder, "commit", "-am", "second")
    clean = git_state.look(folder / "src")
    assert clean is not None
    assert (clean.dirty, clean.diff) == (False, b"")
    assert git_state.look(tmp_path) is None


def test_the_environment_of_a_job_is_recorded(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, "print(1)"))
    listed = artifacts.open_(ctx, run.id, "environment/requirements.txt").read_text().splitlines()
    assert any(line.startswith("mlflow") and "==" in line for line in listed)
    machine = json.loads(artifacts.open_(ctx, run.id, "environment/machine.json").read_text())
    assert machine["cores"] >= 1
    assert machine["memory_bytes"] > 1 << 20


def logged(client: TestClient, run_id: str, name: str, step: int, **files: bytes) -> str:
    """Log a model as MLflow 3's client does: beside the run, then as its output."""
    api = "/w/default/api/2.0/mlflow"
    made = {"experiment_id": "1", "name": name, "source_run_id": run_id}
    info = client.post(f"{api}/logged-models", json=made).json()["model"]["info"]
    for path, content in files.items():
        folder = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
        sent = client.put(f"/w/default/api/2.0/mlflow-artifacts/artifacts/{folder}/{path}", content=content)
        assert sent.status_code == 200, sent.text
    output = {"run_id": run_id, "models": [{"model_id": info["model_id"], "step": step}]}
    assert client.post(f"{api}/runs/outputs", json=output).status_code == 200
    return str(info["model_id"])


def test_logged_models_stand_among_the_files_of_their_run(
    any_client: TestClient, any_services: Services, tmp_path: Path
) -> None:
    ctx = context_in(any_services)
    run_id, _ = a_run(ctx)
    put(ctx, run_id, **{"notes.txt": b"n", "models/own.txt": b"o"})
    early = logged(any_client, run_id, "net", 1, MLmodel=b"early")
    logged(any_client, run_id, "net", 2, **{"MLmodel": b"late", "data/t.csv": b"a,b\n1,2\n"})
    studio = Experiments(make_transport(any_services))
    models = studio.overview(run_id).models
    assert [(one.path, one.last) for one in models] == [(f"models:/{early}", False), ("models:/net", True)]
    top = [(one.path, one.is_dir) for one in studio.artifacts(run_id)]
    assert top == [("models", True), ("notes.txt", False), (f"models:/{early}", True), ("models:/net", True)]
    assert [one.path for one in studio.artifacts(run_id, "models:/net")] == ["models:/net/MLmodel", "models:/net/data"]
    assert [one.path for one in studio.artifacts(run_id, "models:/net/data/")] == ["models:/net/data/t.csv"]
    assert len(studio.artifacts(run_id, "models:/")) == 2
    assert [one.path for one in studio.files(run_id).files] == [
        f"models:/{early}/MLmodel",
        "models:/net/MLmodel",
        "models:/net/data/t.csv",
        "models/own.txt",
        "notes.txt",
    ]
    got = studio.download(run_id, "models:/net/MLmodel", tmp_path / "MLmodel")
    assert got.read_bytes() == b"late"
    assert studio.download(run_id, f"models:/{early}/MLmodel", tmp_path / "early").read_bytes() == b"early"
    assert studio.table(run_id, "models:/net/data/t.csv").rows == [["1", "2"]]
    with zipfile.ZipFile(studio.download_folder(run_id, tmp_path / "net.zip", "models:/net")) as made:
        assert made.namelist() == ["MLmodel", "data/t.csv"]
    with zipfile.ZipFile(studio.download_folder(run_id, tmp_path / "all.zip")) as made:
        assert [name for name in made.namelist() if name.endswith(("own.txt", "t.csv"))] == [
            "logged-models/net/data/t.csv",
            "models/own.txt",
        ]


@pytest.mark.parametrize("path", ["models:/other/MLmodel", "models:/net/../../x", "models:/", "models:/m-0/x"])
def test_what_no_logged_model_has_is_not_found(client: TestClient, ctx: Context, path: str) -> None:
    run_id, _ = a_run(ctx)
    logged(client, run_id, "net", 0, MLmodel=b"x")
    reply = client.get(f"/w/default/api/experiments/runs/{run_id}/artifacts/content", params={"path": path})
    assert reply.status_code in (404, 422), reply.text
    assert reply.json()["code"] in ("experiments.artifact_not_found", "experiments.bad_path")
    stranger, _ = a_run(ctx)
    reply = client.get(
        f"/w/default/api/experiments/runs/{stranger}/artifacts/content", params={"path": "models:/net/MLmodel"}
    )
    assert reply.status_code == 404
