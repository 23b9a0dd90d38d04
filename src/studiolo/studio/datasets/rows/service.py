"""The verbs of taking rows: traits, splits, the Arrow stream."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.datasets import profiling, versions
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.errors import BadSplit, ColumnNotFound, NotATable, ProfileNotReady, SplitNotFound
from studiolo.studio.datasets.repository import reference
from studiolo.studio.datasets.rows import parts, repository, snippets, stream, timeseries
from studiolo.studio.datasets.rows.query import Asked
from studiolo.studio.datasets.rows.schemas import Snippet, Split, SplitCreate, Traits, TraitsPatch, Window
from studiolo.studio.datasets.schemas import TableSchema
from studiolo.studio.datasets.versions import find_row


def _table(ctx: Context, name: str, version: int | None) -> tuple[Any, TableSchema]:
    row = find_row(ctx, name, version)
    if row.kind == "file":
        raise NotATable(reference(name, row.version))
    return row, TableSchema.model_validate(row.table)


def traits(ctx: Context, name: str, version: int | None) -> Traits:
    """Return what is said about the columns of a version; its timestamp may have been chosen when it was read first."""
    row, schema = _table(ctx, name, version)
    with ctx.db.read() as tx:
        found = repository.get_traits(tx, ctx, name, row.version)
    return found or Traits(timestamp=schema.timestamp)


def set_traits(ctx: Context, name: str, version: int | None, patch: TraitsPatch) -> Traits:
    """Say what columns of a version mean; raises ColumnNotFound, NoTimestamp."""
    row, schema = _table(ctx, name, version)
    given = {key: value for key, value in patch.model_dump().items() if value is not None}
    found = traits(ctx, name, row.version).model_copy(update=given)
    for field in ("timestamp", "partition_timestamp"):
        if given.get(field):
            timeseries.column(schema.columns, given[field], field=field)
    names = [column.name for column in schema.columns]
    if given.get("target") and given["target"] not in names:
        raise ColumnNotFound(given["target"], names, field="target")
    with ctx.db.begin() as tx:
        repository.set_traits(tx, ctx, name, row.version, found)
        ctx.events.emit(tx, "dataset.updated", name, {"version": row.version})
    return found


def code(ctx: Context, name: str, version: int | None) -> list[Snippet]:
    """Return ready code for a version."""
    row = find_row(ctx, name, version)
    if row.kind == "file":
        return snippets.of_files(name, row.version)
    columns = TableSchema.model_validate(row.table).columns
    said = traits(ctx, name, row.version)
    away = row.mode == "referenced"
    span = _span(ctx, row, name, said.timestamp) if said.timestamp else None
    return snippets.of_table(name, row.version, columns, said.target, said.timestamp, span=span, referenced=away)


def _span(ctx: Context, row: Any, name: str, timestamp: str) -> tuple[str, str] | None:
    """Return from when to when the newest fourth of the rows is; None until the profile knows."""
    try:
        found = profiling.get(ctx, name, row.version)
    except ProfileNotReady:
        return None
    column = next((one for one in found.columns if one.name == timestamp), None)
    start, end = (column.quantiles.get("0.75"), column.max) if column else (None, None)
    return (str(start), str(end)) if start and end else None


def splits(ctx: Context, name: str, version: int | None) -> list[Split]:
    """Return the splits that are recorded with a version."""
    row, _ = _table(ctx, name, version)
    with ctx.db.read() as tx:
        return repository.get_splits(tx, ctx, name, row.version)


def create_split(ctx: Context, name: str, version: int | None, spec: SplitCreate) -> Split:
    """Record how the rows of a version are split; the same again is the same. Raises BadSplit, ColumnNotFound, NoTimestamp."""
    row, schema = _table(ctx, name, version)
    names = [column.name for column in schema.columns]
    if spec.method == "time" and not spec.column:
        spec = spec.model_copy(update={"column": traits(ctx, name, row.version).timestamp})
    if spec.method == "time":
        timeseries.column(schema.columns, spec.column, field="column")
    for field, value in (("column", spec.column), ("key", spec.key)):
        if value and value not in names:
            raise ColumnNotFound(value, names, field=field)
    with ctx.db.begin() as tx:
        there = {split.name: split for split in repository.get_splits(tx, ctx, name, row.version)}
        if spec.name in there:
            if SplitCreate.model_validate(there[spec.name].model_dump(include=set(SplitCreate.model_fields))) == spec:
                return there[spec.name]
            raise BadSplit(
                f"{reference(name, row.version)} has a split '{spec.name}' already.",
                "Give this one another name, or remove the old one.",
                field="name",
            )
        repository.add_split(tx, ctx, name, row.version, spec)
        ctx.events.emit(tx, "dataset.updated", name, {"version": row.version, "split": spec.name})
        return next(split for split in repository.get_splits(tx, ctx, name, row.version) if split.name == spec.name)


def remove_split(ctx: Context, name: str, version: int | None, split: str) -> None:
    """Forget a split; raises SplitNotFound."""
    row, _ = _table(ctx, name, version)
    with ctx.db.begin() as tx:
        if not repository.remove_split(tx, ctx, name, row.version, split):
            raise SplitNotFound(split, reference(name, row.version))
        ctx.events.emit(tx, "dataset.updated", name, {"version": row.version})


def arrow(
    ctx: Context,
    name: str,
    version: int | None,
    *,
    columns: list[str] | None = None,
    limit: int | None = None,
    offset: int = 0,
    after: datetime | None = None,
    before: datetime | None = None,
    boundary: bool = True,
    split: str = "",
) -> Iterator[bytes]:
    """Return the pieces of an Arrow stream of rows, in order. split: `part` or `split.part`."""
    row, schema = _table(ctx, name, version)
    names = [column.name for column in schema.columns]
    for column in columns or []:
        if column not in names:
            raise ColumnNotFound(column, names, field="columns")
    window, partition = None, ""
    if after is not None or before is not None:
        said = traits(ctx, name, row.version)
        timeseries.column(schema.columns, said.timestamp)
        window, partition = (
            Window(after=after, before=before, boundary=boundary, column=said.timestamp),
            said.partition_timestamp,
        )
    chosen = parts.find(ctx, name, row.version, split).split if split else None
    table = versions.open_table(ctx, datasets.get(ctx, name, row.version))
    asked = Asked(
        tuple(columns) if columns else None, limit, offset, window, chosen, split.rpartition(".")[2], partition
    )
    return stream.rows(ctx, list(table.files), list(table.names), row.table, asked)
