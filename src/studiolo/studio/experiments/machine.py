"""The life of a job as a pure function: what is seen of it and what is wanted of it give its next state and an act.

    Queued → Preparing → Starting → Running → Finalizing → Completed | Failed | Canceled
         → Starting, where its directory is made in no time
         each of them → Canceled when that is wanted and nothing runs → Lost when nobody can know

NotStarted is for jobs that wait for others; Provisioning for computes that must be made first. Users write only `desired`,
the reconciler only `state`: the cancel of a job that has ended is a no-op by construction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from studiolo.studio.experiments.schemas import TERMINAL, Failure, State


class Sight(StrEnum):
    """What was seen of a job."""

    waits = "waits"  # its compute has no room now
    fits = "fits"  # there is room for it
    fits_light = "fits_light"  # the same, and its directory is made in no time, as a part of its start
    prepared = "prepared"  # its attempt directory is whole
    unprepared = "unprepared"  # it cannot be: Seen.failure says why
    absent = "absent"  # no runner has claimed the attempt
    barred = "barred"  # the controller took the attempt, so that no runner can
    starting = "starting"
    running = "running"
    ended = "ended"  # there is an exit record; Seen.failure is its class, None for success
    silent = "silent"  # its machine does not answer: nothing is known, and nothing is done
    lost = "lost"  # no runner and no exit record, and what was left behind is swept
    kept = "kept"  # outputs are hashed and ready to be recorded
    unkept = "unkept"  # they cannot be


class Act(StrEnum):
    """What is to be done now; each is safe to repeat."""

    launch = "launch"
    stop = "stop"
    bar = "bar"


@dataclass(frozen=True, slots=True)
class Job:
    """retries: how many more attempts each failure class allows; spent: how many ended so already."""

    state: State
    desired: str = "completed"
    failure: Failure | None = None
    retries: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """failure: the class, where the sight has one."""

    sight: Sight
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """state: the next, perhaps the same; again: a failed attempt is followed by another."""

    state: State
    failure: Failure | None = None
    act: Act | None = None
    again: bool = False


def decide(job: Job, seen: Seen) -> Decision:
    """Return the next state of a job and what to do; a sight that does not belong to the state changes nothing."""
    if job.state in TERMINAL:
        return Decision(job.state, job.failure)
    return _RULES[job.state](job, seen) or Decision(job.state, job.failure)


def _waiting(job: Job, seen: Seen) -> Decision | None:
    if job.desired == "canceled":
        return Decision("Canceled", "canceled")
    if seen.sight is Sight.fits_light:
        return Decision("Starting")
    return Decision("Preparing") if seen.sight is Sight.fits else None


def _preparing(job: Job, seen: Seen) -> Decision | None:
    if job.desired == "canceled":
        return Decision("Canceled", "canceled")
    if seen.sight is Sight.unprepared:
        return _failed(job, seen.failure or "environment")
    return Decision("Starting") if seen.sight is Sight.prepared else None


def _under_way(job: Job, seen: Seen) -> Decision | None:
    stopping = job.desired == "canceled"
    vanished = job.state == "Running"  # it ran, and its directory is gone
    return {
        Sight.absent: _lost(job) if vanished else Decision(job.state, act=Act.bar if stopping else Act.launch),
        Sight.barred: Decision("Canceled", "canceled"),
        Sight.unprepared: _failed(job, seen.failure or "environment"),
        Sight.starting: Decision(job.state, act=Act.stop if stopping else None),
        Sight.running: Decision("Running", act=Act.stop if stopping else None),
        Sight.ended: Decision("Finalizing", seen.failure),
        Sight.lost: _lost(job),
    }.get(seen.sight)


def _finalizing(job: Job, seen: Seen) -> Decision | None:
    if seen.sight is Sight.unkept:
        return _failed(job, seen.failure or "environment")
    if seen.sight is not Sight.kept:
        return None
    if job.failure is None:
        return Decision("Completed")  # also when a cancel came too late
    if job.failure == "canceled":
        return Decision("Canceled", "canceled")
    return _failed(job, job.failure)


def _failed(job: Job, failure: Failure) -> Decision:
    return _again(job, failure) or Decision("Failed", failure)


def _lost(job: Job) -> Decision:
    if job.desired == "canceled":  # what was wanted is the case: nothing of it runs
        return Decision("Canceled", "canceled")
    return _again(job, "lost") or Decision("Lost", "lost")


def _again(job: Job, failure: Failure) -> Decision | None:
    if job.desired == "canceled" or job.spent.get(failure, 0) >= job.retries.get(failure, 0):
        return None
    return Decision("Queued", failure, again=True)


_RULES = {
    "NotStarted": _waiting,
    "Queued": _waiting,
    "Provisioning": _waiting,
    "Preparing": _preparing,
    "Starting": _under_way,
    "Running": _under_way,
    "Finalizing": _finalizing,
}
