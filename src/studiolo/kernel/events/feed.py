"""One reader of the outbox per server, many listeners: what the browser's EventSource gets."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

import orjson

from studiolo.kernel.db.engine import Database
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.events.outbox import Event, after, newest

log = logging.getLogger(__name__)
PAUSE = 0.2  # seconds between looks; one indexed query each, whatever the number of listeners
KEEPALIVE = 15.0
BATCH = 500
BACKLOG = 5000  # events that wait for a listener which does not read; then it is let go, and resumes by its last id
_REREAD = 64  # PostgreSQL may commit id 5 before id 4: look again at this many


class _Listener:
    """A queue of events, and whether it ran over."""

    def __init__(self, workspace_id: str) -> None:
        self.workspace_id = workspace_id
        self.queue: asyncio.Queue[Event] = asyncio.Queue(BACKLOG)
        self.overrun = False

    def offer(self, event: Event) -> None:
        if event.workspace_id != self.workspace_id or self.overrun:
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.overrun = True  # the queue is read to its end, then the stream closes: no event is left out in between


class Feed:
    """Delivers each event to each listener once, in order of id within one look.

    A listener that resumes on PostgreSQL may get its last few events again, since ids there are not in order of commit.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._reread = 0 if db.dialect == "sqlite" else _REREAD  # SQLite has one writer: ids are in order of commit
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._seen: set[int] = set()

    async def listen(
        self, workspace_id: str, last: int | None, still_allowed: Callable[[], object] = lambda: None
    ) -> AsyncIterator[bytes]:
        """Yield server-sent events of a workspace; `last` is the browser's Last-Event-ID, None means from now on.

        still_allowed: called now and then in a thread; the stream ends when it raises a StudioloError.
        """
        listener = _Listener(workspace_id)
        self._listeners.add(listener)
        try:
            await self._start()
            yield b"retry: 1000\n: connected\n\n"
            sent: set[int] = set()
            if last is not None:
                async for event in self._since(max(0, last - self._reread)):
                    sent.add(event.id)
                    if event.workspace_id == workspace_id:
                        yield _frame(event)
            checked = asyncio.get_running_loop().time()
            while not (listener.overrun and listener.queue.empty()):
                if asyncio.get_running_loop().time() - checked >= KEEPALIVE:
                    checked = asyncio.get_running_loop().time()
                    with contextlib.suppress(StudioloError):
                        await asyncio.to_thread(still_allowed)
                        yield b": still here\n\n"
                        continue
                    return
                with contextlib.suppress(TimeoutError):
                    event = await asyncio.wait_for(listener.queue.get(), KEEPALIVE)
                    if event.id not in sent:
                        yield _frame(event)
        finally:
            self._listeners.discard(listener)

    async def close(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _start(self) -> None:
        """Begin to read, unless somebody did; from then on nothing is missed."""
        async with self._starting:
            if self._task is None or self._task.done():
                last = await asyncio.to_thread(self._newest)
                around = await asyncio.to_thread(self._after, max(0, last - self._reread))
                self._seen = {event.id for event in around if event.id <= last}
                self._task = asyncio.create_task(self._pump(last))

    async def _since(self, last: int) -> AsyncIterator[Event]:
        while True:
            found = await asyncio.to_thread(self._after, last)
            for event in found:
                yield event
            if len(found) < BATCH:
                return
            last = found[-1].id

    async def _pump(self, last: int) -> None:
        while self._listeners:
            try:
                found = await asyncio.to_thread(self._after, max(0, last - self._reread))
            except Exception:
                # the feed must outlive a database that is away for a moment
                log.exception("reading events failed; trying again")
                await asyncio.sleep(1)
                continue
            for event in found:
                last = max(last, event.id)
                if event.id not in self._seen:
                    self._seen.add(event.id)
                    for listener in self._listeners:
                        listener.offer(event)
            self._seen = {seen for seen in self._seen if seen >= last - 2 * self._reread}
            if len(found) < BATCH:
                await asyncio.sleep(PAUSE)

    def _newest(self) -> int:
        with self._db.read() as tx:
            return newest(tx)

    def _after(self, last: int) -> list[Event]:
        with self._db.read() as tx:
            return after(tx, last, BATCH)


def _frame(event: Event) -> bytes:
    body = orjson.dumps(
        {"id": event.id, "kind": event.kind, "subject": event.subject, "data": event.data, "at": event.at}
    )
    return b"id: %d\ndata: %s\n\n" % (event.id, body)
