"""PostgreSQL's types and Arrow's, and the text that goes between: nothing is rounded, nothing is guessed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from studiolo.studio.datastores.errors import ValueUnfit

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN = {
    16: "bool",
    20: "int64",
    21: "int16",
    23: "int32",
    26: "int64",
    700: "float32",
    701: "float64",
    1082: "date32",
}
_DIGITS = 76  # of Arrow's longest decimal
_BLOCK = 4 << 20  # bytes of text that become one batch
_BYTEA, _NUMERIC, _TIME, _TIMESTAMP, _TIMESTAMPTZ = 17, 1700, 1083, 1114, 1184
# arrays by what is in them, one dimension: `list<…>`
_ARRAYS = {1000: 16, 1005: 21, 1007: 23, 1016: 20, 1021: 700, 1022: 701, 1009: 25, 1015: 25, 1002: 25, 2951: 25}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer. kind: OID of its type; modifier: such as precision and scale, -1 without."""

    name: str
    kind: int
    modifier: int = -1

    @property
    def array(self) -> bool:
        """Whether it comes as JSON and becomes a list."""
        return self.kind in _ARRAYS


def arrow_type(column: Column) -> "pa.DataType":  # noqa: PLR0911 - one line a type
    """Return the Arrow type of a column; what has no exact one stays the text that PostgreSQL writes."""
    import pyarrow as pa

    if column.array:
        return pa.list_(arrow_type(Column("", _ARRAYS[column.kind])))
    if column.kind in _PLAIN:
        return pa.type_for_alias(_PLAIN[column.kind])
    if column.kind == _BYTEA:
        return pa.binary()
    if column.kind == _TIME:
        return pa.time64("us")
    if column.kind == _TIMESTAMP:
        return pa.timestamp("us")
    if column.kind == _TIMESTAMPTZ:
        return pa.timestamp("us", "UTC")
    if column.kind == _NUMERIC and column.modifier >= 4:
        precision, scale = ((column.modifier - 4) >> 16) & 0xFFFF, (((column.modifier - 4) & 0x7FF) ^ 1024) - 1024
        if 0 <= scale <= precision <= 76:
            return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
    return pa.string()


def measured(shape: Sequence[Column], query: str, ask: Callable[[str], Any]) -> list[Column]:
    """Give decimals without a precision, as sums and averages are, the one that all their values need.

    The query is run for it a first time, in the same snapshot. Values with too many digits, and NaN, leave the column a text.
    """
    loose = [place for place, column in enumerate(shape) if column.kind == _NUMERIC and column.modifier < 4]
    if not loose:
        return list(shape)
    names = ", ".join(f"c{place}" for place in range(len(shape)))
    asked = ", ".join(
        f"max(scale(c{i})), max(length(trunc(abs(c{i}))::text)), count(scale(c{i})) = count(c{i})" for i in loose
    )
    found = ask(f"SELECT {asked} FROM ({query}\n) AS q({names})").fetchone()
    made = list(shape)
    for number, place in enumerate(loose):
        scale, whole, finite = found[number * 3 : number * 3 + 3]
        if scale is not None and finite and scale + whole <= _DIGITS:
            digits = next(size for size in (38, _DIGITS) if scale + whole <= size)
            made[place] = Column(shape[place].name, _NUMERIC, (digits << 16 | scale) + 4)
    return made


def copying(query: str, shape: Sequence[Column]) -> str:
    """Return the COPY of a query: arrays as JSON, everything else as PostgreSQL writes it."""
    if any(column.array for column in shape):
        names = ", ".join(f"c{place}" for place in range(len(shape)))
        taken = ", ".join(f"array_to_json(c{i})" if column.array else f"c{i}" for i, column in enumerate(shape))
        query = f"SELECT {taken} FROM ({query}\n) AS q({names})"
    return f"COPY ({query}\n) TO STDOUT (FORMAT csv)"


