"""Processes that hold the modules of an environment, so that a step which is a Python program begins as a fork of one.

One is for the jobs of one account in one workspace, with one interpreter and one set of variables; none is shared beyond. A step that
finds none ready starts in the usual way, and the modules that it imports are loaded for the next. They go when they were not
used for a while, when there are too many or they hold too much, and with the process that opened them. A step that runs needs none of them.
"""

import json
import os
import select
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from studiolo.runner import attempt, processes
from studiolo.runner.nest import Nest
from studiolo.runner.program import ROOM

_FORKING = Path(__file__).with_name("forking.py")
# pyarrow's allocator gives memory back by a thread of its own, from its import on: here when something is freed
_THREADLESS = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
_LOAD_SECONDS = 300.0
_REFUSED_SECONDS = 600.0  # after which modules are tried again that ended their process
_MEASURE_SECONDS = 5.0
_END_SECONDS = 0.2  # one that is just loading does not hear that it is to end, and has nothing to lose


class Wanted(TypedDict):
    """What a step needs that is to begin warm. key: of who shares; python: interpreter; env: variables; modules: that it imports."""

    key: str
    python: str
    env: dict[str, str]
    modules: list[str]


@dataclass(slots=True)
class _Warm:
    """A process that holds modules. loading: where it says that it has loaded some; pid: of which what is known here holds."""

    nest: Nest
    used: float
    loaded: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    loading: int | None = None
    since: float = 0.0
    pid: int | None = None
    able: bool = True

    def close(self) -> None:
        if self.loading is not None:
            os.close(self.loading)
            self.loading = None
        self.nest.close()


class Warming:
    """Those of one controller. most: processes; idle: seconds; memory: bytes of all of them."""

    def __init__(self, most: int, idle: float, memory: int) -> None:
        self._most, self._idle, self._memory = most, idle, memory
        self._warm: dict[str, _Warm] = {}
        self._refused: dict[tuple[str, str], float] = {}  # modules that cannot be held, by key, until when
        self._measure_at = 0.0

    def fork(self, folder: Path, handed: bytes, wanted: Wanted) -> bool | None:
        """Have a runner own an attempt whose program begins warm; False when it has an owner, None: start it in the usual way."""
        if not self._most:
            return None
        one = self._of(wanted)
        self._hear(wanted["key"], one)
        one.used = time.monotonic()
        if one.loading is not None or not one.able:
            return None
        now = time.monotonic()
        wishes = {name for name in wanted["modules"] if self._refused.get((wanted["key"], name), 0.0) < now}
        if one.pid is None or one.nest.pid != one.pid:  # it was killed, or is new
            one.loaded.clear()
            self._load(one, wishes)
            return None
        if missing := wishes - one.loaded:
            self._load(one, missing)
            return None
        return one.nest.fork(folder, handed)

    def tick(self) -> None:
        """End those that are not used or hold too much."""
        now = time.monotonic()
        for key, one in list(self._warm.items()):
            self._hear(key, one)
            if now - one.used > self._idle:
                self._end(key)
        if now < self._measure_at or not self._warm:
            return
        self._measure_at = now + _MEASURE_SECONDS
        held = {key: processes.memory([one.pid]) for key, one in self._warm.items() if one.pid}
        for key in sorted(held, key=lambda name: self._warm[name].used):
            if sum(held.values()) <= self._memory:
                return
            held.pop(key)
            self._end(key)

    def pids(self) -> list[int]:
        """Return the numbers of the processes that hold modules."""
        return [one.pid for one in self._warm.values() if one.pid and one.nest.pid == one.pid]

    def close(self) -> None:
        """End all of them; the steps that began in them go on."""
        for key in list(self._warm):
            self._end(key)

    def _of(self, wanted: Wanted) -> _Warm:
        key = wanted["key"]
        if key not in self._warm:
            while len(self._warm) >= self._most:
                self._end(min(self._warm, key=lambda name: self._warm[name].used))
            environment = {**wanted["env"], **_THREADLESS, attempt.MARK: "." * ROOM}
            self._warm[key] = _Warm(
                Nest([wanted["python"], str(_FORKING), "warm"], environment, _END_SECONDS), time.monotonic()
            )
        return self._warm[key]

    def _end(self, key: str) -> None:
        self._warm.pop(key).close()

    def _load(self, one: _Warm, modules: set[str]) -> None:
        one.asked, one.since = set(modules), time.monotonic()
        one.loading = one.nest.load(sorted(modules))
        one.pid = one.nest.pid

    def _hear(self, key: str, one: _Warm) -> None:
        """Take note of what a process says of the modules that it was to load."""
        if one.loading is None:
            return
        late = time.monotonic() - one.since > _LOAD_SECONDS
        waiting = select.poll()  # of any number of descriptors
        waiting.register(one.loading, select.POLLIN)
        if not late and not waiting.poll(0):
            return
        said: dict[str, object] = {}
        if not late:
            with suppress(OSError, ValueError):
                said = json.loads(os.read(one.loading, 65_536))
        os.close(one.loading)
        one.loading = None
        if said and not said["threads"]:
            one.loaded |= one.asked
            one.able = bool(said["able"])
            return
        # one that starts threads, or ended the process, or takes for ever: without it from now on, in another process
        blamed = [str(said["threads"])] if said else sorted(one.asked)
        until = float("inf") if said else time.monotonic() + _REFUSED_SECONDS
        self._refused |= {(key, name): until for name in blamed}
        one.nest.close()
        one.pid = None


_warming: Warming | None = None


def open_(most: int, idle: float, memory: int) -> None:
    """Let programs of this process's attempts begin warm from now on."""
    global _warming
    if _warming is None and sys.platform == "linux":
        _warming = Warming(most, idle, memory)


def close() -> None:
    """Start all in the usual way again."""
    global _warming
    if _warming is not None:
        _warming.close()
        _warming = None


def tick() -> None:
    """End those that are not needed."""
    if _warming is not None:
        _warming.tick()


def fork(folder: Path, handed: Mapping[str, object], wanted: Wanted) -> bool | None:
    """Have a runner own an attempt whose program begins warm; None: start it in the usual way."""
    if _warming is None:
        return None
    return _warming.fork(folder, json.dumps(handed).encode() if handed["env"] else b"", wanted)
