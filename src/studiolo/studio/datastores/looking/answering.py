"""The child's side: one JSON request on standard input, one JSON reply on standard output, within limits."""

import json
import resource
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST = 1000  # letters of a value that are shown
MOST = 8 << 20  # letters of all values: the server holds the answer


def answer(verb: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Read a request, take its limits, and write what the verb makes of it, or what went wrong."""
    from studiolo.kernel.errors import StudioloError

    request = json.load(sys.stdin)
    for kind, value in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, int(request["seconds"] * 4) + 5),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):  # a system that does not know a limit goes without
            continue
    reply: dict[str, Any]
    try:
        reply = {"ok": verb(request)}
    except StudioloError as error:
        told = {"detail": error.detail, "hint": error.hint, "field": error.field}
        reply = {"problem": {"class": type(error).__name__, **told}}
    except MemoryError:
        reply = {"memory": True}
    except Exception as error:  # noqa: BLE001 - its text might hold a credential: the name of what was raised is told
        full = type(error).__name__ == "ArrowMemoryError" or "malloc of size" in str(error)
        reply = {"memory": True} if full else {"crash": type(error).__name__}
    json.dump(reply, sys.stdout)
    return 0


def as_head(table: "pa.Table", rows: int) -> dict[str, Any]:
    """Return the first rows as JSON: numbers where JSON keeps them exactly, else texts; long texts, and very wide heads, are cut."""
    shown = table.slice(0, rows)
    columns = [column.to_pylist() for column in shown.columns]
    found: list[list[Any]] = []
    size = 0
    for place in range(shown.num_rows):
        row = [_cell(column[place]) for column in columns]
        size += sum(len(cell) if isinstance(cell, str) else 8 for cell in row)
        if found and size > MOST:
            break
        found.append(row)
    described = [{"name": field.name, "type": str(field.type)} for field in table.schema]
    return {"columns": described, "rows": found, "more": table.num_rows > len(found)}


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, bytes):
        return f"0x{value[: LONGEST // 2].hex()}{'…' if len(value) > LONGEST // 2 else ''}"
    if isinstance(value, list | dict):
        value = json.dumps(value, default=str, ensure_ascii=False)
    text = str(value).replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