def batches(copy: Any, shape: Sequence[Column], rows: int) -> "tuple[pa.Schema, Iterator[pa.RecordBatch]]":
    """Return the schema and the batches of a COPY; a null is an empty field, an empty text one in quotes.

    It is read here and not by Arrow's own thread: what is left half way would be waited for there. A message is a row.
    """
    import pyarrow as pa
    from pyarrow import csv

    schema = pa.schema([pa.field(column.name, arrow_type(column)) for column in shape])
    names = [str(place) for place in range(len(shape))]
    decode = [_decoder(field) for field in schema]
    taken = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    read = csv.ConvertOptions(
        column_types={name: _raw(field.type) for name, field in zip(names, schema, strict=True)},
        null_values=[""],
        true_values=["t"],
        false_values=["f"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )

    def made() -> Iterator[pa.RecordBatch]:
        for text in _blocks(copy, rows):
            size = csv.ReadOptions(column_names=names, block_size=len(text) + 1, use_threads=False)
            table = csv.read_csv(pa.py_buffer(text), size, taken, read)
            columns = [change(table.column(place).combine_chunks()) for place, change in enumerate(decode)]
            yield pa.record_batch(columns, schema=schema)

    return schema, made()


def _blocks(copy: Any, rows: int) -> Iterator[bytes]:
    """Yield so many rows at a time, fewer where they are long."""
    found: list[bytes] = []
    size = 0
    for piece in copy:
        found.append(piece)
        size += len(piece)
        if len(found) >= rows or size >= _BLOCK:
            yield b"".join(found)
            found, size = [], 0
    if found:
        yield b"".join(found)


def _raw(kind: "pa.DataType") -> "pa.DataType":
    """Return how the text of a type is read first."""
    import pyarrow as pa

    if pa.types.is_binary(kind) or pa.types.is_list(kind) or pa.types.is_decimal256(kind):
        return pa.string()
    return kind


def _decoder(field: "pa.Field") -> "Callable[[pa.Array], pa.Array]":
    import json

    import pyarrow as pa

    kind = field.type
    if pa.types.is_binary(kind):
        return lambda array: pa.array((None if v is None else bytes.fromhex(v[2:]) for v in array.to_pylist()), kind)
    if pa.types.is_list(kind):

        def listed(array: pa.Array) -> pa.Array:
            found = [None if value is None else json.loads(value) for value in array.to_pylist()]
            try:
                return pa.array(found, kind)
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                raise ValueUnfit(
                    f"The column '{field.name}' holds arrays of more than one dimension or values such as NaN.",
                    "Convert it in the query: to_json(column)::text.",
                    field="query",
                ) from error

        return listed
    if pa.types.is_decimal256(kind):
        return lambda array: array.cast(kind)
    return lambda array: array


def declared(field: "pa.Field") -> str:
    """Return the type that a column of a new table gets; raises ValueUnfit."""
    import pyarrow as pa

    kind, is_ = field.type, pa.types
    if is_.is_dictionary(kind):
        kind = kind.value_type
    if is_.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    for fits, name in (
        (is_.is_boolean, "boolean"),
        (is_.is_int8, "smallint"),
        (is_.is_int16, "smallint"),
        (is_.is_uint8, "smallint"),
        (is_.is_int32, "integer"),
        (is_.is_uint16, "integer"),
        (is_.is_int64, "bigint"),
        (is_.is_uint32, "bigint"),
        (is_.is_uint64, "numeric(20,0)"),
        (is_.is_float32, "real"),
        (is_.is_float16, "real"),
        (is_.is_float64, "double precision"),
        (is_.is_date, "date"),
        (is_.is_time, "time"),
        (is_.is_string, "text"),
        (is_.is_large_string, "text"),
        (is_.is_string_view, "text"),
        (is_.is_null, "text"),
        (is_.is_binary, "bytea"),
        (is_.is_large_binary, "bytea"),
        (is_.is_nested, "jsonb"),
    ):
        if fits(kind):
            return name
    if is_.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    raise ValueUnfit(
        f"The column '{field.name}' is {kind}, for which PostgreSQL has no type.", "Convert it first.", field="table"
    )


def as_csv(batch: "pa.RecordBatch") -> bytes:
    """Return rows as COPY reads them: nulls empty, everything else in quotes."""
    import pyarrow as pa
    from pyarrow import csv

    columns = [
        pa.array(list(_written(column, field.type)), pa.string())
        for column, field in zip(batch.columns, batch.schema, strict=True)
    ]
    sink = BytesIO()
    plain = pa.record_batch(columns, names=[str(place) for place in range(len(columns))])
    csv.write_csv(plain, sink, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    return sink.getvalue()


def _written(column: "pa.Array", kind: "pa.DataType") -> Iterator[str | None]:
    """Yield the values of a column as PostgreSQL reads them."""
    import json

    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        for value in column.to_pylist():
            yield None if value is None else f"\\x{value.hex()}"
    elif pa.types.is_nested(kind):
        for value in column.to_pylist():
            yield None if value is None else json.dumps(value, default=str)
    else:
        yield from column.cast(pa.string()).to_pylist()
