"""One reader of the outbox per server, many listeners: what the browser's EventSource gets."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import orjson

from studiolo.kernel.db.engine import Database
from studiolo.kernel.events.outbox import Event, after, newest

log = logging.getLogger(__name__)
PAUSE = 0.2  # seconds between looks; one indexed query each, whatever the number of listeners
KEEPALIVE = 15.0
_REREAD = 64  # PostgreSQL may commit id 5 before id 4: look again at this many


class Feed:
    """Delivers each event once to each listener, in order of id within one look."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._listeners: set[asyncio.Queue[Event]] = set()
        self._task: asyncio.Task[None] | None = None
        self._seen: dict[int, None] = {}

    async def listen(self, workspace_id: str, last: int | None) -> AsyncIterator[bytes]:
        """Yield server-sent events of a workspace; `last` is the browser's Last-Event-ID, None means from now on."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._listeners.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._pump(await asyncio.to_thread(self._newest)))
        try:
            yield b"retry: 1000\n: connected\n\n"
            sent: set[int] = set()
            if last is not None:
                for event in await asyncio.to_thread(self._after, last):
                    sent.add(event.id)
                    if event.workspace_id == workspace_id:
                        yield _frame(event)
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), KEEPALIVE)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if event.workspace_id == workspace_id and event.id not in sent:
                    yield _frame(event)
        finally:
            self._listeners.discard(queue)

    async def close(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _pump(self, last: int) -> None:
        self._seen = dict.fromkeys(range(max(0, last - _REREAD), last + 1))
        while self._listeners:
            try:
                fresh = [e for e in await asyncio.to_thread(self._after, last - _REREAD) if e.id not in self._seen]
            except Exception:
                # the feed must outlive a database that is away for a moment
                log.exception("reading events failed; trying again")
                await asyncio.sleep(1)
                continue
            for event in fresh:
                self._seen[event.id] = None
                last = max(last, event.id)
                for queue in self._listeners:
                    queue.put_nowait(event)
            for old in [i for i in self._seen if i < last - 2 * _REREAD]:
                del self._seen[old]
            await asyncio.sleep(PAUSE)

    def _newest(self) -> int:
        with self._db.read() as tx:
            return newest(tx)

    def _after(self, last: int) -> list[Event]:
        with self._db.read() as tx:
            return after(tx, last)


def _frame(event: Event) -> bytes:
    body = orjson.dumps(
        {"id": event.id, "kind": event.kind, "subject": event.subject, "data": event.data, "at": event.at}
    )
    return b"id: %d\ndata: %s\n\n" % (event.id, body)
