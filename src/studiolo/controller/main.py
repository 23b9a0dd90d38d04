"""The loop of the controller: one per home, the ticks of all slices in the order of the house, for every workspace."""

import gc
import json
import logging
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from studiolo.controller.alone import Alone
from studiolo.kernel.auth import repository as accounts
from studiolo.kernel.auth.actor import SYSTEM
from studiolo.kernel.clock import Clock
from studiolo.kernel.context import Context
from studiolo.kernel.db import statistics
from studiolo.kernel.db.engine import Database, sqlite_url
from studiolo.kernel.db.migrate import migrate
from studiolo.kernel.db.news import News
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.home import Home
from studiolo.kernel.secrets import scrubbing
from studiolo.kernel.settings import Settings, load
from studiolo.kernel.storage.blobs import LocalBlobStore
from studiolo.runner import attempt as files
from studiolo.runner import nest, warming
from studiolo.studio.slices import parts

HEARTBEAT = "controller.json"
_BEAT_SECONDS = 1.0
_WORST_PAUSE = 30.0
_LOOK_SECONDS = 0.025
_AGAIN_SECONDS = 1.0  # for which other slices wait while pipelines go on
# the same, while the jobs of a pipeline end one after another: a round of all costs as much as a step
_OTHERS_SECONDS, _OTHERS_MOST, _OTHERS_TIMES = 1.0, 2.0, 20.0  # at least, at most, and times what the last round took
_MANY = 65_536  # bytes that runners may have written since the last look
_FUTILE, _FUTILE_SECONDS = 25.0, 0.3
_STATISTICS_SECONDS = 2.0
log = logging.getLogger("studiolo.controller")

Tick = Callable[[Context], bool]


def main() -> int:
    """Run until told to stop; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    scrubbing.install()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = load()
        Home(settings.home).prepare()
        with Alone(settings.home):
            run(settings, stop)
    except StudioloError as error:
        sys.stderr.write(f"error: {error.detail}\n  {error.hint}\n")
        return 1
    return 0


def run(settings: Settings, stop: threading.Event) -> None:
    """Reconcile until `stop` is set."""
    ctx = open_context(settings)
    heart = Heartbeat(settings.home / HEARTBEAT)
    loop = Loop(ctx, slice_ticks(), quick_slices())
    changes = Changes(ctx)
    nest.open_()
    warming.open_(settings.warm_processes, settings.warm_idle_seconds, settings.warm_memory_bytes)
    gc.collect()
    gc.freeze()  # what is loaded stays: to look through all of it for garbage takes longer than a step of a pipeline
    log.info("controller of %s started, process %s", settings.home, os.getpid())
    try:
        while not stop.is_set():
            changes.look()
            if changes.ended():
                loop.quick()
            begun, started = time.thread_time(), time.monotonic()
            busy = loop.once()
            took = time.monotonic() - started
            heart.beat(loop.troubled)
            warming.tick()
            # clients that log all the time wake us all the time: a round in which there was nothing to do may be followed by
            # the next one only after some times what it cost
            futile = 0.0 if busy else min(_FUTILE * (time.thread_time() - begun), _FUTILE_SECONDS)
            pause = max(settings.tick_ms / 1000, futile)
            busy = _follow(changes, loop, stop, pause, took) or busy
            if not busy:
                changes.wait(stop, (settings.idle_tick_ms - settings.tick_ms) / 1000, changes.look)
    finally:
        warming.close()
        nest.close()
        changes.close()
        heart.stop()
        ctx.db.close()
    log.info("controller ended")


def _follow(changes: "Changes", loop: "Loop", stop: threading.Event, seconds: float, took: float) -> bool:
    """Wait, but for jobs that end: what follows on them is done at once. True when there were such.

    Where a pipeline goes on the wait begins anew, so that a chain of short steps is not held up by rounds of all. took: seconds of the last.
    """
    begun = time.monotonic()
    until = begun + seconds
    latest = begun + max(_OTHERS_SECONDS, min(_OTHERS_TIMES * took, _OTHERS_MOST))
    followed = False
    while (left := until - time.monotonic()) > 0 and changes.wait(stop, left):
        changes.ended()
        if loop.quick():
            until = max(until, min(time.monotonic() + seconds, latest))
        followed = True
    return followed


class Changes:
    """Notices at once that the server has written, or that a job has ended, so that neither waits for the next round.

    With PostgreSQL no commits are noticed, and rounds come in their time. Runners of this machine write into a pipe when a job has ended.
    """

    def __init__(self, ctx: Context) -> None:
        self._news, self._number = News(ctx.db), -1
        ctx.settings.attempts.mkdir(parents=True, exist_ok=True)
        self._woken = files.listen(str(ctx.settings.attempts))

    def look(self) -> bool:
        """Say whether anything was committed since the last look."""
        if not self._news.counted:
            return False
        before, self._number = self._number, self._news.number()
        return before != self._number

    def ended(self) -> bool:
        """Say whether a job of this machine has ended since the last look."""
        try:
            return bool(os.read(self._woken, _MANY))
        except BlockingIOError:
            return False

    def wait(self, stop: threading.Event, seconds: float, news: Callable[[], bool] | None = None) -> bool:
        """Wait until a job has ended, there is other news, the end is wanted or the time is over; says whether there is something."""
        until = time.monotonic() + seconds
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            if select.select([self._woken], [], [], min(_LOOK_SECONDS, left))[0]:
                return True
            if news is not None and news():
                return True
        return False

    def close(self) -> None:
        """Close what is listened to."""
        os.close(self._woken)
        self._news.close()


def open_context(settings: Settings) -> Context:
    """Open what the ticks need; `within` puts it into a workspace."""
    db = Database(settings.database_url or sqlite_url(settings.sqlite_path), settings.durability)
    migrate(db)
    return Context(db, settings, LocalBlobStore(settings.home / "blobs"), Clock(), SYSTEM, "")


def slice_ticks() -> dict[str, Tick]:
    """Return the ticks of the slices that have one, in the order of the house."""
    return {name: module.tick for name, module in parts("reconcile")}


def quick_slices() -> dict[str, Tick]:
    """Return the slices whose ticks follow at once on the end of a job: one slice's work is what the next one waits for."""
    return {name: module.QUICK for name, module in parts("reconcile") if hasattr(module, "QUICK")}


