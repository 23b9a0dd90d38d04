"""Parquet: columns with types of their own; its footer tells everything, so nothing else is read."""

from pathlib import Path

from studiolo.studio.datasets.errors import BadFile, DamagedFile, EmptyFile, HeaderOnly, TooManyColumns
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.dialect import MAX_COLUMNS, check_names
from studiolo.studio.datasets.reading.kinds import cast
from studiolo.studio.datasets.reading.select import files, select
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.reading.typed import described, settled
from studiolo.studio.datasets.schemas import TableSchema

SPEC = FormatSpec(name="parquet", title="Parquet", extensions=(".parquet", ".pq"), options=("nested",), numbered=True)
MAGIC = b"PAR1"


def matches(head: bytes, name: str) -> bool:
    """Take what begins as Parquet does, or is called so."""
    return head.startswith(MAGIC) or name.lower().endswith(SPEC.extensions)


def inspect(source: Source) -> Inspected:
    """Read the footer."""
    _check_frame(source.path)
    return look(source, source.path, SPEC.name)


def look(source: Source, path: Path, name: str) -> Inspected:
    """Find out about a Parquet file: the source itself, or what another format was written as. name: of the format."""
    import duckdb

    names = _top_names(path)
    if len(names) > MAX_COLUMNS:
        raise TooManyColumns(f"The table has {len(names):,} columns; at most {MAX_COLUMNS:,} are taken.", "Split it.")
    check_names(names)
    connection = engine.connect()
    try:
        table = f"read_parquet({engine.file(path)})"
        found = described(connection, f"SELECT * FROM {table}", names, flatten=source.options.nested == "flatten")
        counted = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({engine.file(path)})").fetchone()
        rows = int(counted[0]) if counted else 0
        if not rows and source.first is None:
            raise HeaderOnly("The file has columns but no rows.", "Write rows into it first.")
        schema = settled(connection, name, found, rows, table, source)
    except duckdb.Error as error:
        raise _damaged(error) from error
    finally:
        connection.close()
    return Inspected(schema, path if path != source.path else None)


def _top_names(path: Path) -> list[str]:
    """Return the names as they stand in the file: DuckDB renames those that differ only in case."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_schema

    try:
        return list(read_schema(path).names)
    except (ArrowException, OSError) as error:
        raise _damaged(error) from error


def _check_frame(path: Path) -> None:
    size = path.stat().st_size
    if not size:
        raise EmptyFile("The file is empty.", "Choose a file with a table in it.")
    with path.open("rb") as stream:
        begin = stream.read(4)
        stream.seek(max(0, size - 4))
        end = stream.read(4)
    if begin != MAGIC:
        raise DamagedFile("The file is not Parquet: it does not begin with PAR1.", "Is its name right? Write it again.")
    if end != MAGIC or size < 12:
        raise DamagedFile("The Parquet file was cut off: its footer is missing.", "Copy or write the file again.")


def _damaged(error: Exception) -> BadFile:
    return DamagedFile(f"The Parquet file cannot be read: {engine.said(error)}", "Copy or write the file again.")


def scan(table: TableInput, row: str = "") -> str:
    """Read the columns, cast where a type is not one of ours."""
    union = ", union_by_name = true" if table.schema.options.get("union") else ""
    return select(table, cast, lambda part: f"read_parquet({files(part.files)}{union})", row)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Return the file itself: a LIMIT reads no more than the first row group."""
    return path
