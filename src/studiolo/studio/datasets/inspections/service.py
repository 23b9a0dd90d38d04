"""The verbs of inspections."""

import itertools
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.datasets import children, inspection
from studiolo.studio.datasets.delta import log
from studiolo.studio.datasets.errors import InspectionFailed
from studiolo.studio.datasets.formats.base import family
from studiolo.studio.datasets.images import table as images
from studiolo.studio.datasets.inspections import heads, sources
from studiolo.studio.datasets.inspections.opened import Opened
from studiolo.studio.datasets.inspections.schemas import (
    FormatNoun,
    InspectedColumn,
    InspectedFile,
    Inspection,
    InspectionRequest,
    Loss,
    LostValue,
)
from studiolo.studio.datasets.mltable import file as mltable
from studiolo.studio.datasets.reading import folders
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType, Preview, TableSchema

MODULE = "studiolo.studio.datasets.inspections.process"
LOOKED_AT = 8  # files that are looked at; the others are looked into when they are registered
SHOWN = 100
TEXTS: list[ColumnType] = ["text", "integer", "number", "decimal", "boolean", "date", "datetime", "time", "json"]
TYPED: dict[str, list[ColumnType]] = {
    "integer": ["integer", "number", "decimal", "datetime", "text"],
    "number": ["number", "integer", "decimal", "datetime", "text"],
    "decimal": ["decimal", "number", "integer", "text"],
    "boolean": ["boolean", "integer", "text"],
    "date": ["date", "datetime", "text"],
    "datetime": ["datetime", "date", "text"],
    "time": ["time", "text"],
    "json": ["json"],
    "binary": ["binary"],
}


def formats() -> list[FormatNoun]:
    """Return the formats that can be read, and which options each heeds."""
    children.warm()  # who asks for the formats has opened the wizard
    return [
        FormatNoun(
            name=module.SPEC.name,
            title=module.SPEC.title,
            extensions=list(module.SPEC.extensions),
            options=list(module.SPEC.heeded),
        )
        for module in family().values()
        if module.SPEC.chosen
    ]


def inspect(ctx: Context, asked: InspectionRequest) -> Inspection:
    """Look at the beginnings of the files, or the first rows of a query, and say what they would be as a table; keeps nothing.

    At most 2 MiB of each of the first files is read; of Parquet the footer and the first row group. Raises a BadFile, or what is
    wrong with the source or the choices.
    """
    started = time.monotonic()
    children.warm()
    of_query = asked.source.type == "sql"
    files = [] if of_query else sources.find(ctx, asked.source)
    with inspection.work_folder(ctx) as work:
        more = False
        if of_query:
            found_head, more = sources.of_query(ctx, asked.source, asked.rows, work)
            files = [found_head]
        first = _looked_at(files, asked)
        taken: list[heads.Head] = []

        def glance() -> dict[str, Any]:
            """Read what is asked for while the child begins; returns the question to it."""
            taken.extend(_taken(ctx, first, work))
            return {
                "verb": "glance",
                "files": [head.told() for head in taken],
                "reading": asked.reading.model_dump(mode="json"),
                "rows": asked.rows,
                "line_limit": ctx.settings.line_limit_bytes,
            }

        found = inspection.ask(ctx, glance, work, MODULE)
    told = _told(files, taken, found, round(time.monotonic() - started, 3))
    return told.model_copy(update={"rows": None, "exact": False}) if more else told


def _taken(ctx: Context, files: list[Opened], work: Path) -> Iterator[heads.Head]:
    """Read what a look needs of each file."""
    for place, file in enumerate(files):
        folder = work / f"taken-{place}"
        folder.mkdir()
        head = heads.take(file, folder)
        if head.path.name == "sparse.parquet":
            end = inspection.ask(ctx, {"verb": "first_group", "path": str(head.path)}, work, MODULE)["end"]
            head = replace(head, taken=head.taken + heads.fill(file, head, int(end)))
        yield head