@dataclass(slots=True)
class _Trouble:
    """How often in a row the tick of a slice failed, and when it is tried again."""

    failures: int = 0
    until: float = 0.0


class Loop:
    """Calls every tick once per round. A slice that fails is logged and tried again later; the others go on."""

    def __init__(self, ctx: Context, ticks: dict[str, Tick], quick: Mapping[str, Tick] | None = None) -> None:
        """quick: the part of some ticks that follows at once on the end of a job; the last one's makes work for the others."""
        self._ctx = ctx
        self._ticks = ticks
        self._quick = dict(quick or {})
        self._workspaces: list[tuple[str, str]] = []
        self._trouble: dict[tuple[str, str], _Trouble] = {}
        self._away = False
        self._count_at = 0.0

    @property
    def troubled(self) -> list[str]:
        """Names of the slices whose last tick failed."""
        return sorted({name for name, _ in self._trouble})

    def once(self) -> bool:
        """Do a round; True when any tick did something."""
        try:
            with self._ctx.db.glance() as tx:
                self._workspaces = [(str(row.id), str(row.name)) for row in accounts.all_workspaces(tx)]
            self._away = False
        except Exception:
            # the process must survive a database that is away for a while
            if not self._away:
                log.exception("the database does not answer; trying again")
            self._away = True
            self._workspaces = []
            return False
        self._count()
        busy = False
        for workspace_id, workspace in self._workspaces:
            ctx = self._ctx.within(workspace_id, workspace)
            for name, tick in self._ticks.items():
                did = self._tick(ctx, name, tick)
                if did and name == next(reversed(self._quick), None):
                    self._again(ctx)
                busy = did or busy
        return busy

    def quick(self) -> bool:
        """Call the ticks alone that follow on the end of a job; True when the last of them made work for the others."""
        made = False
        for workspace_id, workspace in self._workspaces:
            made = self._again(self._ctx.within(workspace_id, workspace)) or made
        return made

    def _again(self, ctx: Context) -> bool:
        """Call the quick ticks until the last of them has nothing more for the others, for a while at most; True when it had."""
        until = time.monotonic() + _AGAIN_SECONDS
        more, made = bool(self._quick), False
        while more and time.monotonic() < until:
            with ctx.db.glances():
                for name, tick in self._quick.items():
                    more = self._tick(ctx, name, tick)
            made = made or more
        return made

    def _count(self) -> None:
        """Count tables that have grown, now and then."""
        now = time.monotonic()
        if now < self._count_at:
            return
        self._count_at = now + _STATISTICS_SECONDS
        try:
            statistics.refresh(self._ctx.db)
        except Exception:
            # it costs good plans of queries, and must cost no round
            self._count_at = now + _WORST_PAUSE
            log.exception("grown tables were not counted; again in %.0f s", _WORST_PAUSE)

    def _tick(self, ctx: Context, name: str, tick: Tick) -> bool:
        key = (name, ctx.workspace_id)
        trouble = self._trouble.get(key)
        if trouble and time.monotonic() < trouble.until:
            return False
        try:
            with ctx.db.glances():
                did = bool(tick(ctx))
        except Exception:
            # one slice's defect must not stop the jobs of the others
            trouble = self._trouble.setdefault(key, _Trouble())
            trouble.failures += 1
            pause = min(_WORST_PAUSE, 0.5 * 2 ** min(trouble.failures, 10))
            trouble.until = time.monotonic() + pause
            log.exception("the tick of %s failed (%s in a row); again in %.1f s", name, trouble.failures, pause)
            return False
        self._trouble.pop(key, None)
        return did


class Heartbeat:
    """A file that says that the controller works: its process, and when it last went round."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beaten = 0.0
        self._said: list[str] | None = None

    def beat(self, troubled: list[str]) -> None:
        """Renew the file once a second; it is rewritten when what it says has changed."""
        now = time.monotonic()
        if troubled == self._said and now - self._beaten < _BEAT_SECONDS:
            return
        try:
            if troubled == self._said:
                os.utime(self._path)
            else:
                part = self._path.with_name(f".{self._path.name}.{os.getpid()}")
                part.write_text(json.dumps({"pid": os.getpid(), "troubled": troubled}) + "\n", "utf-8")
                part.replace(self._path)
        except OSError as error:
            log.warning("the heartbeat could not be written: %s", error)
        self._beaten, self._said = now, list(troubled)

    def stop(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)
