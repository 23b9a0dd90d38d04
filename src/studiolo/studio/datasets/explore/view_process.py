"""The child that stays warm for one table: `python -m …explore.view_process`. It runs no query of a user.

The first frame says which table; each further one is a question with an `id`, answered by a frame with the same `id` whose
body is the JSON that the server forwards. The end of standard input ends it.
"""

import os
import resource
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datasets.explore import frames
from studiolo.studio.datasets.explore.charts import chart
from studiolo.studio.datasets.explore.errors import BadFilter, ExploreFailed
from studiolo.studio.datasets.explore.summaries import summaries
from studiolo.studio.datasets.explore.view import View
from studiolo.studio.datasets.reading import engine

THREADS = 6
VERBS: dict[str, Callable[[View, dict[str, Any]], dict[str, Any]]] = {
    "rows": View.window,
    "cell": View.cell,
    "summaries": summaries,
    "chart": chart,
    "prepare": lambda view, asked: {
        "ready": view.table(float(asked["wait"])) is not None,
        "progress": view.progress,
    },
}


def main() -> int:
    """Answer until nobody asks any more."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints is taken for an answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    told, _ = frames.receive(requests)
    writing = threading.Lock()

    def say(head: dict[str, Any], body: bytes = b"") -> None:
        with writing:
            frames.send(answers, head, body)

    try:
        view = View(told)
    except Exception as error:  # noqa: BLE001 - told to whoever asked for the table
        say({"id": 0, "problem": _problem(error)})
        return 1
    say({"id": 0})

    def answer(asked: dict[str, Any]) -> None:
        try:
            found = VERBS[asked["verb"]](view, asked)
            say({"id": asked["id"]}, orjson.dumps(found, option=orjson.OPT_SERIALIZE_NUMPY))
        except BrokenPipeError:
            os._exit(0)
        except Exception as error:  # noqa: BLE001 - told to whoever asked; the next question is answered all the same
            say({"id": asked["id"], "problem": _problem(error)})

    with ThreadPoolExecutor(THREADS) as workers:
        while True:
            try:
                asked, _ = frames.receive(requests)
            except EOFError:
                os._exit(0)  # also when an order is being computed: nobody waits for it
            workers.submit(answer, asked)


def _problem(error: Exception) -> dict[str, Any]:
    import duckdb

    if isinstance(error, StudioloError):
        return {"class": type(error).__name__, **error.problem()}
    if isinstance(error, duckdb.ConversionException):
        return {"class": BadFilter.__name__, "detail": engine.said(error), "field": "filter"}
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return {
            "class": ExploreFailed.__name__,
            "detail": "The table needs more memory than exploring may take.",
            "hint": "Look at fewer columns, or raise STUDIOLO_EXPLORE_MEMORY_BYTES.",
        }
    said = f"{type(error).__name__}: {engine.said(error)}"
    return {
        "class": ExploreFailed.__name__,
        "detail": said[:500],
        "hint": "Can the file still be read? Profile it again.",
    }


if __name__ == "__main__":
    sys.exit(main())
