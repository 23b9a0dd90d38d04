"""JSON lines: one object per line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import BadColumnName, BadFile, DamagedFile, HeaderOnly, MalformedJson
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.conversion import of_stored
from studiolo.studio.datasets.reading.dialect import MAX_COLUMNS, check_names
from studiolo.studio.datasets.reading.kinds import in_utc, reference
from studiolo.studio.datasets.reading.select import files, select
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.reading.text_source import TextSource, prepare, text_head
from studiolo.studio.datasets.reading.typed import described, settled
from studiolo.studio.datasets.schemas import ColumnSchema, ReadingNote, ReadOptions, TableSchema

SPEC = FormatSpec(
    name="json_lines",
    title="JSON lines",
    extensions=(".jsonl", ".ndjson", ".json"),
    options=("encoding", "nested", "invalid_lines", "member"),
)
LARGEST_OBJECT = 16_777_216  # DuckDB's own limit


def matches(head: bytes, name: str) -> bool:
    """Take what is called so, or what begins like an object."""
    return name.lower().endswith(SPEC.extensions) or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b'{"')


def inspect(source: Source) -> Inspected:
    """Find the keys and types of all lines, then read the whole file once as it will be read later."""
    text = prepare(
        source.path,
        source.work,
        encoding=source.options.encoding,
        line_limit=source.line_limit,
        strip_mark=True,
    )
    with text.path.open("rb") as stream:
        if stream.read(4096).lstrip().startswith(b"["):
            raise MalformedJson(
                "The file is one JSON array, not one object per line.",
                "Read it as JSON (option `format=json`).",
                line=1,
            )
    return look(source, text, SPEC.name)


def look(source: Source, text: TextSource, name: str) -> Inspected:
    """Find out about a text of JSON lines. name: of the format."""
    if source.options.invalid_lines == "drop":
        _drop_invalid(text, source.work)
    largest = max(LARGEST_OBJECT, text.longest + 1024)
    connection = engine.connect(spill=source.work)
    try:
        columns = _columns(connection, text.path, largest, flatten=source.options.nested == "flatten")
        options: dict[str, Any] = {"encoding": text.encoding, "largest_object": largest}
        said = {key: getattr(source.options, key) for key in ("nested", "invalid_lines")}
        options |= {key: value for key, value in said.items() if value != ReadOptions.model_fields[key].default}
        table = TableInput.of(text.path, TableSchema(format=name, columns=columns, rows=0, options=options))
        counts = ", ".join(f"count({engine.name(column.name)})" for column in columns)
        answers = _ask(connection, text.path, f"SELECT count(*), {counts} FROM ({scan(table)})")[0]
        if not answers[0]:
            raise HeaderOnly("The file has no rows.", "Add rows, one JSON object per line.")
        empty = frozenset(column.name for column, seen in zip(columns, answers[1:], strict=True) if not seen)
        schema = settled(connection, name, columns, int(answers[0]), _source(table), source)
    finally:
        connection.close()
    schema = schema.model_copy(update={"options": options, "notes": [*text.notes, *schema.notes]})
    return Inspected(schema, text.path if text.path != source.path else None, empty)


def _drop_invalid(text: TextSource, work: Path) -> None:
    """Write a copy without the lines that are no object, when there are such lines."""
    target = work / "valid.jsonl"
    dropped, first = 0, 0
    with text.path.open("rb") as stream, target.open("wb") as out:
        for line, data in enumerate(stream, 1):
            try:
                good = not data.strip() or isinstance(json.loads(data), dict)
            except ValueError:
                good = False
            if good:
                out.write(data)
            else:
                dropped, first = dropped + 1, first or line
    if not dropped:
        return
    text.path = target
    many = f"{dropped:,} lines that are" if dropped > 1 else "1 line that is"
    text.notes.append(ReadingNote(message=f"{many} no JSON object left out, the first is line {first:,}.", line=first))


def _columns(connection: Any, path: Path, largest: int, *, flatten: bool) -> list[ColumnSchema]:
    found = {
        "format": "newline_delimited",
        "records": "true",
        "sample_size": -1,  # all lines: a key or a type that comes late counts
        "maximum_depth": -1 if flatten else 2,
        "map_inference_threshold": -1,
        "maximum_object_size": largest,
    }
    table = f"read_json({engine.file(path)}, {engine.arguments(found)})"
    names = [str(row[0]) for row in _ask(connection, path, f"DESCRIBE SELECT * FROM {table}")]
    if len(names) > MAX_COLUMNS:
        raise BadFile(f"The lines have {len(names):,} different keys; at most {MAX_COLUMNS:,} are taken.", "Split it.")
    if any(_renamed(name, names) for name in names):  # DuckDB renames keys that differ only in case
        names = list(dict.fromkeys(key for _, row in _objects(path) for key in row))
    check_names(names)
    columns = described(connection, f"SELECT * FROM {table}", names, flatten=flatten)
    mixed = {"type": "text"}  # a key whose values are of several types
    return [column.model_copy(update=mixed) if column.stored == "JSON" else column for column in columns]


def _renamed(name: str, names: list[str]) -> bool:
    bare = re.sub(r"_\d+$", "", name).casefold()
    return not name.strip() or (bare != name.casefold() and any(other.casefold() == bare for other in names))


def _ask(connection: Any, path: Path, query: str) -> list[Any]:
    import duckdb

    try:
        answer: list[Any] = connection.execute(query).fetchall()
    except duckdb.Error as error:
        raise _fault(path, error) from error
    return answer


def _fault(path: Path, error: Exception) -> BadFile:
    """Say in which line the fault is; DuckDB's own line number may be one too far."""
    for _, row in _objects(path):
        check_names(list(row))
    return DamagedFile(f"The file cannot be read as JSON lines: {engine.said(error)}", "Correct that line.")


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects with their lines; raises for what is not one object, or one that has a key twice."""
    with path.open("rb") as stream:
        for line, data in enumerate(stream, 1):
            if not data.strip():
                continue
            try:
                value = json.loads(data.strip(), object_pairs_hook=lambda pairs: _unique(pairs, line))  # noqa: B023
            except ValueError as error:
                raise MalformedJson(
                    f"Line {line} is not valid JSON: {_what(error)}.", "Write one complete object per line.", line=line
                ) from None
            if not isinstance(value, dict):
                raise MalformedJson(
                    f"Line {line} is not a JSON object.", 'Write rows as objects: {"name": value, …}.', line=line
                )
            yield line, value


def _what(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (column {error.colno})"
    return str(error)


def _unique(pairs: list[tuple[str, Any]], line: int) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadColumnName(f"Line {line} has the key '{twice}' twice.", "Remove one of them.", line=line)
    return row


def scan(table: TableInput, row: str = "") -> str:  # noqa: ARG001 - rows of texts have no numbers
    """Read with keys and types fixed; nested values come as JSON text."""
    return select(table, _item, _source)


def _item(column: ColumnSchema) -> str:
    raw = reference(column.place)
    value = of_stored(column, raw) if column.lenient else in_utc(column, raw)
    return f"{value} AS {engine.name(column.name)}"


def _source(table: TableInput) -> str:
    fixed = {
        "format": "newline_delimited",
        "records": "true",
        "maximum_object_size": table.schema.options["largest_object"],
        "columns": _types([(column.place, column) for column in table.schema.columns if column.origin == "file"]),
    }
    return f"read_json({files(table.files)}, {engine.arguments(fixed)})"


def _types(columns: list[tuple[tuple[str, ...], ColumnSchema]]) -> dict[str, str]:
    """Return the engine's types of the keys; those of flattened columns are structs of what is read of them."""
    found: dict[str, str] = {}
    inner: dict[str, list[tuple[tuple[str, ...], ColumnSchema]]] = {}
    for place, column in columns:
        if len(place) > 1:
            inner.setdefault(place[0], []).append((place[1:], column))
            found.setdefault(place[0], "")
        elif column.lenient:
            found[place[0]] = "VARCHAR" if column.stored in ("", "JSON") else column.stored
        else:
            found[place[0]] = column.sql_type
    for key, below in inner.items():
        fields = ", ".join(f"{engine.name(name)} {kind}" for name, kind in _types(below).items())
        found[key] = f"STRUCT({fields})"
    return found


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Cut the first lines off."""
    return text_head(path, rows, work)
