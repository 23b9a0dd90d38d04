"""The server's side of looking into tables: one warm child per version (or result), few of them, ended when idle or too large."""

import atexit
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError, Unavailable
from studiolo.studio.datasets import children
from studiolo.studio.datasets.explore import errors, frames
from studiolo.studio.datasets.explore.errors import ExploreFailed

MODULE = "studiolo.studio.datasets.explore.view_process"
START_SECONDS = 60.0
ANSWER_SECONDS = 60.0
LOOK = 0.25  # seconds between two looks at idle time and memory
COMPLAINTS = "complaints.txt"
Key = tuple[str, str]


class Lost(Exception):
    """The child is gone."""


class Session:
    """A child and the questions that wait for its answers."""

    def __init__(self, told: dict[str, Any], folder: Path, memory: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / COMPLAINTS).open("wb") as complaints:
            self.child = children.start(MODULE, folder, complaints=complaints)
        self._folder, self._memory = folder, memory
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[bytes]] = {0: Future()}
        self._lock = threading.Lock()
        self.used = time.monotonic()
        self.gone = False
        self._why = ""
        self._opened = self._waiting[0]
        threading.Thread(target=self._read, daemon=True).start()
        with suppress(OSError):
            self._send(told)

    def ask(self, verb: str, question: dict[str, Any]) -> bytes:
        """Return the answer as JSON; raises what the child found, or Lost."""
        self._result(self._opened, START_SECONDS)
        future: Future[bytes] = Future()
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = future
            self.used = time.monotonic()
        try:
            self._send(question | {"id": number, "verb": verb})
            return self._result(future, ANSWER_SECONDS)
        except (OSError, ValueError):
            raise Lost from None
        finally:
            with self._lock:
                self._waiting.pop(number, None)
                self.used = time.monotonic()

    def _send(self, head: dict[str, Any]) -> None:
        assert self.child.stdin
        with self._lock:
            frames.send(self.child.stdin, head)

    def _result(self, future: "Future[bytes]", seconds: float) -> bytes:
        try:
            return future.result(seconds)
        except FutureTimeout:
            raise Unavailable(
                f"The table did not answer within {seconds:g} s.", "Try again; it goes on with what it does."
            ) from None

    def _read(self) -> None:
        assert self.child.stdout
        try:
            while True:
                head, body = frames.receive(self.child.stdout)
                with self._lock:
                    future = self._waiting.get(head["id"])
                if future is None or future.done():
                    continue
                if "problem" in head:
                    future.set_exception(_as_error(head["problem"]))
                else:
                    future.set_result(body)
        except (EOFError, OSError, ValueError):
            self.end()

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer."""
        with self._lock:
            return any(number and not future.done() for number, future in self._waiting.items())

    def too_large(self) -> bool:
        """Whether the child holds more memory than it may."""
        return children.resident(self.child.pid) > self._memory

    def end(self, why: str = "") -> None:
        """End the child; who waits is told."""
        with self._lock:
            if self.gone:
                return
            self.gone, self._why = True, why
            waiting = list(self._waiting.values())
        children.kill(self.child)
        for future in waiting:
            if not future.done():
                future.set_exception(ExploreFailed(why, "Look at less at once.") if why else Lost())

    def complaint(self) -> str:
        """Return the last thing that the child said on its standard error."""
        try:
            text = (self._folder / COMPLAINTS).read_bytes()[-4000:]
        except OSError:
            text = b""
        return children.last_words(text, self.child.poll())


class Sessions:
    """The warm children of one studio."""

    def __init__(self) -> None:
        self._open: dict[Key, Session] = {}
        self._lock = threading.Lock()
        self._looking = False

    def ask(
        self,
        ctx: Context,
        key: Key,
        told: Callable[[], dict[str, Any]],
        folder: Path,
        verb: str,
        question: dict[str, Any],
    ) -> bytes:
        """Put a question to the child of a table, started when it is not there; one that died is started again, once."""
        for attempt in (1, 2):
            session = self._session(ctx, key, told, folder)
            try:
                return session.ask(verb, question)
            except Lost:
                self._drop(key, session)
                if attempt == 2:
                    raise ExploreFailed(
                        f"The process that reads the table ended: {session.complaint()}.",
                        "Try again. If it happens again, the log of the studio says more.",
                    ) from None
        raise AssertionError

    def _session(self, ctx: Context, key: Key, told: Callable[[], dict[str, Any]], folder: Path) -> Session:
        with self._lock:
            found = self._open.get(key)
            if found and not found.gone:
                found.used = time.monotonic()
                return found
        first = told()  # may read the database and fetch files: not under the lock
        with self._lock:
            found = self._open.get(key)
            if found and not found.gone:
                return found
            doomed = self._beyond(ctx.settings.explore_sessions - 1)
            made = self._open[key] = Session(first, folder, ctx.settings.explore_memory_bytes)
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, args=(ctx.settings.explore_idle_seconds,), daemon=True).start()
        for session in doomed:
            session.end()
        return made

    def _beyond(self, most: int) -> list[Session]:
        """Take the longest unused out until so many are left; one that is being asked goes last."""
        order = sorted(self._open.items(), key=lambda item: (item[1].busy, item[1].used))
        doomed = order[: max(0, len(order) - most)]
        for key, _ in doomed:
            del self._open[key]
        return [session for _, session in doomed]

    def _drop(self, key: Key, session: Session) -> None:
        session.end()
        with self._lock:
            if self._open.get(key) is session:
                del self._open[key]

    def _look(self, idle: float) -> None:
        while True:
            time.sleep(LOOK)
            with self._lock:
                if not self._open:
                    self._looking = False
                    return
                sessions = list(self._open.items())
            now = time.monotonic()
            for key, session in sessions:
                if session.too_large():
                    session.end("Exploring this table took more memory than STUDIOLO_EXPLORE_MEMORY_BYTES allows.")
                    self._drop(key, session)
                elif session.gone or (now - session.used > idle and not session.busy):
                    self._drop(key, session)

    def close(self, key: Key | None = None) -> None:
        """End one child, or all."""
        with self._lock:
            doomed = [session for name, session in self._open.items() if key in (None, name)]
            self._open = {name: session for name, session in self._open.items() if key not in (None, name)}
        for session in doomed:
            session.end()

    def children(self) -> list[int]:
        """Return the process ids of the children."""
        with self._lock:
            return [session.child.pid for session in self._open.values()]


SESSIONS = Sessions()  # of this process: children live and die with it, wherever its requests come in
atexit.register(SESSIONS.close)


def _as_error(problem: dict[str, Any]) -> StudioloError:
    kind: type[StudioloError] = getattr(errors, str(problem["class"]), ExploreFailed)
    return kind(problem["detail"], problem.get("hint", ""), field=problem.get("field", ""))
