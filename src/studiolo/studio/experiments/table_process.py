"""The child that reads rows of a table in a file, so that the server never parses one: `python -m …experiments.table_process`.

One JSON request on standard input, one JSON reply on standard output: `{"ok": …}`, `{"bad": …}` or `{"memory": true}`.
Nothing is unpickled: pandas' metadata in a Parquet file is not looked at.
"""

import json
import math
import resource
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

_CELL = 2000  # characters of a value that are shown


class _NoTable(ValueError):
    """The file is no table of its kind."""


def main() -> int:
    """Answer the one request."""
    request = json.load(sys.stdin)
    for kind, value in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, int(request["seconds"] * 4) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue
    reply: dict[str, Any]
    try:
        reply = {"ok": READERS[request["kind"]](Path(request["path"]), request["offset"], request["limit"])}
    except MemoryError:
        reply = {"memory": True}
    except Exception as error:  # noqa: BLE001 - Arrow raises many kinds; what it says is told as it is
        text = str(error)
        reply = {"memory": True} if "malloc" in text or "realloc" in text else {"bad": text.splitlines()[0][:500]}
    json.dump(reply, sys.stdout, allow_nan=False)
    return 0


def parquet(path: Path, offset: int, limit: int) -> dict[str, Any]:
    """Read rows of a Parquet file; row groups before the offset are not touched."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    groups: list[int] = []
    skipped = offset
    for number in range(file.num_row_groups):
        rows = file.metadata.row_group(number).num_rows
        if not groups and skipped >= rows:
            skipped -= rows
            continue
        groups.append(number)
    batches = file.iter_batches(batch_size=1024, row_groups=groups) if groups else iter(())
    rows = list(islice(_rows(batches), skipped, skipped + limit))
    total = file.metadata.num_rows
    return _reply([(field.name, str(field.type)) for field in schema], rows, offset, total)


def delimited(path: Path, offset: int, limit: int) -> dict[str, Any]:
    """Read rows of a CSV or TSV file, as they are written: no type is guessed."""
    import csv

    csv.field_size_limit(16 << 20)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        start = file.read(65536)
        file.seek(0)
        reader = csv.reader(file, delimiter=_delimiter(start))
        head = next(reader, [])
        rows = list(islice(reader, offset, offset + limit + 1))
    return _open_end([(name, "") for name in head], rows, offset, limit)


def _delimiter(start: str) -> str:
    line = start.split("\n", 1)[0]
    return max("\t,;|", key=lambda mark: (line.count(mark), mark == ","))


def split_json(path: Path, offset: int, limit: int) -> dict[str, Any]:
    """Read a table that `mlflow.log_table` wrote (orient split), or a list of objects."""
    found = json.loads(path.read_text("utf-8", "replace"))
    if isinstance(found, dict) and isinstance(found.get("columns"), list) and isinstance(found.get("data"), list):
        names, rows = [str(name) for name in found["columns"]], found["data"]
    elif isinstance(found, list) and found and all(isinstance(item, dict) for item in found):
        names = list(dict.fromkeys(str(name) for item in found for name in item))
        rows = [[item.get(name) for name in names] for item in found]
    else:
        raise _NoTable("The JSON holds no table: neither columns with data, nor a list of objects.")
    part = [list(row) if isinstance(row, list) else [row] for row in rows[offset : offset + limit]]
    return _reply([(name, "") for name in names], part, offset, len(rows))


def json_lines(path: Path, offset: int, limit: int) -> dict[str, Any]:
    """Read objects of a JSON lines file."""
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = (line for line in file if line.strip())
        items = [json.loads(line) for line in islice(lines, offset, offset + limit + 1)]
    items = [item if isinstance(item, dict) else {"value": item} for item in items]
    names = list(dict.fromkeys(str(name) for item in items for name in item))
    return _open_end([(name, "") for name in names], [[item.get(n) for n in names] for item in items], offset, limit)


READERS = {"parquet": parquet, "delimited": delimited, "json": split_json, "jsonl": json_lines}


def _rows(batches: Iterable[Any]) -> Iterator[list[Any]]:
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        yield from (list(row) for row in zip(*columns, strict=True))


def _open_end(columns: list[tuple[str, str]], rows: list[list[Any]], offset: int, limit: int) -> dict[str, Any]:
    more = len(rows) > limit
    reply = _reply(columns, rows[:limit], offset, None if more else offset + len(rows))
    return {**reply, "more": more}


def _reply(columns: list[tuple[str, str]], rows: list[list[Any]], offset: int, total: int | None) -> dict[str, Any]:
    return {
        "columns": [{"name": name, "type": kind} for name, kind in columns],
        "rows": [[_plain(value) for value in row] for row in rows],
        "offset": offset,
        "total": total,
        "more": total is not None and offset + len(rows) < total,
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON can carry it; long texts and nested values are cut."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes: {value[:32].hex()}"
    if isinstance(value, dict | list):
        value = json.dumps(value, default=str, ensure_ascii=False)
    text = str(value)
    return text if len(text) <= _CELL else f"{text[:_CELL]}…"


if __name__ == "__main__":
    sys.exit(main())
