"""A table of runs as a file: all pages of a search, piece by piece, with as much memory as one piece takes."""

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy import select

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments.table import columns as run_columns
from studiolo.studio.experiments.table import rows as run_table
from studiolo.studio.experiments.table import values
from studiolo.studio.experiments.table.schemas import RunSearch
from studiolo.studio.experiments.table.values import Column
from studiolo.studio.experiments.tables import runs

Format = Literal["csv", "parquet", "json"]
MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet", "json": "application/json"}
PAGE = 1000
_BLOCK = 50_000  # runs whose order is asked for at once: in the order of a metric each asking sorts all of them
_GROUP = 10_000  # rows of a row group of Parquet
Piece = list[list[Any]]  # values of some runs, a list per column
_TIMES = ("created_at", "started_at", "ended_at")
ATTRIBUTES = ("id", "name", "experiment", "state", "kind", "user", *_TIMES, "duration", "parent_id", "error")
# MLflow's names of what our nouns call otherwise
_FIELDS = {
    "run_id": "id",
    "run_name": "name",
    "user_id": "user",
    "start_time": "started_at",
    "end_time": "ended_at",
}
_FAMILY = {"parameter": "params", "metric": "metrics", "tag": "tags"}


def rows(ctx: Context, wanted: RunSearch) -> tuple[list[Column], Iterator[Piece]]:
    """Return the columns, and pieces of rows of all pages. Raises what the search raises before anything is sent."""
    check(wanted)
    names = wanted.columns if wanted.columns is not None else _all(ctx, wanted)
    chosen = [_column(name) for name in names]
    asked = wanted.model_copy(update={"limit": _BLOCK, "cursor": None, "skip": 0})
    with ctx.db.read() as tx:
        first = run_table.numbers_of(tx, ctx, asked)

    def pieces() -> Iterator[Piece]:
        seqs, after = first
        while True:
            for begin in range(0, len(seqs), PAGE):
                with ctx.db.read() as tx:  # one for each piece: who takes the file may be slow
                    piece = values.read(tx, seqs[begin : begin + PAGE], chosen, every=wanted.columns is None)
                yield piece
            if after is None:
                return
            with ctx.db.read() as tx:
                seqs, after = run_table.numbers_of(tx, ctx, asked.model_copy(update={"cursor": after}))

    return chosen, pieces()


def check(wanted: RunSearch) -> None:
    """Raise Invalid for a column that no file has, and for a file without any."""
    if wanted.columns is not None and not wanted.columns:
        raise Invalid("A file needs a column.", "Name some, or leave `columns` out for all of them.", field="columns")
    for name in wanted.columns or ():
        _column(name)


def stream(
    ctx: Context, wanted: RunSearch, form: Format, told: Callable[[int], None] = lambda _: None
) -> Iterator[bytes]:
    """Return the file in pieces; what is wrong with the search is raised now, not while the file is sent.

    told: is called with the number of rows of each piece that was written; what it raises ends the file.
    """
    chosen, read = rows(ctx, wanted)

    def counted() -> Iterator[Piece]:
        for piece in read:
            yield piece
            told(len(piece[0]))

    pieces = counted()
    if form == "csv":
        return _csv(chosen, pieces)
    return _json(chosen, pieces) if form == "json" else _parquet(chosen, pieces)


def _all(ctx: Context, wanted: RunSearch) -> list[str]:
    with ctx.db.read() as tx:
        found = run_columns.every(tx, run_table.narrowed(tx, ctx, select(runs.c.seq), wanted))
    recorded = [f"{family}.`{name}`" for family in ("params", "metrics", "tags") for name in found[family]]
    return [*(f"attributes.{name}" for name in ATTRIBUTES), *recorded]


def _column(name: str) -> Column:
    one = run_table.clause(name)
    if one.entity == "attribute":
        known = _FIELDS.get(one.key, one.key)
        if known not in ATTRIBUTES:
            raise Invalid(f"'{name[:200]}' is no column.", f"Attributes are {', '.join(ATTRIBUTES)}.", field="columns")
        form: Any = "time" if known in _TIMES else "number" if known == "duration" else "text"
        return Column(known, one._replace(key=known), form)
    if one.entity not in _FAMILY:
        raise Invalid(f"'{name[:200]}' is no column.", "Use params.x, metrics.x or tags.x.", field="columns")
    header = f"{_FAMILY[one.entity]}.{one.key}"
    if one.of != "last":
        header = f"{one.of}({header})"
    return Column(header, one, "number" if one.entity == "metric" else "text")


def _csv(chosen: Sequence[Column], pieces: Iterator[Piece]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.header for column in chosen])
    for piece in pieces:
        texts = (map(_plain, of) if column.type != "text" else of for column, of in zip(chosen, piece, strict=True))
        writer.writerows(zip(*texts, strict=True))
        yield text.getvalue().encode("utf-8", "replace")
        text.seek(0)
        text.truncate()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def _json(chosen: Sequence[Column], pieces: Iterator[Piece]) -> Iterator[bytes]:
    names = [column.header for column in chosen]
    before = b"["
    for piece in pieces:
        for row in zip(*piece, strict=True):
            finite = [None if isinstance(value, float) and not math.isfinite(value) else value for value in row]
            yield before + orjson.dumps(dict(zip(names, finite, strict=True)))
            before = b",\n"
    yield b"]\n" if before != b"[" else b"[]\n"


def _parquet(chosen: Sequence[Column], pieces: Iterator[Piece]) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"text": pa.string(), "number": pa.float64(), "time": pa.timestamp("us", tz="UTC")}
    schema = pa.schema([(column.header, types[column.type]) for column in chosen])
    sink = _Sink()
    with pq.ParquetWriter(sink, schema) as writer:
        held: list[Any] = []
        for piece in pieces:
            arrays = [pa.array(of, field.type) for of, field in zip(piece, schema, strict=True)]
            held.append(pa.table(arrays, schema=schema))
            if sum(len(table) for table in held) >= _GROUP:
                writer.write_table(pa.concat_tables(held).combine_chunks())
                held = []
            yield sink.take()
        if held:
            writer.write_table(pa.concat_tables(held).combine_chunks())
    yield sink.take()


class _Sink(io.RawIOBase):
    """Holds what was written until it is taken: Parquet is written from front to back."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._place = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def write(self, data: Any, /) -> int:
        before = len(self._held)
        self._held += data
        self._place += len(self._held) - before
        return len(self._held) - before

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken
