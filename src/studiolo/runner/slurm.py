"""Slurm by its own commands: sbatch, squeue, scancel, sacct, sinfo. Nothing is believed to have been done that was not answered."""

import contextlib
import os
import pwd
import re
import subprocess
import time
from collections.abc import Mapping, Sequence

_SECONDS = 20.0  # for one command; Slurm's own patience with a daemon that is away is longer
_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "SLURM_CONF")
_AWAY = re.compile(
    "unable to contact|connection refused|connect failure|communication|socket timed out|zero bytes|authentication|munge|"
    "standby|temporarily unavailable|transport|timed out|no route|unable to establish",
    re.IGNORECASE,
)
_NO_JOB = re.compile("invalid job id", re.IGNORECASE)
WAITING = {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD"}
OVER = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "TIMEOUT",
}
_COLUMNS = "%i|%T|%r|%S|%Q|%P|%N|%k"
_CHEAP = 50.0  # times as long as the queue took to be read, it is believed
_FRESH, _STALE = 1.0, 30.0  # seconds, at least and at most


class Away(Exception):
    """Slurm did not answer; what it was asked for may or may not have been done."""


class Refused(Exception):
    """Slurm answered that it will not; its own words."""


class Queued:
    """A job as `squeue` shows it. state, reason: Slurm's words; starts: when it expects to start it, empty when it does not say."""

    __slots__ = ("comment", "id", "nodes", "partition", "priority", "reason", "starts", "state")

    def __init__(self, line: str) -> None:
        words = line.split("|", 7)
        self.id, self.state, self.reason, self.starts, self.priority, self.partition, self.nodes, self.comment = words
        if self.starts in ("N/A", "NULL"):
            self.starts = ""

    def shown(self) -> dict[str, str]:
        """Return it for people."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "comment"}


class Queue:
    """The jobs of this account, read once for all that ask within a moment: Slurm is to be asked seldom."""

    def __init__(self) -> None:
        self._read, self._until = 0.0, float("-inf")
        self._jobs: dict[str, Queued] = {}

    def jobs(self, *, now: bool = False) -> dict[str, Queued]:
        """Return the jobs by id, those that ended minutes ago too. now: as they are at this moment. Raises Away."""
        begun = time.monotonic()
        if now or begun >= self._until:
            user = pwd.getpwuid(os.getuid()).pw_name
            said = ask("squeue", "-h", "-t", "all", "-u", user, "-o", _COLUMNS)
            found = [Queued(line) for line in said.splitlines() if line.count("|") >= 7]
            self._jobs = {job.id: job for job in found}
            took = time.monotonic() - begun
            self._until = begun + min(max(_FRESH, took * _CHEAP), _STALE)
        return self._jobs

    def by_comment(self, comment: str) -> "Queued | None":
        """Return the job of an attempt, the one that runs before one that is over."""
        found = [job for job in self.jobs(now=True).values() if job.comment == comment]
        found.sort(key=lambda job: (job.state in OVER, int(job.id) if job.id.isdigit() else 0))
        return found[0] if found else None

    def forget(self) -> None:
        """Read it anew when next asked: it was changed from here."""
        self._until = float("-inf")


def ask(*words: str, given: str = "", more: "Mapping[str, str] | None" = None) -> str:
    """Run one of Slurm's commands and return what it says; raises Away and Refused. more: variables, which a job of it gets too."""
    environ = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            words,
            input=given,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
            env={**environ, **(more or {})},
        )
    except subprocess.TimeoutExpired:
        raise Away(f"{words[0]} did not answer within {_SECONDS:.0f} s.") from None
    except FileNotFoundError:
        raise Away(f"There is no {words[0]} on the PATH: are Slurm's commands installed there?") from None
    if done.returncode == 0:
        return done.stdout
    said = re.sub(rf"^{words[0]}: (error: |fatal: )?", "", done.stderr.strip(), flags=re.MULTILINE)
    line = " ".join(part.strip() for part in said.splitlines()[-3:]) or f"exit code {done.returncode}"
    raise (Away if _AWAY.search(line) else Refused)(f"{words[0]}: {line}")


def submit(script: str, options: Sequence[str], secret: "Mapping[str, str]") -> str:
    """Submit a script; returns the id of its job. secret: variables that it gets. Raises Away and Refused."""
    said = ask("sbatch", "--parsable", "--export=ALL", *options, given=script, more=secret)
    return said.strip().splitlines()[-1].split(";")[0]


def cancel(job: str, *, waiting: bool = False) -> None:
    """End a job; one that is over is no error. waiting: only if it has not started."""
    with contextlib.suppress(Refused):
        ask("scancel", *(["--state=PENDING"] if waiting else []), job)


def signal_batch(job: str, name: str) -> None:
    """Send a signal to the script of a job that runs, and to nothing else of it."""
    with contextlib.suppress(Refused):
        ask("scancel", "--batch", f"--signal={name}", job)


def accounted(job: str) -> str:
    """Return the last state that Slurm's accounting knows of a job; empty where there is none."""
    try:
        said = ask("sacct", "-X", "-n", "-P", "-j", job, "-o", "State")
    except (Away, Refused):
        return ""
    words = said.split()
    return words[0] if words else ""


def version() -> str:
    """Return Slurm's version."""
    return ask("sinfo", "--version").strip()


def silent(nodes: str) -> list[str]:
    """Return which of some nodes do not answer Slurm, which it marks by a star. nodes: as `squeue` writes them, such as n[1-2]."""
    if not nodes or nodes.startswith("("):
        return []
    rows = [line.split("|", 1) for line in ask("sinfo", "-h", "-N", "-n", nodes, "-o", "%N|%T").splitlines()]
    return sorted({row[0] for row in rows if len(row) == 2 and row[1].rstrip().endswith("*")})


def nodes(partition: str) -> list[dict[str, str]]:
    """Return the nodes, of one partition or of all. memory: MiB; cores: allocated/idle/other/total; gres: as Slurm writes it."""
    names = ("name", "partition", "state", "cores", "memory", "free_memory", "gres", "load", "reason")
    words = ["sinfo", "-h", "-N", "-o", "%N|%P|%T|%C|%m|%e|%G|%O|%E"]
    said = ask(*words, *(["-p", partition] if partition else []))
    return [dict(zip(names, line.split("|", len(names) - 1), strict=False)) for line in said.splitlines() if line]
