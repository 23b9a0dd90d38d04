"""A folder of texts: each file is a row with its text, label and part of a split from its folders (`reading/folders`)."""

from pathlib import Path

from studiolo.studio.datasets.errors import DamagedFile
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.kinds import reference
from studiolo.studio.datasets.reading.select import files, select
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.reading.text_source import prepare
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

SPEC = FormatSpec(name="texts", title="Folder of texts", extensions=(), options=("encoding", "member"))
LARGEST = 64 << 20  # of one text, which is one value
LINE = 1 << 40  # a text may be one line


def matches(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Take nothing by itself: a text may be a table as well, so this format is asked for by its name."""
    return False


def inspect(source: Source) -> Inspected:
    """Find the encoding and prove it to the end."""
    size = source.path.stat().st_size
    if size > LARGEST:
        raise DamagedFile(
            f"The text is {size:,} bytes; a value may have {LARGEST:,}.", "Split it, or read it as delimited text."
        )
    text = prepare(source.path, source.work, encoding=source.options.encoding, line_limit=LINE, strip_mark=True)
    column = ColumnSchema(name="text", type="text", sql_type="VARCHAR", field=["content"])
    schema = TableSchema(
        format=SPEC.name, columns=[column], rows=1, options={"encoding": text.encoding}, notes=text.notes
    )
    return Inspected(schema, text.path if text.path != source.path else None)


def scan(table: TableInput, row: str = "") -> str:  # noqa: ARG001 - rows of texts have no numbers
    """Read each file as one value."""
    return select(
        table,
        lambda column: f"{reference(column.place)} AS {engine.name(column.name)}",
        lambda part: f"read_text({files(part.files)})",
    )


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Return the file itself: it is one row."""
    return path
