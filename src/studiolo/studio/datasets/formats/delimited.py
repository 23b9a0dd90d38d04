"""Delimited text: CSV, TSV and their relatives."""

from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import EmptyFile, HeaderOnly
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading import read_csv
from studiolo.studio.datasets.reading.dialect import Dialect, column_names, find_dialect, has_header, records
from studiolo.studio.datasets.reading.encoding import CHUNK
from studiolo.studio.datasets.reading.text_source import prepare, text_head
from studiolo.studio.datasets.reading.verify import settle
from studiolo.studio.datasets.schemas import TableSchema

SPEC = FormatSpec(
    name="delimited",
    title="Delimited text (CSV, TSV)",
    extensions=(".csv", ".tsv", ".tab", ".txt", ".psv"),
    options=("delimiter", "encoding", "header"),
)


def matches(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Take what is called so; anything else that is text comes here last of all anyhow."""
    return name.lower().endswith(SPEC.extensions)


def inspect(source: Source) -> Inspected:
    """Find encoding, dialect, header and types, then read the whole file once as it will be read later."""
    text = prepare(source.path, source.work, encoding=source.options.encoding, line_limit=source.line_limit)
    with text.path.open("rb") as stream:
        head = stream.read(CHUNK)
    first = head[: head.rfind(b"\n") + 1] or head
    decoded = first.decode("utf-8", "ignore").lstrip("\ufeff")
    dialect = find_dialect(decoded, name=source.name, delimiter=source.options.delimiter)
    rows = records(decoded, dialect)
    if not rows:
        raise EmptyFile("The file holds only blank lines.", "Is it the right file?")
    header = source.options.header if source.options.header is not None else has_header(rows)
    names = column_names(rows[0], header=header)
    if header and len(rows) == 1 and len(head) < CHUNK:
        raise HeaderOnly(
            f"The file has column names ({', '.join(names[:3])}{', …' if len(names) > 3 else ''}) but no rows.",
            "Add rows, or say that the first row is data (option `header=false`).",
        )
    settled = settle(text.path, names, _options(dialect, header=header, longest=text.longest), source.work)
    if not settled.rows:
        raise HeaderOnly("The file has column names but no rows.", "Add rows.")
    schema = TableSchema(
        format=SPEC.name,
        columns=settled.columns,
        rows=settled.rows,
        options=settled.options | {"encoding": text.encoding},
        notes=[*text.notes, *settled.notes],
    )
    return Inspected(schema, text.path if text.path != source.path else None)


def _options(dialect: Dialect, *, header: bool, longest: int) -> dict[str, Any]:
    return {
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "header": header,
        "missing": [""],
        "decimal": ".",
        "longest_line": longest,
    }


def scan(path: Path, schema: TableSchema) -> str:
    """Read with everything fixed: nothing is guessed a second time."""
    return read_csv.select(path, schema.columns, schema.options)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:
    """Cut the first records off."""
    return text_head(path, rows, work, quote=schema.options["quote"])
