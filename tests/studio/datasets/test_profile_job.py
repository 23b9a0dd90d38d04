"""The profile job from submission to the page: its process, its outputs, the tick that takes them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.datasets import profiling, reconcile, service
from studiolo.studio.datasets.errors import ProfileNotReady
from studiolo.studio.datasets.schemas import DatasetCreate, DatasetVersion
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.tables import runs

CSV = b"id,share,name\n" + b"".join(b"%d,%f,%s\n" % (i, i / 7, b"ann" if i % 3 else b"bob") for i in range(300))


def make(ctx: Context, data: bytes = CSV, filename: str = "t.csv") -> DatasetVersion:
    writer = ctx.blobs.writer()
    writer.write(data)
    return service.create(ctx, service.check(DatasetCreate(name="t", filename=filename)), writer).dataset


def end(ctx: Context, run_id: str, state: str, error: str | None = None) -> None:
    """Do what the controller does when a job has ended."""
    with ctx.db.begin() as tx:
        tx.execute(update(runs).where(runs.c.id == run_id).values(state=state, error=error))


def run_job(ctx: Context, version: DatasetVersion, folder: Path) -> Path:
    """Run the submitted command as the runner would: inputs placed, outputs collected."""
    assert version.profile.run_id
    spec = experiments.spec(ctx, version.profile.run_id)
    assert spec is not None
    inputs, outputs = folder / "inputs", folder / "outputs"
    outputs.mkdir(parents=True)
    for name, files in spec.inputs.items():
        for file in files:
            ctx.blobs.link(file.digest, inputs / name / file.path)
    env = os.environ | {
        "STUDIOLO_INPUTS": str(inputs),
        "STUDIOLO_OUTPUTS": str(outputs),
        "STUDIOLO_JOURNAL": str(folder / "journal.jsonl"),
    }
    assert spec.command[0] == sys.executable
    done = subprocess.run(spec.command, env=env, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return outputs


@pytest.mark.parametrize(
    ("data", "filename"),
    [(CSV, "t.csv"), (CSV.decode().encode("utf-16"), "t.csv"), (b'{"a": 1}\n{"a": 2}\n', "t.jsonl")],
)
def test_a_profile_job_s_result_is_taken(
    ctx: Context, client: TestClient, tmp_path: Path, data: bytes, filename: str
) -> None:
    version = make(ctx, data, filename)
    run_id = version.profile.run_id
    assert run_id
    path = "/w/default/api/datasets/t/versions/1/profile"
    waiting = client.get(path)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "datasets.profile_not_ready")
    assert (waiting.json()["state"], waiting.json()["run_id"]) == ("queued", run_id)

    outputs = run_job(ctx, version, tmp_path / "attempt")
    with ctx.db.begin() as tx:
        for file in (path for path in outputs.rglob("*") if path.is_file()):
            artifacts.put(tx, ctx, run_id, str(file.relative_to(outputs)), ctx.blobs.put(file))
    end(ctx, run_id, "Completed")
    assert reconcile.tick(ctx)
    assert not reconcile.tick(ctx)

    found = client.get(path).json()
    assert found["rows"] == version.rows
    assert found["columns"][0]["count"] == version.rows
    assert found["columns"][0]["edges"] == []  # kept beside it, for drift
    assert len(json.loads((outputs / "edges.json").read_text())[found["columns"][0]["name"]]) == 201
    assert service.get(ctx, "t").profile.state == "ready"
    lines = [json.loads(line) for line in (tmp_path / "attempt" / "journal.jsonl").read_text().splitlines()]
    assert [line["done"] for line in lines if line["kind"] == "progress"][-1] == 1.0


def test_a_failed_profile_job_is_said_and_can_be_run_again(any_ctx: Context) -> None:
    ctx = any_ctx
    first = make(ctx).profile.run_id
    assert first
    end(ctx, first, "Failed", "It ran out of memory.")
    assert reconcile.tick(ctx)
    status = service.get(ctx, "t").profile
    assert (status.state, status.error) == ("failed", "It ran out of memory.")
    with pytest.raises(ProfileNotReady, match="out of memory"):
        service.profile(ctx, "t")
    again = service.profile_again(ctx, "t", None).profile
    assert again.state == "queued"
    assert again.run_id != first
    assert service.profile_again(ctx, "t", 1).profile.run_id == again.run_id  # one is on its way


def test_a_late_result_of_an_earlier_job_changes_nothing(ctx: Context) -> None:
    first = make(ctx).profile.run_id
    assert first
    end(ctx, first, "Failed", "first")
    reconcile.tick(ctx)
    service.profile_again(ctx, "t", None)
    with ctx.db.begin() as tx:
        profiling.keep(tx, ctx, first, None, "late")
    assert service.get(ctx, "t").profile.state == "queued"


def test_the_profile_s_progress_is_the_job_s(ctx: Context) -> None:
    run_id = make(ctx).profile.run_id
    with ctx.db.begin() as tx:
        progress = {"done": 0.4, "total": 1.0, "label": "Reading"}
        tx.execute(update(runs).where(runs.c.id == run_id).values(state="Running", progress=progress))
    status = service.get(ctx, "t").profile
    assert (status.state, status.progress, status.label) == ("running", 0.4, "Reading")


def test_inputs_of_a_job_are_the_table_and_its_schema(ctx: Context) -> None:
    version = make(ctx)
    files = service.as_input(ctx, service.resolve(ctx, "t:1"))
    assert [file.path for file in files] == ["table.csv", "schema.json"]
    assert files[0].digest == version.files[0].digest


def test_what_was_made_from_a_version_is_in_its_lineage(ctx: Context, client: TestClient) -> None:
    from studiolo.studio.experiments import lineage

    version = make(ctx)
    with ctx.db.begin() as tx:
        lineage.link(tx, ctx, service.lineage_reference(version), "run:abc")
        lineage.link(tx, ctx, "run:abc", "model:t:1")
    found = client.get("/w/default/api/datasets/t/versions/1/lineage").json()
    assert [(edge["source"], edge["target"]) for edge in found] == [
        ("dataset:t:1", "run:abc"),
        ("run:abc", "model:t:1"),
    ]
