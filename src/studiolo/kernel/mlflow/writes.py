"""Small writes of many requests, committed together by one thread.

A thread for each request would have each wait for the interpreter's lock at every statement: with sixteen writers that cost as
much as the writes themselves. Here the loop collects what comes in while a commit is under way, and the next commit has it all.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from studiolo.kernel.db.engine import Database
from studiolo.kernel.mlflow.threads import run_in_threadpool

Work = Callable[[Connection], object]
Prepare = Callable[[], Work]  # reads and checks the request; runs in the thread that writes
_BATCH = 256


@runtime_checkable
class Joinable(Protocol):
    """A work that others like it can be done with, by the same few statements."""

    @property
    def like(self) -> Hashable:
        """What works that can be joined have in common."""

    def __call__(self, tx: Connection, /) -> object:
        """Do it alone."""

    def join(self, others: Sequence["Joinable"]) -> Work:
        """Return what does this one and others that are like it: all of them or none."""


_queues: WeakKeyDictionary[Database, "Queue"] = WeakKeyDictionary()


class Queue:
    """Writes that wait for the next commit of a database; belongs to one event loop."""

    def __init__(self, db: Database, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._db = db
        self._waiting: deque[tuple[Prepare, asyncio.Future[None]]] = deque()
        self._writer: asyncio.Task[None] | None = None

    def write(self, prepare: Prepare) -> asyncio.Future[None]:
        """Have a write committed; what is returned is done then, or raises what is wrong with it."""
        done: asyncio.Future[None] = self.loop.create_future()
        self._waiting.append((prepare, done))
        if self._writer is None:
            self._writer = self.loop.create_task(self._drain())
        return done

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                errors: list[BaseException | None]
                try:
                    errors = await run_in_threadpool(self.commit, [prepare for prepare, _ in batch])
                except Exception as trouble:  # noqa: BLE001 - of all of them, and those that come after still have their turn
                    errors = [trouble] * len(batch)
                for (_, done), found in zip(batch, errors, strict=True):
                    _answer(done, found)
        finally:
            self._writer = None

    def commit(self, prepares: list[Prepare]) -> list[BaseException | None]:
        """Prepare and commit, in a thread; returns the error of each, or None."""
        errors: list[BaseException | None] = [None] * len(prepares)
        works: list[tuple[int, Work]] = []
        for place, prepare in enumerate(prepares):
            try:
                works.append((place, prepare()))
            except Exception as error:  # noqa: BLE001 - it is the answer to this one request
                errors[place] = error
        groups = _grouped(works)
        done = self._db.write_all([_together([works[n][1] for n in group]) for group in groups])
        for group, found in zip(groups, done, strict=True):
            each = [found]
            if len(group) > 1:  # something is wrong with one of them: which one is seen when they are done apart
                each = [None] * len(group) if found is None else self._db.write_all([works[n][1] for n in group])
            for n, own in zip(group, each, strict=True):
                errors[works[n][0]] = own
        return errors


def _grouped(works: Sequence[tuple[int, Work]]) -> list[list[int]]:
    """Return the places of works that can be joined; the others are alone."""
    groups: list[list[int]] = []
    like: dict[Hashable, list[int]] = {}
    for n, (_, work) in enumerate(works):
        known = like.get(work.like) if isinstance(work, Joinable) else None
        if known is None:
            groups.append(known := [])
            if isinstance(work, Joinable):
                like[work.like] = known
        known.append(n)
    return groups


def _together(works: list[Work]) -> Work:
    first = works[0]
    if len(works) > 1 and isinstance(first, Joinable):
        return first.join([work for work in works[1:] if isinstance(work, Joinable)])
    return first


def _answer(done: asyncio.Future[None], error: BaseException | None) -> None:
    if done.done():
        return  # who asked has gone
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def queue(db: Database) -> Queue:
    """Return the queue of a database in the running loop."""
    loop = asyncio.get_running_loop()
    found = _queues.get(db)
    if found is None or found.loop is not loop:
        found = _queues[db] = Queue(db, loop)
    return found
