"""JSON lines: one object per line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import BadColumnName, BadFile, DamagedFile, HeaderOnly, MalformedJson
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.dialect import MAX_COLUMNS, check_names
from studiolo.studio.datasets.reading.kinds import expression, of_sql
from studiolo.studio.datasets.reading.text_source import prepare, text_head
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

SPEC = FormatSpec(
    name="json_lines", title="JSON lines", extensions=(".jsonl", ".ndjson", ".json"), options=("encoding",)
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
                "Rewrite it: jq -c '.[]' file.json > file.jsonl, or pandas: to_json(orient='records', lines=True).",
                line=1,
            )
    largest = max(LARGEST_OBJECT, text.longest + 1024)
    connection = engine.connect(spill=source.work)
    try:
        columns = _columns(connection, text.path, largest)
        schema = TableSchema(
            format=SPEC.name,
            columns=columns,
            rows=0,
            options={"encoding": text.encoding, "largest_object": largest},
            notes=text.notes,
        )
        counts = ", ".join(f"count({engine.name(column.name)})" for column in columns)
        answers = _ask(connection, text.path, f"SELECT count(*), {counts} FROM ({scan(text.path, schema)})")[0]
    finally:
        connection.close()
    if not answers[0]:
        raise HeaderOnly("The file has no rows.", "Add rows, one JSON object per line.")
    schema = schema.model_copy(update={"rows": int(answers[0])})
    return Inspected(schema, text.path if text.path != source.path else None)


def _columns(connection: Any, path: Path, largest: int) -> list[ColumnSchema]:
    found = {
        "format": "newline_delimited",
        "records": "true",
        "sample_size": -1,  # all lines: a key or a type that comes late counts
        "maximum_depth": 2,
        "map_inference_threshold": -1,
        "maximum_object_size": largest,
    }
    table = f"read_json({engine.file(path)}, {engine.arguments(found)})"
    described = _ask(connection, path, f"DESCRIBE SELECT * FROM {table}")
    names = [str(row[0]) for row in described]
    if len(names) > MAX_COLUMNS:
        raise BadFile(f"The lines have {len(names):,} different keys; at most {MAX_COLUMNS:,} are taken.", "Split it.")
    if any(_renamed(name, names) for name in names):  # DuckDB renames keys that differ only in case
        names = list(dict.fromkeys(key for _, row in _objects(path) for key in row))
    check_names(names)
    return [of_sql(name, str(row[1])) for name, row in zip(names, described, strict=True)]


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


def scan(path: Path, schema: TableSchema) -> str:
    """Read with keys and types fixed; nested values come as JSON text."""
    fixed = {
        "format": "newline_delimited",
        "records": "true",
        "maximum_object_size": schema.options["largest_object"],
        "columns": {column.name: column.sql_type for column in schema.columns},
    }
    picked = ", ".join(map(expression, schema.columns))
    return f"SELECT {picked} FROM read_json({engine.file(path)}, {engine.arguments(fixed)})"


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:  # noqa: ARG001
    """Cut the first lines off."""
    return text_head(path, rows, work)
