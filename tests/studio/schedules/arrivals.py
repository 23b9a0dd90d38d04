"""Schedules that wait for files and versions, in a folder that a test fills."""

import os
from pathlib import Path
from typing import Any

from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.studio.datasets import repository as dataset_rows
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.schemas import DatastoreCreate
from studiolo.studio.pipelines import service as pipelines
from studiolo.studio.schedules import service
from studiolo.studio.schedules.schemas import ScheduleCreate, ScheduleDetail
from tests.studio.schedules.worlds import history, spec, tick

FILES = {"kind": "files", "datastore": "landing", "path": "in/*.csv", "interval": 30}


def landing(ctx: Context, folder: Path) -> Path:
    """A datastore; returns the folder that files arrive in."""
    (folder / "in").mkdir(parents=True)
    given = {"name": "landing", "kind": "local", "config": {"path": str(folder)}}
    datastores.create(ctx, DatastoreCreate.model_validate(given))
    return folder / "in"


def target(word: str) -> dict[str, Any]:
    made = spec()
    return {"kind": "pipeline", "spec": {**made, "values": {"word": word}}}


def watch(
    ctx: Context, trigger: Any = None, word: str = "${{trigger.path}}", name: str = "often", **rest: Any
) -> ScheduleDetail:
    given = {"name": name, "trigger": {**(FILES if "kind" not in (trigger or {}) else {}), **(trigger or {})}}
    given |= {"target": target(word), **rest}
    return service.create(ctx, ScheduleCreate.model_validate(given))


def drop(folder: Path, name: str, text: str = "a,b\n1,2\n", at: float = 0.0) -> None:
    file = folder / name
    file.write_text(text, "utf-8")
    if at:
        os.utime(file, (at, at))


def looks(ctx: Context, clock: FakeClock, times: int = 2, seconds: float = 30) -> None:
    """Let so many looks pass."""
    for _ in range(times):
        clock.advance(seconds)
        tick(ctx)


def words(ctx: Context, name: str = "often") -> list[Any]:
    """What the started runs were given, oldest first."""
    started = [one for one in history(ctx, name) if one.run_id]
    return [pipelines.get(ctx, str(one.run_id)).values["word"] for one in started]


def version(ctx: Context, number: int, quality: str | None = None, name: str = "titanic") -> None:
    """Make a version of a dataset, without files."""
    table = {"format": "csv", "rows": 0, "columns": [], "options": {}, "notes": []}
    with ctx.db.begin() as tx:
        dataset_rows.lock_dataset(tx, ctx, name, "")
        given = {"name": name, "version": number, "digest": f"{number:064}", "files": [], "size": 0, "rows": 0}
        given |= {"columns": 0, "format": "csv", "table": table, "preview": "0" * 64, "quality": quality}
        dataset_rows.insert_version(tx, ctx, given, "")
