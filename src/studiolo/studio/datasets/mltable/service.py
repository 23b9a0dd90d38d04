"""The verbs of MLTables."""

from itertools import islice

from studiolo.kernel.context import Context
from studiolo.studio.datasets import contents, repository
from studiolo.studio.datasets.errors import NotATable
from studiolo.studio.datasets.mltable import export, file
from studiolo.studio.datasets.schemas import TableSchema
from studiolo.studio.datasets.table_file import members
from studiolo.studio.datasets.versions import find_row


def write(ctx: Context, name: str, version: int | None) -> str:
    """Return an MLTable file for a version, to lie beside its files; raises NotATable, and Invalid for a format it has no word for."""
    row = find_row(ctx, name, version)
    reference = repository.reference(name, row.version)
    if row.kind == "file":
        raise NotATable(reference)
    schema = TableSchema.model_validate(row.table)
    listed = [entry.path for entry in islice(contents.of(ctx, row).entries(), export.MOST + 1)]
    return export.write(reference, schema, [path for path in members(schema, listed) if path != file.NAME])