def _looked_at(files: list[Opened], asked: InspectionRequest) -> list[Opened]:
    """Return the files that are looked at: the first ones, or an MLTable and the first that it names."""
    names = {file.name: file for file in files}
    if asked.reading.format in (None, "delta") and log.below(list(names)) is not None:
        if any(file.path is None for file in files) or len(files) >= sources.LISTED:
            raise InspectionFailed(
                "A Delta table is read with its log, and these files are not here yet.",
                "Register it: it is looked into then. Name a version in the options, else it is the newest.",
                field="source",
            )
        return files
    found = mltable.beside(list(names))
    if found is None or asked.reading.transformations is not None:
        return _of_each_folder(files) if _by_folders(asked, names) else files[:LOOKED_AT]
    table = mltable.read(names[found].read(0, min(names[found].size, mltable.LARGEST + 1)))
    some = len(files) >= sources.LISTED
    chosen = table.named(found[: -len(mltable.NAME)], list(names), some=some)
    return [names[found], *(names[name] for name in chosen[: LOOKED_AT - 1])]


def _by_folders(asked: InspectionRequest, names: Collection[str]) -> bool:
    """Say whether the files are rows, of which their folders tell more."""
    return asked.reading.format == "texts" or images.wanted(asked.reading, list(names))


def _of_each_folder(files: list[Opened]) -> list[Opened]:
    """Return the files that are looked at: the first of each folder, then further ones; in their order."""
    firsts: dict[Any, int] = {}
    for place, file in enumerate(files):
        firsts.setdefault(folders.of(file.name), place)
    first = list(firsts.values())
    taken = set(first)
    others = (place for place in range(len(files)) if place not in taken)
    return [files[place] for place in sorted(itertools.islice(itertools.chain(first, others), LOOKED_AT))]


def _told(
    files: list[Opened],
    taken: list[heads.Head],
    found: dict[str, Any],
    seconds: float,
) -> Inspection:
    schema = TableSchema.model_validate(found["schema"])
    left = set(found["left"])
    exact = len(files) == len(taken) and all(head.whole for head in taken)
    table = schema.options.get("mltable")
    columns = [
        _column(column, examples, include=".".join(column.place) not in left, format_="" if table else schema.format)
        for column, examples in zip(schema.columns, found["examples"], strict=True)
    ]
    return Inspection(
        format=schema.format,
        options=schema.options,
        files=[InspectedFile(path=file.name, size=file.size) for file in files[:SHOWN]],
        file_count=len(files),
        size=sum(file.size for file in files),
        columns=columns,
        timestamps=[column.name for column in columns if column.include and column.type in ("date", "datetime")],
        preview=Preview.model_validate(found["preview"]),
        rows=schema.rows if exact else _estimate(files, taken, found["rows"]),
        exact=exact,
        losses=_losses(schema, exact=exact),
        problems=schema.notes,
        transformations=table,
        bytes_read=sum(head.taken for head in taken),
        seconds=seconds,
    )


def _column(column: ColumnSchema, examples: list[Any], *, include: bool, format_: str) -> InspectedColumn:
    text = format_ == "delimited" or column.stored in ("", "VARCHAR", "JSON")
    return InspectedColumn(
        name=column.name,
        field=list(column.place),
        type=column.type,
        stored=column.stored,
        include=include,
        origin=column.origin,
        choices=[column.type]
        if not format_ or column.origin != "file"
        else TEXTS
        if text and column.type != "json"
        else TYPED.get(column.type, [column.type]),
        formats=column.formats,
        examples=examples,
    )


def _losses(schema: TableSchema, *, exact: bool) -> list[Loss]:
    kinds = {column.name: column.type for column in schema.columns}
    return [
        Loss(
            column=note.column,
            type=kinds.get(note.column, "text"),
            count=note.lost,
            exact=exact,
            first=[LostValue(file=note.file, line=note.line, value=note.value)],
        )
        for note in schema.notes
        if note.lost
    ]


def _estimate(files: list[Opened], taken: list[heads.Head], rows: list[int]) -> int | None:
    """Estimate the rows from those of the pieces and the sizes; whole files count as they are."""
    looked = sum(
        count
        if head.whole
        else round(count * head.size / max(1, head.path.stat().st_size if head.path.exists() else heads.HEAD))
        for head, count in zip(taken, rows, strict=True)
    )
    size = sum(head.size for head in taken)
    return round(looked * sum(file.size for file in files) / size) if size else None
