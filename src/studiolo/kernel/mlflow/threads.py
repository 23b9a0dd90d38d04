"""Threads of the protocol's requests.

The loop's own way into a thread and back has two futures, two conditions and a queue's item for each visit: half of what the visit costs,
and a tenth of a small request. Here a visit is one item of a queue, and one call of the loop.
"""

import asyncio
import atexit
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
_MOST = 48  # writers that wait for one commit hold a thread each
_END_SECONDS = 10.0  # that work under way may take when the process ends


class _Visit(NamedTuple):
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Any]"
    work: Callable[..., Any]
    arguments: tuple[object, ...]


class Threads:
    """Threads that are made as they are needed, up to `most`, and then kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._visits: SimpleQueue[_Visit | None] = SimpleQueue()
        self._lock = threading.Lock()  # of the two numbers and the list
        self._free = 0  # threads that wait, less the visits that are for them
        self._threads: list[threading.Thread] = []

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run blocking work in a thread and wait for it. Who no longer waits when its turn comes is not served."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._visits.put(_Visit(loop, answer, work, arguments))
        with self._lock:
            self._free -= 1
            if self._free < 0 and len(self._threads) < self._most:
                thread = threading.Thread(target=self._serve, name=f"mlflow_{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        try:
            return await answer
        finally:
            del answer  # as below: what it raised has this frame

    def end(self, seconds: float) -> None:
        """Let the work under way end, and wait for it, no longer than some seconds."""
        until = time.monotonic() + seconds
        with self._lock:
            ending, self._threads = self._threads, []
        for _ in ending:
            self._visits.put(None)
        for thread in ending:
            thread.join(max(0.0, until - time.monotonic()))

    def _serve(self) -> None:
        with self._lock:
            self._free += 1
        while (visit := self._visits.get()) is not None:
            self._do(visit)
            del visit  # or what it holds would be kept until the next one

    def _do(self, visit: _Visit) -> None:
        found: Any = None
        error: BaseException | None = None
        try:
            if not visit.answer.cancelled():
                found = visit.work(*visit.arguments)
        except StopIteration as stopped:  # which no future takes
            error = RuntimeError(f"{visit.work} raised {stopped!r}")
        except BaseException as raised:  # noqa: BLE001 - it belongs to who asked
            error = raised
        with self._lock:
            self._free += 1  # before who asked goes on, and asks again at once
        try:
            visit.loop.call_soon_threadsafe(_tell, visit.answer, found, error)
        except RuntimeError:  # the loop has ended, and nobody waits any more
            if not visit.loop.is_closed():
                raise
        finally:
            del error, visit  # its traceback has this frame, which has both


_threads = Threads(_MOST)
atexit.register(_threads.end, _END_SECONDS)
run_in_threadpool = _threads.run


def _tell(answer: "asyncio.Future[Any]", found: Any, error: BaseException | None) -> None:
    if answer.done():  # who asked has gone
        return
    if error is None:
        answer.set_result(found)
    else:
        answer.set_exception(error)
