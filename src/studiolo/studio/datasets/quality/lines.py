"""Which line of a text file a row stands on: found again by reading the file as far as it takes."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.schemas import TableSchema

MOST_BYTES = 256 << 20  # read for it; beyond, rows have their number alone
FIELD = 16 << 20


def find(path: Path, schema: TableSchema, wanted: dict[int, dict[str, Any]]) -> dict[int, int]:
    """Return the line of each wanted row where it can be told. wanted: row, from 1 → values of some of its columns.

    A line is told only when what stands there is what the row holds: a file may be read in ways that are not known here.
    """
    if not wanted or schema.format not in ("delimited", "json_lines"):
        return {}
    found: dict[int, int] = {}
    last = max(wanted)
    records = _delimited(path, schema) if schema.format == "delimited" else _json_lines(path)
    try:
        for number, (line, record) in enumerate(records, 1):
            values = wanted.get(number)
            if values is not None and all(_same(record.get(name), value) for name, value in values.items()):
                found[number] = line
            if number >= last:
                break
    except (csv.Error, ValueError, UnicodeDecodeError, OSError):
        return found
    return found


def _text(path: Path) -> io.TextIOWrapper:
    return path.open("r", encoding="utf-8-sig", newline="")


def _bounded(stream: io.TextIOWrapper) -> Iterator[str]:
    taken = 0
    for line in stream:
        taken += len(line)
        if taken > MOST_BYTES:
            return
        yield line


def _delimited(path: Path, schema: TableSchema) -> Iterator[tuple[int, dict[str, Any]]]:
    options = schema.options
    names = [column.name for column in schema.columns]
    csv.field_size_limit(FIELD)
    with _text(path) as stream:
        reader = csv.reader(_bounded(stream), delimiter=str(options.get("delimiter") or ","))
        before, skip = 0, bool(options.get("header", True))
        for fields in reader:
            line, before = before + 1, reader.line_num
            if skip:
                skip = False
                continue
            if fields or len(names) == 1:
                yield line, dict(zip(names, fields, strict=False))


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with _text(path) as stream:
        for number, line in enumerate(_bounded(stream), 1):
            if line.strip():
                record = json.loads(line)
                yield number, record if isinstance(record, dict) else {}


def _same(written: Any, value: Any) -> bool:
    """Compare what stands in the file with what was read from it."""
    if value is None:
        return written is None or not isinstance(written, str) or len(written.strip()) <= 4
    if isinstance(value, bool):
        return str(written).strip().lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(str(written).replace(",", ".")) == float(value)
        except ValueError:
            return False
    text, other = str(value).rstrip("…"), str(written)
    return other.startswith(text) or other.strip().replace("T", " ").startswith(text.replace("T", " ")[:10])
