"""Files of runs by content: artifacts, files of logged models, the code of jobs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, logged
from studiolo.studio.experiments.comparison import service
from studiolo.studio.experiments.comparison.schemas import FileRow, FileTable
from studiolo.studio.experiments.comparison.selections import distinct
from studiolo.studio.experiments.schemas import InputFile

MOST_PATHS = 2000
CODE = "code:/"
# images/<key>+step+<n>+timestamp+<ms>+<uuid>[+compressed].png of `mlflow.log_image`; MLflow 2 and early 3 wrote % for +, and # for ~
_IMAGE = re.compile(r"images/(.+?)([%+])step\2(-?\d+)\2timestamp\2(\d+)\2[0-9a-f-]+(\2compressed)?(\.\w+)")


class Held(NamedTuple):
    """A file that a run has. size: in bytes, None when it is not known; path: in the run, None when it is that of the row."""

    digest: str
    size: int | None
    path: str | None = None


Files = dict[str, Held]


def compare_artifacts(ctx: Context, run_ids: Sequence[str]) -> FileTable:
    """Return the artifacts of runs and the files of their logged models by content."""
    named = distinct(run_ids)
    with ctx.db.read() as tx:
        rows = service.found(tx, ctx, named)
        held = {row.id: _images_by_step(artifacts_of(tx, ctx, row)) for row in rows}
    return table(held, named)


def _images_by_step(files: Files) -> Files:
    """Name the images that were logged by their key and step, the last of each: their own names are of no other run.

    Their small copies are left out.
    """
    found: Files = {}
    last: dict[str, int] = {}
    for path, file in files.items():
        match = _IMAGE.fullmatch(path)
        if match is None:
            found[path] = file
        elif match[5] is None:
            name = f"images/{re.sub('[~#]', '/', match[1])} step {match[3]}{match[6]}"
            if int(match[4]) >= last.get(name, 0):
                last[name] = int(match[4])
                found[name] = Held(file.digest, file.size, path)
    return found


def artifacts_of(tx: Connection, ctx: Context, row: Any) -> Files:
    """Return the artifacts of a run, and below `models:/<name>/` the files of the models that it logged."""
    root = artifacts.run_root(row.experiment, row.id)
    files = {f.path: Held(f.digest, f.size) for f in artifacts.below(tx, ctx, root)}
    for model in logged.outputs(tx, row.seq):
        if model.last:  # of a name that was logged again: what another run has under this name is compared with one
            files |= {f"{model.path}/{f.path}": Held(f.digest, f.size) for f in artifacts.below(tx, ctx, model.folder)}
    return files


def code_of(row: Any) -> Files:
    """Return the files that a job was started with, below `code:/`."""
    code = [InputFile.model_validate(item) for item in (row.spec or {}).get("code", [])]
    return {f"{CODE}{file.path}": Held(file.digest, None) for file in code}


def table(held: Mapping[str, Files], named: Iterable[str]) -> FileTable:
    """Turn files by run into rows by path: those that differ first, then by path."""
    order = list(held)
    rows = [
        _row(path, [held[run_id].get(path) for run_id in order])
        for path in sorted({p for f in held.values() for p in f})
    ]
    rows.sort(key=lambda row: not row.differs)
    missing = [run_id for run_id in named if run_id not in held]
    return FileTable(run_ids=order, files=rows[:MOST_PATHS], total=len(rows), missing=missing)


def _row(path: str, held: Sequence[Held | None]) -> FileRow:
    numbers: dict[str, int] = {}
    sizes: list[int] = []
    for file in held:
        if file is not None and file.digest not in numbers:
            numbers[file.digest] = len(numbers)
            sizes.append(-1 if file.size is None else file.size)
    versions = [numbers[file.digest] if file else None for file in held]
    paths = [file.path if file else None for file in held]
    return FileRow(
        path=path,
        versions=versions,
        sizes=sizes,
        differs=len(set(versions)) > 1,
        paths=paths if any(paths) else [],
    )
