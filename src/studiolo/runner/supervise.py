"""The life of a runner: start the job, watch it, end all of it, record the end."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from studiolo.runner import attempt, hearing, inputs, job, limits, processes, sampling

PAUSE = 0.2  # seconds between looks at the cancel file and the memory; a signal wakes the runner at once
BEAT = 2.0
MEASURE = 1.0  # seconds between measurements of memory when there is no limit
LEFT_BEHIND_GRACE = 1.0
KILL_PATIENCE = 30.0  # a process in an uninterruptible wait of the kernel dies when that ends
SCRUB_PATIENCE = 10.0
RECORD_PATIENCE = 3600.0


class Runner:
    """Owns one attempt from its claim to its exit record.

    Nothing that happens to server or controller reaches it: it hangs on no socket, pipe or terminal of theirs.
    """

    def __init__(self, folder: str, identity: dict[str, Any], handed: dict[str, Any] | None = None) -> None:
        self.folder = folder
        self.identity = identity
        self.order = attempt.read_json(folder, attempt.JOB) or {}
        self.handed = handed or {}
        self.pid: int | None = None
        self.status: int | None = None  # of waitpid
        self.started = time.time()
        self.peak = 0
        self._most, self._seconds = 0, 0.0  # what the kernel says of processes that have ended
        self.left_behind = 0
        self.tells = False  # its use is written down for those who cannot see its processes
        self._adopts = False  # whose parent ends becomes our child, so that who has no child has no descendant
        self._warm = False
        self._dying = False  # the job's process has said that it ends, and may be there for a moment
        self._scrubber: Any = None  # a thread, where the job was handed secrets
        self._sampler: sampling.Sampler | None = None
        self._group: limits.Group | None = None  # of the job, where the kernel has such
        self._container: Any = None  # of the job, where it runs in one
        self._kills = processes.out_of_memory_kills()
        self._beaten = self._measured = self._told = float("-inf")
        self._ear = hearing.Ear()

    def run(self) -> None:
        """Do it all; returns when `exit.json` is written."""
        self._adopts = job.adopt_orphans()
        verdict = self._not_ready() or self._do()
        job.dismiss()
        self._record(*verdict)
        if self._dying:
            if not self._reap():
                self._ear.wait(PAUSE)
            self._end_tree(0.0)
        self._ear.close()

    def _not_ready(self) -> tuple[str, str] | None:
        """Make ready what the job needs; returns class and sentence when it cannot start."""
        if not self.order.get("argv"):
            return "environment", "The order of the attempt (job.json) cannot be read."
        canceled = "canceled", "Canceled before it started."
        if attempt.exists(self.folder, attempt.CANCEL):
            return canceled
        try:
            inputs.place(self.order, self._wanted)
        except inputs.Missing as error:
            return "input_missing", str(error)
        if attempt.exists(self.folder, attempt.CANCEL):
            return canceled
        return self._around("before", "The job could not be prepared")

    def _do(self) -> tuple[str, str]:
        """Run the job to its end; returns class and sentence, both empty when it succeeded."""
        begin, self.started = time.monotonic(), time.time()
        handed = self.handed.get("env", {})
        withheld = self.order.get("withheld") or []
        environment = {**self.order.get("env", {}), attempt.MARK: self.order.get("mark", self.folder)}
        environment |= {key: value for key, value in handed.items() if key not in withheld}
        order = {**self.order, "env": environment}
        if given := self.order.get("container"):
            from studiolo.runner import containers  # most jobs need none

            self._container = containers.Container(given, environment[attempt.MARK], self.folder)
            try:
                order = self._container.order(order, environment, [name for name in handed if name not in withheld])
            except ValueError as error:
                return "environment", str(error)
        elif self.order.get("limited") and not self.tells:  # a batch system limits its jobs itself
            self._limit()
            order["rlimits"] = self.order.get("rlimits")  # where there is no group
        self._warm = job.warmed is not None and job.warmed.program(order) is not None
        if said := self._start(order, self._believe):
            self._unlimit()
            return "environment", said
        if self.order.get("samples"):
            self._sampler = sampling.Sampler(self.folder, self._tree)
        limit = self.order.get("timeout_s")
        reason = self._watch(begin + limit if limit else float("inf"))
        if self._sampler is not None:
            self._sampler.stop()
            self._sampler = None
        said = self._container and self._container.finish(self.order, reason, self.pid, self._over)
        if self._container is not None:
            self._end_tree(LEFT_BEHIND_GRACE)  # the engine's programs, which go with the container
        elif reason:
            self._end_tree(float(self.order.get("grace_s", 10.0)))
        elif not self._dying:
            self.left_behind = len(self._below())
            if self.left_behind:
                self._end_tree(min(LEFT_BEHIND_GRACE, float(self.order.get("grace_s", 10.0))))
        self._scrubbed_all()
        verdict: tuple[str, str] = said or self._verdict(reason)
        self._unlimit()
        if not verdict[0] and self.order.get("after"):
            status = self.status
            verdict = self._around("after", "What the job left could not be kept") or verdict
            self.status = status  # the exit code is the job's
        return verdict

    def _over(self) -> int | None:
        """Return the status of the job's process, None while it lives; waits a moment for it."""
        self._reap()
        if self.status is None:
            self._beat()
            self._ear.wait(0.05)
        return self.status

    def _tree(self) -> list[int]:
        """Return the processes of the job."""
        return list(self._container.pids()) if self._container else processes.quick_descendants(os.getpid())

    def _limit(self) -> None:
        """Let the kernel keep the limits of the job, as far as it can here."""
        memory, cores = int(self.order.get("memory_limit") or 0), int(self.order.get("cores") or 1)
        mark = str(self.order.get("mark", self.folder))
        self._group = limits.group(mark, memory, cores, str(self.order.get("group") or ""))
        if self._group is None:
            self.order["rlimits"] = limits.rlimits(memory) | (self.order.get("rlimits") or {})

    def _unlimit(self) -> None:
        if self._group is not None:
            self._group.remove()
            self._group = None

    def _around(self, which: str, what: str) -> tuple[str, str] | None:
        """Run the program before or after the job; returns class and sentence when it failed."""
        program = self.order.get(which)
        if not program:
            return None
        handed = self.handed.get("env", {})
        wanted = program.get("handed", handed)  # an order of an earlier version does not say
        own = {**program["env"], attempt.MARK: self.order.get("mark", self.folder)}
        own |= {key: value for key, value in handed.items() if key in wanted}
        if failed := self._start({"argv": program["argv"], "env": own, "cwd": self.folder}, lambda _: None):
            return "environment", f"{what}. {failed}"
        reason = self._watch(float("inf"))
        self._end_tree(float(self.order.get("grace_s", 10.0)) if reason else 0.0)
        self._scrubbed_all()
        status, self.pid, self.status = self.status, None, None
        if reason:
            return reason, {"canceled": "Canceled.", "preempted": self._why_it_goes()}.get(reason, f"{what}: {reason}.")
        if status == 0:
            return None
        said = attempt.read_json(self.folder, attempt.FAILURE) or {}
        code = os.waitstatus_to_exitcode(status) if status is not None else None
        return str(said.get("class") or "environment"), str(said.get("error") or f"{what}: exit code {code}.")

    def _start(self, order: dict[str, Any], record: Callable[[int], None]) -> str:
        """Start a program of the attempt, its output scrubbed where it was handed secrets; returns why it cannot be."""
        output = self._scrubbed() if self.handed.get("env") else None
        self.status = None
        try:
            self.pid = job.start(self.folder, order, record, output)
        except job.NotStarted as error:
            if output is not None:
                os.close(output)
                self._scrubber = None
            return str(error)
        if output is not None:
            os.close(output)
            self._scrubber.start()
        return ""

    def _scrubbed_all(self) -> None:
        """Wait until all that was written is in the log; it ends with the last process that writes."""
        if self._scrubber is not None:
            self._scrubber.join(SCRUB_PATIENCE)
            self._scrubber = None

    def _scrubbed(self) -> int:
        """Return a pipe for the job's output; what comes out of it goes into the log without secrets."""
        import threading

        from studiolo.runner import scrub

        out, into = os.pipe()
        stream = scrub.Stream(scrub.patterns(self.handed.get("hidden", [])))
        log = os.open(os.path.join(self.folder, attempt.LOG), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._scrubber = threading.Thread(target=scrub.pump, args=(out, log, stream), daemon=True)
        return into

    def _wanted(self) -> bool:
        """Say that the job is still to start, while its inputs are placed."""
        self._beat()
        return not (self._told_to_end() or attempt.exists(self.folder, attempt.CANCEL))

    def _told_to_end(self) -> bool:
        """Say whether it must go for another reason than that of a cancel: the machine says so, or others need its place."""
        return self._ear.told_to_end or attempt.exists(self.folder, attempt.MAKES_ROOM)

    def _believe(self, child: int) -> None:
        """Record the job's process before it may run: whoever comes later can find it."""
        found = processes.process(child)
        state: dict[str, Any] = {"child": child, "child_start": found.start if found else 0, "started_at": self.started}
        if self._group is not None and self._group.add(child):
            state["group"] = self._group.path
        # of one that ran before a power cut the claim says enough
        attempt.write_json(self.folder, attempt.STATE, self.identity | state, lasting=False)

    def _watch(self, deadline: float) -> str:
        """Wait for the end of the job; returns why it must be ended, or nothing when it ended by itself."""
        while True:
            self._reap()
            if self._warm and self.status is None:
                self._believe_its_end()
            if self.status is not None:
                return ""
            if attempt.exists(self.folder, attempt.CANCEL):
                return "canceled"
            if self._told_to_end():
                return "preempted"
            if time.monotonic() >= deadline:
                return "timeout"
            if self._too_much_memory():
                return "oom"
            self._beat()
            self._tell_usage()
            if self._sampler is not None:
                self._sampler.sample()
            self._ear.wait(min(PAUSE, max(0.0, deadline - time.monotonic())))

    def _believe_its_end(self) -> None:
        """Take the word of a program that it has ended and left no process: the kernel needs 10 ms to take apart one that shares a
        hundred megabytes. What is left of it is ended when its record is written."""
        said = attempt.read_json(self.folder, attempt.DONE)
        if said is None or processes.quick_descendants(os.getpid()) != [self.pid]:
            return
        with contextlib.suppress(KeyError, TypeError, ValueError):
            self._most, self._seconds = max(self._most, int(said["memory"])), self._seconds + float(said["seconds"])
            self.status, self._dying = (int(said["code"]) & 0xFF) << 8, True

    def _too_much_memory(self) -> bool:
        limit = int(self.order.get("memory_limit") or 0)
        now = time.monotonic()
        if now - self._measured < (PAUSE / 2 if limit else MEASURE):
            return False
        self._measured = now
        tree = self._tree()
        held = processes.memory(tree)
        if limit and held > limit:
            held = processes.memory(tree, shared_once=True)  # forked workers share most of their pages
        self.peak = max(self.peak, held)
        return bool(limit) and held > limit

    def _end_tree(self, grace: float) -> None:
        """TERM, wait, KILL, until nothing of the job is left."""
        asked: set[int] = set()
        deadline = time.monotonic() + grace
        while below := self._below():
            # one that passes on what it is told has processes where these signals mean something else
            told = [self.pid] if self.order.get("passes_on") and self.pid in below else below
            processes.send([pid for pid in told if pid not in asked], signal.SIGTERM)
            asked.update(told)
            if time.monotonic() >= deadline:
                break
            self._beat()
            self._ear.wait(0.05)
        deadline = time.monotonic() + KILL_PATIENCE
        while (below := self._below()) and time.monotonic() < deadline:
            processes.send(below, signal.SIGKILL)
            self._ear.wait(0.01)

    def _below(self) -> list[int]:
        """Return what lives of the job: descendants, and where orphans cannot be adopted those with its mark."""
        childless = self._reap()
        if self._adopts:
            return [] if childless else processes.descendants(os.getpid())
        found = processes.descendants(os.getpid())
        mark = self.order.get("mark", self.folder)
        return found or processes.marked(attempt.MARK, str(mark))

    def _reap(self) -> bool:
        """Take note of who has ended; returns whether no child is left."""
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == 0:
                return False
            self._most = max(self._most, used.ru_maxrss)
            self._seconds += used.ru_utime + used.ru_stime
            if pid == self.pid:
                self.status = status

    def _verdict(self, reason: str) -> tuple[str, str]:
        """Return the class of the failure and a sentence; both empty when there was none."""
        code = os.waitstatus_to_exitcode(self.status) if self.status is not None else None
        if reason:
            return reason, {
                "timeout": f"It ran longer than its limit of {self.order.get('timeout_s') or 0:g} s.",
                "oom": f"It held {_mib(self.peak)}, more than its limit of {_mib(self.order.get('memory_limit') or 0)}.",
                "canceled": "Canceled.",
                "preempted": self._why_it_goes(),
            }[reason]
        if code == 0:
            return "", ""
        if said := self._out_of_memory(code):
            return "oom", said
        if code is not None and code < 0:
            said = f"It was ended by signal {processes.signal_name(-code)}, which did not come from the studio."
            return "user_error", said
        told = attempt.read_json(self.folder, attempt.FAILURE) or {}  # by a program of ours that was to run it
        if told.get("class") in ("environment", "lost", "timeout", "canceled"):
            return str(told["class"]), str(told["error"])
        return "user_error", f"It ended with exit code {code}."

    def _why_it_goes(self) -> str:
        makes_room = attempt.exists(self.folder, attempt.MAKES_ROOM)
        return "It made room for others." if makes_room else "The machine told the runner to end."

    def _out_of_memory(self, code: int | None) -> str:
        """Say how a job that failed ran out of memory; empty when it did not."""
        limit = int(self.order.get("memory_limit") or 0)
        if self._group is not None and self._group.killed_for_memory():
            return f"The kernel ended it: it held more than its limit of {_mib(limit)}."
        if self.order.get("limited") and limit and limits.refused_memory(os.path.join(self.folder, attempt.LOG)):
            return f"It was refused memory: it asked for more than its limit of {_mib(limit)} allows."
        if code in (-signal.SIGKILL, 128 + signal.SIGKILL) and processes.out_of_memory_kills() > self._kills:
            return f"The kernel ended it because memory ran out; it held {_mib(self.peak)}."
        return ""

    def _record(self, failure: str, error: str) -> None:
        """Write the end; a full disk is waited for, since the record is the truth."""
        code = os.waitstatus_to_exitcode(self.status) if self.status is not None else None
        end = {
            "code": code if code is None or code >= 0 else None,
            "signal": -code if code is not None and code < 0 else None,
            "class": failure or None,
            "error": error or None,
            "started_at": self.started,
            "ended_at": time.time(),
            "peak_memory_bytes": max(self.peak, self._most * (1 if sys.platform == "darwin" else 1024)),
            "cpu_seconds": round(self._seconds, 3),
            "left_behind": self.left_behind,
            "survivors": 0 if self._dying else len(self._below()),
            "warm": self._warm,
        }
        deadline = time.monotonic() + RECORD_PATIENCE
        while True:
            try:
                attempt.write_json(self.folder, attempt.EXIT, end, lasting=False)
                attempt.wake(self.folder)  # while who reads it begins, it goes to the disk
                attempt.settle(self.folder, attempt.EXIT)
                return
            except OSError:
                if not os.path.isdir(self.folder):  # taken away, by who has read the record or nobody asks any more
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(1.0)

    def _beat(self) -> None:
        if time.monotonic() - self._beaten >= BEAT:
            self._beaten = time.monotonic()
            attempt.touch(self.folder, attempt.HEARTBEAT)

    def _tell_usage(self) -> None:
        if self.tells and time.monotonic() - self._told >= BEAT:
            self._told = time.monotonic()
            tree = self._tree()
            with contextlib.suppress(OSError):
                attempt.write_json(
                    self.folder, attempt.USAGE, {"processes": len(tree), "memory_bytes": processes.memory(tree)}
                )


def _mib(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"
