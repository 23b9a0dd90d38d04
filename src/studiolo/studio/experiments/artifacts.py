"""Artifacts: files of runs, logged models and model versions. A path in the workspace names a blob of the store."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import upsert
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.experiments.errors import ArtifactNotFound, ArtifactReadOnly, BadPath, RunNotFound
from studiolo.studio.experiments.schemas import Artifact
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import artifacts

MAX_PATH = 1024
REGISTRY = "registry"  # below it: the files of model versions, written once by the models slice
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BATCH = 500


class Stored(NamedTuple):
    """A file: path below the folder that was asked for, and its blob."""

    path: str
    digest: str
    size: int


def clean(path: str, *, empty: bool = False) -> str:
    """Return a path in its one form, or raise BadPath: no absolute, empty, `.`, `..`, control or backslash parts.

    >>> clean("model/MLmodel"), clean("", empty=True)
    ('model/MLmodel', '')
    """
    if not path and empty:
        return ""
    parts = path.split("/")
    bad = (
        not path
        or any(part in ("", ".", "..") for part in parts)
        or _CONTROL.search(path)
        or "\\" in path
        or re.match(r"[A-Za-z]:(/|$)|[A-Za-z][\w+.-]*:/", path)
    )
    if bad or len(path.encode("utf-8", "surrogatepass")) > MAX_PATH or not path.isprintable():
        shown = path[:100].encode("unicode_escape").decode()
        raise BadPath(
            f"Invalid path: '{shown}'.",
            f"Write a relative path such as plots/roc.png, of at most {MAX_PATH} bytes, without '..'.",
            field="path",
        )
    return path


def root_of_run(tx: Connection, ctx: Context, run_id: str) -> str:
    """Return the folder of a run's artifacts."""
    query = select(runs.c.experiment).where(runs.c.id == run_id, runs.c.workspace_id == ctx.workspace_id)
    number = tx.execute(query).scalar_one_or_none()
    if number is None:
        raise RunNotFound(run_id)
    return run_root(number, run_id)


def run_root(experiment: int, run_id: str) -> str:
    """Return the folder of a run's artifacts when its experiment is known."""
    return f"{experiment}/{run_id}/artifacts"


def model_root(experiment: int, model_id: str) -> str:
    """Return the folder of a logged model."""
    return f"{experiment}/models/{model_id}/artifacts"


def put(tx: Connection, ctx: Context, run_id: str, path: str, blob: Blob) -> None:
    """Name a stored blob as a file of a run; a file of that name is replaced."""
    put_at(tx, ctx, f"{root_of_run(tx, ctx, run_id)}/{clean(path)}", blob)


def put_all(tx: Connection, ctx: Context, run_id: str, files: Iterable[tuple[str, Blob]]) -> None:
    """Name many stored blobs as files of a run."""
    root = root_of_run(tx, ctx, run_id)
    _write(tx, ctx, [(f"{root}/{clean(path)}", blob.digest, blob.size) for path, blob in files])


def put_at(tx: Connection, ctx: Context, full: str, blob: Blob) -> None:
    """Name a stored blob by its path in the workspace."""
    if full.split("/", 1)[0] == REGISTRY:
        raise ArtifactReadOnly(full)
    _write(tx, ctx, [(clean(full), blob.digest, blob.size)])


def put_at_all(tx: Connection, ctx: Context, files: Iterable[tuple[str, Blob]]) -> None:
    """Name many stored blobs by their paths in the workspace."""
    _write(tx, ctx, [(clean(full), blob.digest, blob.size) for full, blob in files])


def _write(tx: Connection, ctx: Context, rows: list[tuple[str, str, int]]) -> None:
    if not rows:
        return
    now = ctx.clock.now()
    values = [
        {"workspace_id": ctx.workspace_id, "path": path, "digest": digest, "size": size, "created_at": now}
        for path, digest, size in rows
    ]
    _naming(ctx.db.dialect).later(tx, *values)


def naming(ctx: Context, full: str, blob: Blob) -> dict[str, Any]:
    """Return the values of `naming_if`."""
    row = {"path": clean(full), "digest": blob.digest, "size": blob.size}
    return {"workspace_id": ctx.workspace_id, **row, "created_at": ctx.clock.now()}


def naming_if(dialect: str, condition: ColumnElement[bool]) -> Any:
    """Return the statement that names a blob by a path where a condition holds, and returns the path then."""
    columns = [artifacts.c[name] for name in ("workspace_id", "path", "digest", "size", "created_at")]
    row = select(*(bindparam(column.name, type_=column.type) for column in columns)).where(condition)
    change = upsert(dialect, artifacts)
    named = change.from_select([column.name for column in columns], row)
    return _replacing(named).returning(artifacts.c.path)


@lru_cache
def _naming(dialect: str) -> Prepared:
    """Return the statement that names blobs; a model has many small files."""
    return Prepared(_replacing(upsert(dialect, artifacts)))


def _replacing(change: Any) -> Any:
    return change.on_conflict_do_update(
        index_elements=["workspace_id", "path"],
        set_={name: change.excluded[name] for name in ("digest", "size", "created_at")},
    )


