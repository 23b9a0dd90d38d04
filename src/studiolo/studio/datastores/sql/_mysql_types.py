"""MySQL's types and Arrow's: values come as the text that the server writes, and are read by Arrow, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studiolo.studio.datastores.errors import ValueUnfit

if TYPE_CHECKING:
    import pyarrow as pa

_UNSIGNED, _BINARY = 32, 63  # flag of a column; character set of bytes
_INTEGERS = {1: "int8", 2: "int16", 3: "int32", 8: "int64", 9: "int32", 13: "int16"}
_FLOAT, _DOUBLE, _TIMESTAMP, _DATE, _DATETIME, _BIT, _DECIMALS = 4, 5, 7, 10, 12, 16, (0, 246)
_TEXTS = {15, 247, 248, 249, 250, 251, 252, 253, 254}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer as the protocol tells it."""

    name: str
    kind: int
    length: int
    scale: int
    flags: int
    charset: int


def shape(cursor: Any) -> list[Column]:
    """Return the columns of a cursor that has run a query."""
    fields = getattr(cursor._result, "fields", None) or []  # noqa: SLF001 - the description has no character set
    return [Column(f.name, f.type_code, f.length, f.scale, f.flags, f.charsetnr) for f in fields]


def arrow_type(column: Column) -> "pa.DataType":  # noqa: PLR0911 - one line a type
    """Return the Arrow type of a column; TIME may exceed a day, so it stays text, as do enums, sets and JSON."""
    import pyarrow as pa

    kind = column.kind
    if kind in _INTEGERS:
        name = _INTEGERS[kind]
        return pa.type_for_alias(f"u{name}" if column.flags & _UNSIGNED else name)
    if kind in _DECIMALS:
        precision = column.length - (1 if column.scale else 0) - (0 if column.flags & _UNSIGNED else 1)
        precision = max(1, min(76, max(precision, column.scale)))
        return pa.decimal128(precision, column.scale) if precision <= 38 else pa.decimal256(precision, column.scale)
    if kind == _FLOAT:
        return pa.float32()
    if kind == _DOUBLE:
        return pa.float64()
    if kind == _DATE:
        return pa.date32()
    if kind == _DATETIME:
        return pa.timestamp("us")
    if kind == _TIMESTAMP:
        return pa.timestamp("us", "UTC")
    if kind == _BIT or (kind in _TEXTS and column.charset == _BINARY) or kind == 255:
        return pa.binary()
    return pa.string()


def schema(columns: Sequence[Column]) -> "pa.Schema":
    """Return the schema of an answer."""
    import pyarrow as pa

    return pa.schema([pa.field(column.name, arrow_type(column)) for column in columns])


def batch(rows: Sequence[Sequence[Any]], columns: Sequence[Column], fields: "pa.Schema") -> "pa.RecordBatch":
    """Return rows of texts as values; a date of zeros, which no calendar has, becomes a null."""
    import pyarrow as pa

    made = [
        _values(list(values), column, field)
        for values, column, field in zip(zip(*rows, strict=True), columns, fields, strict=True)
    ]
    return pa.record_batch(made, schema=fields)


def _values(values: list[Any], column: Column, field: "pa.Field") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_binary(field.type):
        return pa.array([value.encode() if isinstance(value, str) else value for value in values], field.type)
    texts = pa.array(
        [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values], pa.string()
    )
    if pa.types.is_string(field.type):
        return texts
    if column.kind in (_DATE, _DATETIME, _TIMESTAMP):
        texts = pc.if_else(pc.match_substring_regex(texts, r"^0000-|^\d{4}-00|^\d{4}-\d\d-00"), None, texts)
        if pa.types.is_timestamp(field.type) and field.type.tz:
            return texts.cast(pa.timestamp("us")).cast(field.type)
    return texts.cast(field.type)


def declared(field: "pa.Field") -> str:
    """Return the type that a column of a new table gets; raises ValueUnfit."""
    import pyarrow as pa

    kind, is_ = field.type, pa.types
    if is_.is_dictionary(kind):
        kind = kind.value_type
    if is_.is_decimal(kind) and kind.precision <= 65 and 0 <= kind.scale <= 30:
        return f"DECIMAL({kind.precision},{kind.scale})"
    for fits, name in (
        (is_.is_boolean, "BOOLEAN"),
        (is_.is_int8, "TINYINT"),
        (is_.is_int16, "SMALLINT"),
        (is_.is_int32, "INT"),
        (is_.is_int64, "BIGINT"),
        (is_.is_uint8, "TINYINT UNSIGNED"),
        (is_.is_uint16, "SMALLINT UNSIGNED"),
        (is_.is_uint32, "INT UNSIGNED"),
        (is_.is_uint64, "BIGINT UNSIGNED"),
        (is_.is_floating, "DOUBLE"),  # the server writes a FLOAT with six digits only
        (is_.is_date, "DATE"),
        (is_.is_time, "TIME(6)"),
        (is_.is_timestamp, "TIMESTAMP(6) NULL" if getattr(kind, "tz", None) else "DATETIME(6)"),
        (is_.is_string, "LONGTEXT"),
        (is_.is_large_string, "LONGTEXT"),
        (is_.is_string_view, "LONGTEXT"),
        (is_.is_null, "LONGTEXT"),
        (is_.is_binary, "LONGBLOB"),
        (is_.is_large_binary, "LONGBLOB"),
        (is_.is_nested, "JSON"),
    ):
        if fits(kind):
            return name
    raise ValueUnfit(
        f"The column '{field.name}' is {kind}, for which MySQL has no type.", "Convert it first.", field="table"
    )


def written(batch_: "pa.RecordBatch") -> list[tuple[Any, ...]]:
    """Return rows as the driver writes them: texts, bytes, and nothing that it would round."""
    import json

    import pyarrow as pa

    columns: list[list[Any]] = []
    for column, field in zip(batch_.columns, batch_.schema, strict=True):
        kind = field.type
        if pa.types.is_dictionary(kind):
            column, kind = column.dictionary_decode(), kind.value_type  # noqa: PLW2901
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            columns.append([None if value is None else bytes(value) for value in column.to_pylist()])
        elif pa.types.is_nested(kind):
            columns.append([None if v is None else json.dumps(v, default=str) for v in column.to_pylist()])
        elif pa.types.is_timestamp(kind) and kind.tz:
            columns.append(
                column.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")).cast(pa.string()).to_pylist()
            )
        elif pa.types.is_boolean(kind):
            columns.append([None if value is None else str(int(value)) for value in column.to_pylist()])
        else:
            columns.append(column.cast(pa.string()).to_pylist())
    return list(zip(*columns, strict=True))
