"""The verbs of exploring: each is put to a child process; here are only rules, names and rights."""

import difflib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from studiolo.kernel.context import Context
from studiolo.kernel.errors import DiskFull, NotFound
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets import names, versions
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.errors import BadDatasetName, BadReference, DatasetNotFound, NotATable
from studiolo.studio.datasets.explore import arrow_types, exporting, queries, results, source
from studiolo.studio.datasets.explore.errors import SqlInvalid
from studiolo.studio.datasets.explore.schemas import (
    CellQuery,
    ChartQuery,
    ExportFormat,
    ResultColumn,
    RowsQuery,
    SqlQuery,
    SqlResult,
    SummariesQuery,
)
from studiolo.studio.datasets.explore.sessions import SESSIONS, Key
from studiolo.studio.datasets.schemas import DatasetVersion

FIRST = 100  # rows that come with the answer to a query
Question = RowsQuery | SummariesQuery | CellQuery | ChartQuery
VERBS: dict[type[Question], str] = {
    RowsQuery: "rows", SummariesQuery: "summaries", CellQuery: "cell", ChartQuery: "chart",
}  # fmt: skip


def ask(ctx: Context, name: str, version: int | None, question: Question) -> bytes:
    """Put a question about a version to its child and return the answer as JSON."""
    return _ask_version(ctx, datasets.get(ctx, name, version), VERBS[type(question)], question.model_dump())


def ask_result(ctx: Context, result_id: str, question: Question) -> bytes:
    """Put a question about the result of a query to its child."""
    path, result = results.find(ctx, result_id)
    return _ask_result(ctx, path, result, VERBS[type(question)], question.model_dump())


def _ask_version(ctx: Context, found: DatasetVersion, verb: str, question: dict[str, Any]) -> bytes:
    folder = cache_folder(ctx, found)
    touch(folder)

    return SESSIONS.ask(ctx, _key(folder), lambda: _told(ctx, found, folder), folder, verb, question)


def _told(ctx: Context, found: DatasetVersion, folder: Path) -> dict[str, Any]:
    return datasets_input(ctx, found) | _limits(ctx, folder)


def _ask_result(ctx: Context, path: Path, result: SqlResult, verb: str, question: dict[str, Any]) -> bytes:
    folder = path.parent
    columns = [column.model_dump() for column in result.columns]
    told = {"result": str(path), "columns": columns} | _limits(ctx, folder)
    return SESSIONS.ask(ctx, _key(folder), lambda: told, folder, verb, question)


def _key(folder: Path) -> Key:
    return str(folder), ""


def _limits(ctx: Context, folder: Path) -> dict[str, Any]:
    settings = ctx.settings
    return {"cache": str(folder), "memory": settings.explore_memory_bytes, "room": settings.explore_cache_bytes}


def cache_folder(ctx: Context, version: DatasetVersion) -> Path:
    """Return where what is computed for a version is kept: by its content, so that equal versions share it."""
    return ctx.settings.home / "explore" / "tables" / version.digest