def publish_files(tx: Connection, ctx: Context, name: str, files: Iterable[tuple[str, Blob]]) -> str:
    """Name stored blobs below `registry/<name>`, where they never change; returns that folder."""
    target = f"{REGISTRY}/{clean(name)}"
    _write(tx, ctx, [(f"{target}/{clean(path)}", blob.digest, blob.size) for path, blob in files])
    return target


def retract(tx: Connection, ctx: Context, name: str) -> None:
    """Remove what `publish` wrote."""
    tx.execute(delete(artifacts).where(*_range(ctx, f"{REGISTRY}/{clean(name)}")))


def list_(tx: Connection, ctx: Context, run_id: str, path: str = "") -> list[Artifact]:
    """Return the files and folders directly below a folder of a run, folders without a size."""
    root = root_of_run(tx, ctx, run_id)
    path = clean(path.strip("/"), empty=True)
    found = children(tx, ctx, f"{root}/{path}" if path else root)
    prefix = f"{path}/" if path else ""
    return [item.model_copy(update={"path": prefix + item.path}) for item in found]


def children(tx: Connection, ctx: Context, folder: str) -> list[Artifact]:
    """Return what is directly below a folder, by name; a folder of a million files below another costs one step."""
    prefix = f"{folder}/" if folder else ""
    found: dict[str, Artifact] = {}
    start, table = prefix, artifacts.c
    while True:
        query = select(table.path, table.size, table.digest).where(
            table.workspace_id == ctx.workspace_id, table.path >= start
        )
        if prefix:
            query = query.where(table.path < f"{folder}0")
        rows = tx.execute(query.order_by(table.path).limit(_BATCH)).all()
        for row in rows:
            name, slash, _ = row.path[len(prefix) :].partition("/")
            if slash:
                found.setdefault(name, Artifact(path=name, is_dir=True))
                start = f"{prefix}{name}0"  # "0" follows "/": the first path that may come after this folder
            else:
                found[name] = Artifact(path=name, is_dir=False, size=row.size, digest=row.digest)
                start = f"{row.path}\x01"  # no path has control characters
        if len(rows) < _BATCH:
            return [found[name] for name in sorted(found)]


_BELOW = Prepared(
    select(artifacts.c.path, artifacts.c.digest, artifacts.c.size)
    .where(artifacts.c.workspace_id == bindparam("workspace_id"))
    .where(artifacts.c.path > bindparam("above"), artifacts.c.path < bindparam("below"))
    .order_by(artifacts.c.path)
)


def below(tx: Connection, ctx: Context, folder: str) -> Iterator[Stored]:
    """Yield every file below a folder, by path."""
    given = {"workspace_id": ctx.workspace_id, "above": f"{folder}/", "below": f"{folder}0"}
    for row in _BELOW.all(tx, given):
        yield Stored(row.path[len(folder) + 1 :], row.digest, row.size)


def find_at(tx: Connection, ctx: Context, full: str) -> Stored:
    """Return a file by its path in the workspace; raises ArtifactNotFound."""
    table = artifacts.c
    query = select(table.path, table.digest, table.size).where(
        table.workspace_id == ctx.workspace_id, table.path == clean(full)
    )
    row = tx.execute(query).first()
    if row is None:
        raise ArtifactNotFound(full)
    return Stored(row.path, row.digest, row.size)


def find(tx: Connection, ctx: Context, run_id: str, path: str) -> Stored:
    """Return a file of a run."""
    try:
        return find_at(tx, ctx, f"{root_of_run(tx, ctx, run_id)}/{clean(path)}")
    except ArtifactNotFound:
        raise ArtifactNotFound(path) from None


def beside(tx: Connection, ctx: Context, digest: str, name: str, other: str) -> Stored:
    """Return a file by the one that it lies beside: of this name and with these bytes; raises ArtifactNotFound. other: its name."""
    query = select(artifacts.c.path).where(artifacts.c.workspace_id == ctx.workspace_id, artifacts.c.digest == digest)
    for path in tx.execute(query.order_by(artifacts.c.path)).scalars().all():
        folder, _, found = path.rpartition("/")
        with suppress(ArtifactNotFound):
            if found == name:
                return find_at(tx, ctx, f"{folder}/{other}")
    raise ArtifactNotFound(other)


def open_(ctx: Context, run_id: str, path: str) -> Path:
    """Return a read-only local file with the content of a run's artifact."""
    with ctx.db.read() as tx:
        stored = find(tx, ctx, run_id, path)
    return ctx.blobs.path(stored.digest)


def remove_at(tx: Connection, ctx: Context, full: str) -> int:
    """Remove a file, or a folder with all below it; returns how many files went."""
    clean(full)
    if full.split("/", 1)[0] == REGISTRY:
        raise ArtifactReadOnly(full)
    file = artifacts.c.path == full
    gone = tx.execute(delete(artifacts).where(artifacts.c.workspace_id == ctx.workspace_id, file)).rowcount
    return gone + tx.execute(delete(artifacts).where(*_range(ctx, full))).rowcount


def _range(ctx: Context, folder: str) -> tuple[ColumnElement[bool], ...]:
    path = artifacts.c.path
    return artifacts.c.workspace_id == ctx.workspace_id, path > f"{folder}/", path < f"{folder}0"
