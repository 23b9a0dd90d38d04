"""The server's side of a user's query: one child each, watched from its start to its end; how many run at once; stopping one."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

from studiolo.kernel.context import Context
from studiolo.kernel.errors import DiskFull, StudioloError
from studiolo.kernel.forks import Child
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets import children
from studiolo.studio.datasets.explore import errors, frames
from studiolo.studio.datasets.explore.errors import SqlBusy, SqlCancelled, SqlInvalid, SqlTimeout, SqlTooMuchMemory

MODULE = "studiolo.studio.datasets.explore.sql_process"
GRACE = 1.0  # seconds between being told to stop and being killed
WATCH = 0.05
START_SECONDS = 60.0  # for the child to come up
Tables = Callable[[list[str]], list[dict[str, Any]]]


@dataclass
class Limits:
    """seconds: for the query itself, not for what the server does meanwhile; rows, size: of what is kept; memory: bytes."""

    seconds: float
    rows: int
    size: int
    memory: int


@dataclass
class Done:
    """columns: name and sql_type of each; cut: there was more; seconds: what it took."""

    columns: list[dict[str, str]]
    rows: int
    size: int
    cut: bool
    seconds: float
    isolated: bool = False


@dataclass
class _Query:
    account: str
    child: Child | None = None
    cancelled: bool = False
    begun: bool = False  # the child listens for `cancel`
    ended: str = ""  # why the watcher killed it
    deadline: float = 0.0
    finished: threading.Event = field(default_factory=threading.Event)


_running: dict[tuple[str, str], _Query] = {}
_lock = threading.Lock()


def run(
    ctx: Context, query: str, query_id: str, tables: Tables, limits: Limits, target: BinaryIO, folder: Path,
    *, trusted: bool = False,
) -> Done:  # fmt: skip
    """Run a query in a child of its own and write the Arrow stream of its rows to `target`.

    tables: given the names in the query, returns what the child may read; it may raise, e.g. NotFound or Denied.
    folder: where the child stands; it writes nothing there. trusted: leaves out the look at the kind of statement, for tests
    of what holds without it. Raises SqlInvalid, SqlNotAQuestion, SqlTimeout, SqlTooMuchMemory, SqlCancelled, SqlBusy.
    """
    mine = _enter(ctx, query_id)
    try:
        return _ask(mine, query, tables, limits, target, folder, trusted=trusted)
    finally:
        with _lock:
            _running.pop((ctx.workspace_id, query_id), None)


def run_in_job(query: str, tables: Tables, limits: Limits, target: BinaryIO, folder: Path) -> Done:
    """Run a query as `run` does, in a job: under the same locks and limits, with no account whose queries are counted."""
    return _ask(_Query(""), query, tables, limits, target, folder)


def _ask(
    mine: _Query, query: str, tables: Tables, limits: Limits, target: BinaryIO, folder: Path, *, trusted: bool = False
) -> Done:
    try:
        child = mine.child = children.start(MODULE, folder)
        return _converse(child, mine, {"query": query, "trusted": trusted}, tables, limits, target)
    finally:
        mine.finished.set()
        if mine.child:
            children.kill(mine.child)


def cancel(ctx: Context, query_id: str) -> bool:
    """Stop a query of the account; False when it is not running (any more)."""
    with _lock:
        found = _running.get((ctx.workspace_id, query_id))
    if found is None or found.account != ctx.actor.id:
        return False
    with _lock:
        found.cancelled = True
        child, begun = found.child, found.begun
    if child and begun:
        _stop(child, found)
    elif child:
        _kill(child)
    return True


def _enter(ctx: Context, query_id: str) -> _Query:
    mine = _Query(ctx.actor.id)
    with _lock:
        own = sum(query.account == ctx.actor.id for query in _running.values())
        if (ctx.workspace_id, query_id) in _running:
            raise SqlBusy("A query with this id is running.", "Choose another id.", field="id")
        if own >= ctx.settings.sql_concurrent:
            raise SqlBusy(
                f"{own} of your queries are running.", "Wait for one, or stop it. The limit is STUDIOLO_SQL_CONCURRENT."
            )
        if len(_running) >= 4 * ctx.settings.sql_concurrent:
            raise SqlBusy(
                f"{len(_running)} queries of all accounts are running.", "Try again in a moment.",
            )  # fmt: skip
        _running[ctx.workspace_id, query_id] = mine
    return mine


def _converse(
    child: Child, mine: _Query, asked: dict[str, Any], tables: Tables, limits: Limits, target: BinaryIO
) -> Done:
    assert child.stdin
    assert child.stdout
    answers = child.stdout
    mine.deadline = time.monotonic() + START_SECONDS
    watched = threading.Thread(target=_watch, args=(child, mine, limits), daemon=True)
    try:
        frames.send(child.stdin, asked | {"seconds": limits.seconds, "memory": limits.memory})
        watched.start()
        _raise(frames.receive(answers)[0])  # it is up
        began = time.monotonic()
        mine.deadline = began + limits.seconds
        parsed, _ = frames.receive(answers)
        _raise(parsed)
        reading = time.monotonic() - began
        mine.deadline = float("inf")  # bringing tables into columns has limits of its own
        told = {"tables": tables(parsed["tables"]), "rows": limits.rows, "bytes": limits.size}
        began = time.monotonic() - reading
        mine.deadline = began + limits.seconds
        _begin(child.stdin, mine, told)
        size = 0
        while True:
            head, body = frames.receive(answers)
            _raise(head)
            if "done" in head:
                done = head["done"]
                seconds = time.monotonic() - began
                return Done(done["columns"], done["rows"], size, done["cut"], seconds, parsed["isolated"])
            target.write(body)
            size += len(body)
    except (EOFError, BrokenPipeError, ValueError) as lost:
        raise _lost(child, mine, limits) from lost
    except SqlCancelled as stopped:
        raise _lost(child, mine, limits) if mine.ended else stopped from None
    except SqlTooMuchMemory:
        raise _too_much(limits) from None
    except OSError as error:
        raise DiskFull(f"The result cannot be kept: {error.strerror}.", "Make room, or ask for less.") from error


def _begin(requests: IO[bytes], mine: _Query, told: dict[str, Any]) -> None:
    with _lock:
        if mine.cancelled:
            raise SqlCancelled("The query was stopped.")
        mine.begun = True
        frames.send(requests, told)


def _watch(child: Child, mine: _Query, limits: Limits) -> None:
    """End the child when its time or its memory is over; it is asked first, where asking can help."""
    while not mine.finished.wait(WATCH):
        if children.resident(child.pid) > limits.memory * 1.05:
            mine.ended = "memory"
            _kill(child)
            return
        if time.monotonic() > mine.deadline:
            mine.ended = mine.ended or "time"
            _stop(child, mine)
            return


def _stop(child: Child, mine: _Query) -> None:
    """Ask the child to stop, and kill it a second later."""

    def last() -> None:
        if not mine.finished.wait(GRACE):
            _kill(child)

    with suppress(OSError, ValueError):
        assert child.stdin
        frames.send(child.stdin, {"cancel": True})
    threading.Thread(target=last, daemon=True).start()


def _kill(child: Child) -> None:
    with suppress(OSError):
        child.kill()


def _raise(head: dict[str, Any]) -> None:
    """Raise the error that the child found."""
    problem = head.get("problem")
    if not problem:
        return
    kind: type[StudioloError] = getattr(errors, str(problem["class"]), SqlInvalid)
    detail = str(problem["detail"])
    if kind is SqlInvalid:
        extra = {key: problem[key] for key in ("position", "missing") if key in problem}
        raise SqlInvalid(detail, "", field="query", extra=extra)
    hint = "Write SELECT, WITH, FROM, DESCRIBE, SUMMARIZE or EXPLAIN." if kind is errors.SqlNotAQuestion else ""
    raise kind(detail, hint, field="query")


def _lost(child: Child, mine: _Query, limits: Limits) -> StudioloError:
    """Say why a child is gone."""
    if mine.ended == "time":
        return SqlTimeout(
            f"The query was stopped after {limits.seconds:g} s.",
            "Ask for less, or for longer (timeout; at most STUDIOLO_SQL_SECONDS).",
            field="timeout",
        )
    if mine.cancelled:
        return SqlCancelled("The query was stopped.")
    if mine.ended == "memory":
        return _too_much(limits)
    with suppress(Exception):  # it is gone or about to be
        child.wait(timeout=GRACE)
    if child.poll() is None:
        _kill(child)
    complaint = child.stderr.read() if child.stderr else b""
    said = children.last_words(complaint, child.poll())
    if b"bad_alloc" in complaint or b"MemoryError" in complaint or "SIGKILL" in said or "SIGABRT" in said:
        return _too_much(limits)
    return SqlInvalid(f"The query ended its process: {said}.", "Write it another way.", field="query")


def _too_much(limits: Limits) -> SqlTooMuchMemory:
    return SqlTooMuchMemory(
        f"The query needs more than {limits.memory / 2**30:.1f} GiB of memory.",
        "Select fewer columns or rows, group by less, or raise STUDIOLO_SQL_MEMORY_BYTES.",
        field="query",
    )


def name_one(given: str | None) -> str:
    """Return the id of a query: the one chosen by who asks, or a new one."""
    return given or new_id()