def touch(folder: Path) -> None:
    """Note that a table is being looked at: the sweep takes the longest unused first."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "used").touch()


def datasets_input(ctx: Context, version: DatasetVersion) -> dict[str, Any]:
    """Return where the files of a version are, for a child."""
    if version.kind == "file":
        raise NotATable(version.reference)
    table = versions.open_table(ctx, version)
    return source.described(table.files, table.names, version.table)


def sql(ctx: Context, asked: SqlQuery) -> SqlResult:
    """Answer a question in SQL, keep the answer for a while, and return its first rows."""
    settings = ctx.settings
    limits = queries.Limits(
        seconds=min(asked.timeout, settings.sql_seconds),
        rows=min(asked.limit, settings.sql_rows),
        size=settings.sql_result_bytes,
        memory=settings.sql_memory_bytes,
    )
    result_id = new_id()
    folder = results.begin(ctx, result_id)
    try:
        done, read = _run(ctx, asked.query, asked.dataset, asked.id, limits, folder)
        columns = [ResultColumn(type=arrow_types.word(one["sql_type"]), **one) for one in done.columns]
        result = SqlResult(
            id=result_id, columns=columns, rows=done.rows, size=done.size, cut=done.cut, seconds=done.seconds,
            tables=[version.reference for version in read], query=asked.query,
        )  # fmt: skip
        results.finish(ctx, folder, result)
    except BaseException:
        results.drop(folder)
        raise
    first = orjson.loads(_ask_result(ctx, folder / results.ROWS, result, "rows", RowsQuery(limit=FIRST).model_dump()))
    return result.model_copy(update={"first": first["rows"]})


def _run(
    ctx: Context, query: str, dataset: str | None, query_id: str | None, limits: queries.Limits, folder: Path
) -> tuple[queries.Done, list[DatasetVersion]]:
    """Run a query into `folder`; returns what came of it and the versions that it read."""
    read: dict[str, DatasetVersion] = {}
    here = names.parse(dataset) if dataset else None

    def _tables(mentioned: list[str]) -> list[dict[str, Any]]:
        for name in mentioned:
            found = resolved(ctx, name, here)
            if found is not None:
                read[name] = found
        return [_readable(ctx, name, version) for name, version in read.items()]

    work = folder / "work"
    work.mkdir()
    try:
        with (folder / results.ROWS).open("wb") as target:
            done = queries.run(ctx, query, query_id or new_id(), _tables, limits, target, work)
    except SqlInvalid as error:
        raise explained(ctx, error) from None
    except OSError as error:
        raise DiskFull(f"The result cannot be kept: {error.strerror}.", "Make room, or ask for less.") from error
    finally:
        results.drop(work)
    return done, list(read.values())


def resolved(ctx: Context, name: str, here: tuple[str, int | None] | None) -> DatasetVersion | None:
    """Return the version that a table name means; None for a name that is no dataset's: the engine may know it."""
    try:
        wanted, number = names.parse(name)
        if here and number is None and wanted == here[0]:
            number = here[1]
        return datasets.get(ctx, wanted, number)
    except (BadDatasetName, BadReference, DatasetNotFound, NotATable):
        return None


def _readable(ctx: Context, name: str, version: DatasetVersion) -> dict[str, Any]:
    """Return where a child finds a version: its Parquet files as they are, or the copy by columns, made now if need be."""
    told = datasets_input(ctx, version)
    opened = source.Source(told)
    expressions = opened.expressions()
    if expressions is not None:
        return {"name": name, "parquet": told["files"], "columns": expressions}
    until = time.monotonic() + ctx.settings.sql_save_seconds
    while True:
        answer = orjson.loads(_ask_version(ctx, version, "prepare", {"wait": 5}))
        if answer["ready"] or time.monotonic() > until:
            break
    columns = [f"c{place} AS {source.quoted(column.name)}" for place, column in enumerate(version.table.columns)]
    return {"name": name, "arrow": str(cache_folder(ctx, version) / "table.arrow"), "columns": columns}


def explained(ctx: Context, error: SqlInvalid) -> SqlInvalid:
    """Add what the names of datasets are to a complaint about a table that is not there."""
    missing = str(error.extra.get("missing", ""))
    if "Table with name" not in error.detail:
        return error
    known = [dataset.name for dataset in datasets.list_datasets(ctx, limit=500).items]
    close = difflib.get_close_matches(missing, known, 3)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    listed = f": {', '.join(known[:5])}" if known and not close else ""
    # what DuckDB would guess are tables of its own
    return SqlInvalid(
        error.detail.split("\nDid you mean")[0],
        f'{hint}Datasets are tables by their names{listed}. Versions are quoted: "titanic:2".',
        field="query",
        extra=error.extra,
    )


def cancel(ctx: Context, query_id: str) -> None:
    """Stop a query by the id that its sender chose; raises NotFound when it is not running."""
    if not queries.cancel(ctx, query_id):
        raise NotFound("No query of yours runs under this id.", "It may have ended.", field="id")


def result(ctx: Context, result_id: str) -> SqlResult:
    """Return what is known of a result."""
    return results.find(ctx, result_id)[1]


@contextmanager
def export(ctx: Context, result_id: str, kind: ExportFormat) -> Iterator[Iterator[bytes]]:
    """Give the pieces of a result as a file of a kind."""
    path, _ = results.find(ctx, result_id)
    if kind == "arrow":
        with path.open("rb") as file:
            yield _pieces(file)
        return
    with exporting.stream(path, kind, path.parent) as pieces:
        yield pieces


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece
