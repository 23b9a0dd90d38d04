"""The child that looks into a file, so that the server never parses a table: `python -m …datasets.inspect_process`.

One JSON request on standard input, one JSON reply on standard output: `{"ok": …}` or `{"problem": …}`.
"""

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _limit(memory: int, seconds: float) -> None:
    """Bound what this process may take; a system that does not know a limit goes without."""
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, int(seconds * 4) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue


def _inspect(request: dict[str, Any]) -> dict[str, Any]:
    from studiolo.studio.datasets import looking, table_file
    from studiolo.studio.datasets.schemas import Reading, TableSchema

    files = [(Path(path), str(name)) for path, name in request["files"]]
    work = Path(request["work"])
    known = TableSchema.model_validate(request["known"]) if request["known"] else None
    options = Reading.model_validate(request["reading"])
    found = looking.inspect_files(files, options, work, line_limit=request["line_limit"], known=known)
    shown = table_file.preview(found.table(files), request["rows"], work)
    readables = found.readables if found.whole is None else [found.whole] * len(files)
    return {
        "schema": found.schema.model_dump(mode="json"),
        "preview": shown.model_dump(mode="json"),
        "readables": [str(readable) if readable else None for readable in readables],
        "rows": found.rows,
    }


def _preview(request: dict[str, Any]) -> dict[str, Any]:
    from studiolo.studio.datasets import table_file
    from studiolo.studio.datasets.schemas import TableSchema

    schema = TableSchema.model_validate(request["schema"])
    files = tuple(Path(path) for path, _ in request["files"])
    table = table_file.TableInput(files, tuple(str(name) for _, name in request["files"]), schema)
    return table_file.preview(table, request["rows"], Path(request["work"])).model_dump(mode="json")


def main() -> int:
    """Answer the one request."""
    return answer(lambda request: _preview(request) if request["verb"] == "preview" else _inspect(request))


def answer(verb: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Read a request, take its limits, and write what the verb makes of it, or what went wrong."""
    from studiolo.kernel.errors import StudioloError

    request = json.load(sys.stdin)
    _limit(request["memory"], request["seconds"])
    reply: dict[str, Any]
    try:
        reply = {"ok": verb(request)}
    except StudioloError as error:
        reply = {"problem": {"class": type(error).__name__, **error.problem()}}
    except MemoryError:
        reply = {"memory": True}
    except Exception as error:  # noqa: BLE001 - DuckDB's own OutOfMemory has no base of ours; the rest is told as it is
        text = str(error)
        full = "emory" in text and ("llocat" in text or "Out of" in text or "limit" in text)
        reply = (
            {"memory": True} if full else {"crash": f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"}
        )
    json.dump(reply, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
