"""Datasets with moments, and jobs that are run as the controller would."""

import contextlib
import importlib
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import update

from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.runner import inputs
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.schemas import DatasetCreate, DatasetVersion
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.tables import runs

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def clocked(ctx: Context, days: float = 0.0) -> tuple[Context, FakeClock]:
    """The same context with a clock that stands still, so many days after the first row."""
    clock = FakeClock(FIRST + timedelta(days=days))
    return replace(ctx, clock=clock), clock


def csv(days: int = 10, per_day: int = 120, moved: tuple[int, ...] = (), seed: int = 1) -> bytes:
    """Rows of several days; on those in `moved`, amount and kind are different."""
    chance = np.random.default_rng(seed)
    lines = ["at,amount,kind,id"]
    for day in range(days):
        for row in range(per_day):
            at = FIRST + timedelta(days=day, seconds=86_400 * row / per_day)
            drifts = day in moved
            amount = chance.normal(2.0 if drifts else 0.0)
            kind = chance.choice(["a", "b", "z"] if drifts else ["a", "b"])
            lines.append(f"{at:%Y-%m-%d %H:%M:%S},{amount:.5f},{kind},{day}-{row}")
    return ("\n".join(lines) + "\n").encode()


def dataset(ctx: Context, name: str = "sales", data: bytes | None = None) -> DatasetVersion:
    """Register a table."""
    writer = ctx.blobs.writer()
    writer.write(csv() if data is None else data)
    return datasets.create(ctx, datasets.check(DatasetCreate(name=name, filename=f"{name}.csv")), writer).dataset


def queued(ctx: Context, kind: str) -> list[str]:
    """The jobs of a kind that wait."""
    from sqlalchemy import select

    with ctx.db.read() as tx:
        query = select(runs.c.id).where(runs.c.kind == kind, runs.c.state == "Queued", runs.c.lifecycle == "active")
        return list(tx.execute(query.order_by(runs.c.seq)).scalars())


def run_job(ctx: Context, run_id: str, folder: Path, *, apart: bool = False) -> None:
    """Run a submitted job and collect what it left. apart: in a process of its own, as the runner does; else in this one."""
    spec = experiments.spec(ctx, run_id)
    assert spec is not None
    work = folder / run_id
    outputs = work / "outputs"
    outputs.mkdir(parents=True)
    for name, files in spec.inputs.items():
        for file in files:
            if file.manifest:
                into = work / "inputs" / name / file.path
                given = {"manifest": file.digest, "into": str(into), "listing": f"{into}.json"}
                inputs.place({"blobs": str(ctx.blobs.root), "manifests": [given]}, lambda: True)
            else:
                ctx.blobs.link(file.digest, work / "inputs" / name / file.path)
    env = {
        "STUDIOLO_INPUTS": str(work / "inputs"),
        "STUDIOLO_OUTPUTS": str(outputs),
        "STUDIOLO_JOURNAL": str(work / "journal.jsonl"),
        **spec.env,
    }
    assert spec.command[:2] == [sys.executable, "-m"]
    if apart:
        done = subprocess.run(spec.command, env=os.environ | env, cwd=work, capture_output=True, text=True, timeout=120)
        code, said = done.returncode, done.stderr
    else:
        code, said = here(spec.command[2], spec.command[3:], env, work), "failed"
    with ctx.db.begin() as tx:
        for file in sorted(path for path in outputs.rglob("*") if path.is_file()):
            artifacts.put(tx, ctx, run_id, file.relative_to(outputs).as_posix(), ctx.blobs.put(file))
        values = {"state": "Completed"} if code == 0 else {"state": "Failed", "error": said[-300:]}
        tx.execute(update(runs).where(runs.c.id == run_id).values(**values))


def here(module: str, words: list[str], env: dict[str, str], work: Path) -> int:
    """Call a job's main in this process."""
    before, given = dict(os.environ), sys.argv
    sys.argv = [module, *words]
    os.environ.update(env)
    try:
        with contextlib.chdir(work):
            return int(importlib.import_module(module).main())
    finally:
        os.environ.clear()
        os.environ.update(before)
        sys.argv = given


def run_all(ctx: Context, kind: str, folder: Path) -> int:
    """Run every waiting job of a kind; returns how many."""
    found = queued(ctx, kind)
    for run_id in found:
        run_job(ctx, run_id, folder)
    return len(found)


def fail(ctx: Context, run_id: str, error: str) -> None:
    """End a job as failed."""
    with ctx.db.begin() as tx:
        tx.execute(update(runs).where(runs.c.id == run_id).values(state="Failed", error=error))
