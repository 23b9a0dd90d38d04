"""A part of a recorded split as the input of a job: which rows they are goes along, and the job takes them alone."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from studiolo.kernel.context import Context
from studiolo.studio.datasets import contents
from studiolo.studio.datasets.errors import SplitNotFound
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.repository import reference
from studiolo.studio.datasets.rows import repository, splits
from studiolo.studio.datasets.rows.schemas import SplitCreate
from studiolo.studio.datasets.schemas import ColumnType
from studiolo.studio.datasets.versions import find_row
from studiolo.studio.experiments.schemas import InputFile

if TYPE_CHECKING:
    import pyarrow as pa

INPUT, FILE = "split", "split.json"  # the input of a job that says which rows of its data it takes


class PartOf(BaseModel):
    """Rows of a version: `part` of a split.

    name: of the one file, by which rows are told apart; a job's input calls it otherwise. Empty where the input names its files.
    """

    split: SplitCreate
    part: str
    name: str = ""


def find(ctx: Context, name: str, version: int, part: str) -> PartOf:
    """Return what `part` or `split.part` of a version means; raises SplitNotFound."""
    chosen, dot, inner = part.partition(".")
    with ctx.db.read() as tx:
        recorded = repository.get_splits(tx, ctx, name, version)
    for split in recorded:
        if (dot and split.name == chosen and inner in split.shares) or (
            not dot and split.name == "default" and part in split.shares
        ):
            spec = SplitCreate.model_validate(split.model_dump(include=set(SplitCreate.model_fields)))
            return PartOf(split=spec, part=inner if dot else part)
    known = [written.rpartition("@")[2] for split in recorded for written in split.references.values()]
    raise SplitNotFound(part, reference(name, version), known)


def of_version(ctx: Context, row: Any, part: str) -> PartOf:
    """Return what a part of the version of a row means to a process that has its files; raises SplitNotFound."""
    whole = contents.whole(row)
    alone = ctx.blobs.path(whole).name if whole else "" if row.manifest else str(row.files[0]["path"])
    return find(ctx, row.name, row.version, part).model_copy(update={"name": alone})


def part_inputs(ctx: Context, name: str, version: int, part: str) -> dict[str, list[InputFile]]:
    """Return the further input of a job that takes a part of a version alone; nothing for the empty part, which is all rows.

    What is recorded now goes along: a split that is removed later changes nothing of the job. Raises SplitNotFound.
    """
    if not part:
        return {}
    document = of_version(ctx, find_row(ctx, name, version), part).model_dump_json()
    return {INPUT: [InputFile(path=FILE, digest=ctx.blobs.put(document.encode()).digest)]}


def opened(inputs_folder: Path) -> PartOf | None:
    """Return which rows a job takes of its data, None for all. inputs_folder: the one that holds all inputs of the job."""
    path = inputs_folder / INPUT / FILE
    return PartOf.model_validate_json(path.read_bytes()) if path.is_file() else None


def to_arrow(
    table: TableInput,
    part: PartOf,
    columns: Sequence[str],
    *,
    as_text: Collection[ColumnType] = (),
    memory: str = "4GB",
) -> "pa.Table":
    """Read the rows of a part into Arrow columns, in order; as `table_file.to_arrow`."""
    if part.name:
        table = TableInput(table.files, (part.name,), table.schema)
    types = {column.name: column.type for column in table.schema.columns}
    items = [
        f"CAST({engine.name(name)} AS VARCHAR) AS {engine.name(name)}" if types[name] in as_text else engine.name(name)
        for name in columns
    ]
    connection = engine.connect(memory=memory)
    try:
        query = splits.select(table, part.split, part.part)
        return connection.sql(f"SELECT {', '.join(items)} FROM ({query})").to_arrow_table()
    finally:
        connection.close()
