"""What a query over datasets answers, as the file of a registration: run in the locked process that Explore's SQL runs in."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from studiolo.kernel.errors import DiskFull, Invalid
from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.explore import column_file, exporting, queries
from studiolo.studio.datasets.explore.errors import SqlResultCut
from studiolo.studio.datasets.explore.source import Source, described, quoted
from studiolo.studio.datasets.registration_schemas import FromAnswer
from studiolo.studio.datasets.registrations.order import Asked

ROWS = 2**62  # all of them
BUILD_MEMORY = 512 << 20
_TOLD = 0.5  # seconds
Tell = Callable[[float, float | None, str], None]


class _Watched:
    """A file whose growth is told."""

    def __init__(self, file: BinaryIO, tell: Tell) -> None:
        self._file, self._tell = file, tell
        self._size, self._told = 0, 0.0

    def write(self, piece: bytes) -> int:
        self._size += len(piece)
        if time.monotonic() - self._told > _TOLD:
            self._told = time.monotonic()
            self._tell(self._size, None, f"{self._size / 1e6:,.1f} MB of the answer")
        return self._file.write(piece)


def file_of(source: FromAnswer, asked: Asked, work: Path, tell: Tell) -> Path:
    """Run the query to its last row and return its answer as Parquet.

    Raises what is wrong with the query or its limits, SqlResultCut, Invalid for an answer without rows, DiskFull.
    """
    inputs = Path(os.environ["STUDIOLO_INPUTS"])
    tables = [_readable(name, inputs / folder, work, asked, tell) for name, folder in sorted(asked.tables.items())]
    limits = queries.Limits(asked.seconds, ROWS, asked.size, asked.memory)
    rows, target = work / "answer.arrows", work / "answer.parquet"
    tell(0, None, "Asking")
    try:
        with rows.open("wb") as file:
            watched = cast("BinaryIO", _Watched(file, tell))
            done = queries.run_in_job(source.query, lambda _: tables, limits, watched, work)
        if done.cut:
            raise SqlResultCut(
                f"The answer takes more than {asked.size / 2**30:.1f} GiB.",
                "Ask for less, or raise STUDIOLO_SQL_SAVE_BYTES.",
                field="query",
            )
        if not done.rows:
            raise Invalid("The query returns no rows.", "Ask for something that is there.", field="query")
        tell(done.size, None, f"Writing {done.rows:,} rows")
        with target.open("wb") as out, exporting.stream(rows, "parquet", work) as pieces:
            for piece in pieces:
                out.write(piece)
    except OSError as error:
        raise DiskFull(f"The answer cannot be kept: {error.strerror}.", "Make room, or ask for less.") from error
    rows.unlink()
    return target


def _readable(name: str, folder: Path, work: Path, asked: Asked, tell: Tell) -> dict[str, Any]:
    """Return where the process finds a version: its Parquet files as they are, or a copy by columns, made now."""
    table = table_file.open_input(folder)
    source = Source(described(table.files, table.names, table.schema))
    expressions = source.expressions()
    if expressions is not None:
        return {"name": name, "parquet": [str(file) for file in source.files], "columns": expressions}
    copy = work / f"{folder.name}.arrow"

    def told(rows: int) -> bool:
        tell(rows, None, f"Reading {name}: {rows:,} of {source.schema.rows:,} rows")
        return True

    if not copy.exists():
        column_file.build(
            source.query(),
            len(source.columns),
            copy,
            memory=BUILD_MEMORY,
            spill=work,
            most=asked.room,
            long_texts=source.long_texts,
            told=told,
        )
    columns = [f"c{place} AS {quoted(column.name)}" for place, column in enumerate(source.schema.columns)]
    return {"name": name, "arrow": str(copy), "columns": columns}
