"""The controller's tick of experiments: brings the rows of jobs and what really runs together.

Level-triggered: each tick reads the live jobs, looks at their attempt directories and acts. Killed at any point, the next tick
finds the same facts and goes on; every act is safe to repeat and every change is guarded by the version that was read.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.storage.blobs import Blob
from studiolo.runner import attempt as files
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Absent, Ended, LaunchFailed, Lost, Refused, Running, Silent, Starting
from studiolo.studio.experiments import (
    aside,
    at_once,
    attempts,
    claims,
    cleanup,
    job_secrets,
    making,
    reports,
    retention,
    surroundings,
)
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.environments import sweeping as environments
from studiolo.studio.experiments.machine import Act, Decision, Job, Seen, Sight, decide
from studiolo.studio.experiments.mlflow import ready
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.transitions import Look, any_untidy, move, untidy

log = logging.getLogger(__name__)
_AT_ONCE = 32 << 20  # bytes of outputs that are stored within a tick
_threads = ThreadPoolExecutor(2, "outputs")
_storing: dict[str, "Future[tuple[list[tuple[str, Blob]], list[str]]]"] = {}
_WORST_PAUSE = 60.0
_ALWAYS = 1_000_000
_YOUNG = 2.0  # seconds
_HOUSE_SECONDS = 2.0  # for which the house may be left as it is while one job follows on the other
_house_by: dict[tuple[str, str], float] = {}
_STEPS = 12  # transitions of one job in one tick; a job that needs more goes on in the next


def tick(ctx: Context) -> bool:
    """Advance every live job of the workspace, and keep the house; True when something changed, so that it is worth looking again soon."""
    busy = advance(ctx)
    home = (str(ctx.settings.home), ctx.workspace_id)
    if (busy or any_untidy()) and time.monotonic() < _house_by.get(home, 0.0):
        return True  # what waits for a job that has just completed begins first
    _house_by[home] = time.monotonic() + _HOUSE_SECONDS
    retention.keep_house(ctx)
    environments.tick(ctx)
    made = ready.keep_ready(ctx)
    return cleanup.tick(ctx) or made or busy


def advance(ctx: Context) -> bool:
    """Advance every live job of the workspace; True when something changed."""
    over = untidy()
    with ctx.db.glance() as tx:
        found = claims.live(tx, ctx.workspace_id)
    full: set[str] = set()  # computes whose queue has a head that must wait: those behind it wait too, so none starves
    busy = _each(ctx, found, full)
    if sum(claim.state in claims.WAITING for claim in found) >= claims.HEAD:
        busy = _behind(ctx, full) or busy
    for of, claim in over:  # now that what waited for them has begun
        aside.later(partial(attempts.tidy, of, claim, completed=True))
    return busy


QUICK = advance  # what follows at once on the end of a job


def _behind(ctx: Context, full: set[str]) -> bool:
    """Go on in the queues of other computes, where the head of the queue is all of computes that are full or stopped."""
    busy = False
    with ctx.db.read() as tx:
        names = compute.names(tx, ctx)
    while others := names - full:
        with ctx.db.read() as tx:
            found = claims.queued(tx, ctx.workspace_id, sorted(others), _aside)
        known = len(full), len(_aside)
        busy = _each(ctx, found, full) or busy
        if len(found) < claims.HEAD or (len(full), len(_aside)) == known:
            break
    return busy


def _each(ctx: Context, found: list[Claim], full: set[str]) -> bool:
    """Advance jobs, in order; adds to `full` the computes whose head must wait. True when something changed."""
    busy = False
    if any(claim.state in claims.WAITING and claim.compute != "local" for claim in found):
        with ctx.db.read() as tx:
            low = compute.yielding(tx, ctx)
        # who was asked to make room comes after those that it was made for
        found = sorted(found, key=lambda claim: claim.state in claims.WAITING and claim.compute in low)
    for claim in found:
        if claim.state == "Queued" and claim.desired != "canceled" and claim.compute in full:
            continue
        if _troubled.get(claim.id, _Trouble()).until > time.monotonic():
            continue
        try:
            with ctx.blobs.beside() as through:
                changed, waits = _advance(ctx, claim, through)
        except Exception:
            # one job's trouble must not stop the others
            trouble = _troubled.setdefault(claim.id, _Trouble(claim.seq))
            pause = trouble.again()
            log.exception("run %s (%s) could not be advanced; again in %.1f s", claim.id, claim.state, pause)
            continue
        _troubled.pop(claim.id, None)
        busy = busy or changed
        if waits and claim.seq not in _aside:
            full.add(claim.compute)
    return busy


@dataclass(slots=True)
class _Trouble:
    """A job that could not be advanced: how often in a row, and when it is tried again."""

    seq: int = 0
    times: int = 0
    until: float = 0.0

    def again(self) -> float:
        """Wait longer each time; returns the seconds."""
        self.times += 1
        pause: float = min(_WORST_PAUSE, 0.1 * 2.0 ** min(self.times, 12))
        self.until = time.monotonic() + pause
        return pause


_troubled: dict[str, _Trouble] = {}
_MOST_ASIDE = 1000
_aside: set[int] = set()  # jobs that wait for GPUs alone: those behind them that need none may go before


def _advance(ctx: Context, claim: Claim, through: Callable[[], None]) -> tuple[bool, bool]:
    """Take a job as far as it goes now; returns whether anything changed, and whether it waits for room.

    through: waits for the blobs that were stored meanwhile.
    """
    changed = False
    lead = claims.lead_of(ctx)
    launching: str | None = None  # the token of the job that is about to start
    for _ in range(_STEPS):
        # one that waits is led from the transaction on in which it begins
        if claim.state not in claims.WAITING and not lead.has(claim, ctx.clock.now()):
            with ctx.db.begin() as tx:
                if not claims.lead(tx, ctx, claim, lead):
                    break
        seen = _look(ctx, claim)
        spent: dict[str, int] = {}
        if claim.spec.retries:
            with ctx.db.glance() as tx:
                spent = claims.spent(tx, claim)
        job = Job(claim.state, claim.desired, claim.failure, _retries(ctx, claim), spent)  # type: ignore[arg-type]
        decision = decide(job, seen.seen)
        acted = _act(ctx, claim, decision.act, launching)
        if acted is not None:
            seen, decision = acted, decide(job, acted.seen)
        if decision.state == "Finalizing" and (kept := _kept_at_once(ctx, claim, seen, decision)) is not None:
            failed = replace(claim, failure=decision.failure)  # which may be a reason to run again
            job = replace(job, state="Finalizing", failure=decision.failure, retries=_retries(ctx, failed))
            seen, decision = kept, decide(job, kept.seen)
        if decision.state != claim.state:
            if not move(ctx, claim, seen, decision, lead, through):
                break
        elif not seen.again:
            return changed or acted is not None or seen.news, seen.seen.sight is Sight.waits
        if (
            decision.again or decision.state in TERMINAL
        ):  # again: it queues up like the others, who may have asked for its room
            return True, False
        changed = True
        launching = seen.token
        with ctx.db.glance() as tx:
            following = claims.again(tx, claim.seq)
        if following is None:
            break
        claim = following
    return changed, False


def _kept_at_once(ctx: Context, claim: Claim, seen: Look, decision: Decision) -> Look | None:
    """Store the outputs of a job that has just ended where that is quick, so that its end is one transition; None: it is another."""
    if seen.end is None:
        return None
    current: Claim | None = claim
    if seen.news:  # its journal goes on behind the lines that were just applied
        with ctx.db.glance() as tx:
            current = claims.again(tx, claim.seq)
    if current is None or current.version != claim.version:
        return None
    kept = _look_kept(ctx, replace(current, state="Finalizing", failure=decision.failure))
    if kept.again or kept.seen.sight is Sight.running:
        return None
    return Look(kept.seen, error=kept.error or seen.error, end=seen.end, kept=kept.kept, left=kept.left)


def _retries(ctx: Context, claim: Claim) -> Mapping[str, int]:
    """Return the retries of a job; one that had to make room runs again, however often that was."""
    if claim.failure != "preempted":
        return claim.spec.retries
    # asked for its room: also when its cluster has become dedicated since
    asked = compute.preemptible(ctx, claim.compute) or compute.wanted_back(ctx, claim.compute, claim.holder)
    return {**claim.spec.retries, "preempted": _ALWAYS} if asked else claim.spec.retries


def _look(ctx: Context, claim: Claim) -> Look:
    """See how a job stands; work that it needs to be seen (room, directory, outputs) is done here, outside of transactions."""
    if claim.state in ("NotStarted", "Queued", "Provisioning"):
        return _look_for_room(ctx, claim)
    if claim.state == "Preparing":
        return _look_prepared(ctx, claim)
    if claim.state == "Finalizing":
        return _look_kept(ctx, claim)
    return _look_at_attempt(ctx, claim)


def _look_for_room(ctx: Context, claim: Claim) -> Look:
    _aside.discard(claim.seq)
    if claim.desired == "canceled":
        return Look(Seen(Sight.waits))
    passed = [trouble.seq for trouble in _troubled.values()]
    compute.see_gpus(ctx, claim.compute, claim.spec.resources.gpus)
    with ctx.db.glance() as tx:  # it is looked at once more in the transaction that takes the room
        cores, memory, gpus, nodes = compute.at_place(tx, ctx, claim.compute, claim.spec.asked())
        if not claims.is_next(tx, ctx, claim, passed if gpus else [*passed, *_aside]):
            # behind one that waits for GPUs, who needs some waits as it does: else that one might wait for ever
            if gpus and _aside and claims.is_next(tx, ctx, claim, [*passed, *_aside]):
                _set_aside(claim)
            return Look(Seen(Sight.waits))
        room = compute.has_room(tx, ctx, claim.compute, cores, memory, claim.next_holder, gpus, nodes)
    freed = not room and compute.make_room(ctx, claim.compute, cores, memory, gpus, lambda: _waiting(ctx, claim), nodes)
    if freed:  # looked at again at once, before anybody else takes what was freed
        with ctx.db.read() as tx:
            room = compute.has_room(tx, ctx, claim.compute, cores, memory, claim.next_holder, gpus, nodes)
    if not room:
        with ctx.db.read() as tx:
            if compute.short_of_gpus(tx, ctx, claim.compute, cores, memory, gpus):
                _set_aside(claim)
        return Look(Seen(Sight.waits), news=freed)
    if not (making.is_light(claim) and compute.is_here(ctx, claim.compute)):
        return Look(Seen(Sight.fits), news=freed)
    return Look(Seen(Sight.fits_light), kept=surroundings.files(ctx, claim), news=freed)


def _waiting(ctx: Context, claim: Claim) -> int:
    with ctx.db.read() as tx:
        return claims.waiting(tx, ctx, claim.compute)


def _set_aside(claim: Claim) -> None:
    """Let those behind a job that waits for GPUs go before it, unless it waits behind too many itself: each look asks for them all."""
    if len(_aside) < _MOST_ASIDE:
        _aside.add(claim.seq)


def _look_prepared(ctx: Context, claim: Claim) -> Look:
    if claim.desired == "canceled":
        return Look(Seen(Sight.waits))
    try:
        attempts.prepare(ctx, claim)
    except attempts.Unprepared as error:
        return Look(Seen(Sight.unprepared, error.failure), error=str(error))  # type: ignore[arg-type]
    return Look(Seen(Sight.prepared), kept=surroundings.files(ctx, claim))


def _look_at_attempt(ctx: Context, claim: Claim) -> Look:  # noqa: PLR0911 - one line a sight
    place, engine = attempts.folder(ctx, claim), compute.engine(ctx, claim.compute, claim.holder)
    found = engine.poll(place)
    news = claim.state in ("Starting", "Running") and reports.apply(ctx, claim, place)
    match found:
        case Absent():
            if claim.state == "Running":
                engine.sweep(place, attempts.mark(claim))
            said = _detached(ctx, claim)
            return Look(Seen(Sight.lost if said else Sight.absent), error=said or "The folder of the attempt is gone.")
        case Silent():
            if claim.desired == "canceled":
                engine.stop(place)  # it is told as soon as it answers
            return Look(Seen(Sight.silent), news=news)
        case Refused():
            return Look(Seen(Sight.unprepared, "environment"), error=found.reason)
        case Starting():
            # its environment may take minutes, and the way of its files to another machine
            return Look(Seen(Sight.starting), news=news or (found.runner != 0 and _young(place)))
        case Running():
            return Look(Seen(Sight.running), started_at=found.started_at, news=news)
        case Ended():
            return Look(Seen(Sight.ended, found.failure), end=found, error=_sentence(found, place), news=news)  # type: ignore[arg-type]
        case Lost():
            swept = engine.sweep(place, attempts.mark(claim))  # first the sweep: nothing may run of what is called lost
            many = f" {len(swept)} processes that it left behind were ended." if swept else ""
            return Look(Seen(Sight.lost), error=found.reason + many)


def _young(place: Path) -> bool:
    """Say that an attempt has been claimed just now, so that its process is about to run."""
    try:
        return time.time() - (place / files.CLAIM).stat().st_mtime < _YOUNG
    except OSError:
        return True


def _detached(ctx: Context, claim: Claim) -> str:
    """Return what is said of a job whose machine was detached under it; it must not be started somewhere else."""
    if claim.compute in compute.built_in():
        return ""
    with ctx.db.read() as tx:
        if claim.compute in compute.names(tx, ctx):
            return ""
    return f"The compute '{claim.compute}' was detached while it ran; whether it goes on there is not known."


def _look_kept(ctx: Context, claim: Claim) -> Look:
    """Apply the rest of the journal and store the outputs."""
    place = attempts.folder(ctx, claim)
    if reports.apply(ctx, claim, place):
        return Look(Seen(Sight.running), again=True)
    try:
        stored = _store(ctx, claim)
    except (OSError, StudioloError) as error:
        return Look(Seen(Sight.unkept, "environment"), error=f"The outputs could not be stored: {error}")
    if stored is None:
        return Look(Seen(Sight.running))
    return Look(Seen(Sight.kept), kept=stored[0], left=stored[1])


def _store(ctx: Context, claim: Claim) -> tuple[list[tuple[str, Blob]], list[str]] | None:
    """Store the outputs: at once when they are small, else in a thread, so that other jobs do not wait; None: not yet."""
    work = _storing.get(claim.holder)
    if work is None:
        if (few := attempts.few_outputs(ctx, claim, _AT_ONCE)) is not None:
            return attempts.outputs(ctx, claim, few)
        work = _storing[claim.holder] = _threads.submit(attempts.outputs, ctx, claim)
    if not work.done():
        return None
    del _storing[claim.holder]
    return work.result()


def _act(ctx: Context, claim: Claim, act: Act | None, token: str | None) -> Look | None:
    """Do what was decided; returns what is seen by it at once. token: of the job, when it was just made."""
    if act is None:
        return None
    place, engine = attempts.folder(ctx, claim), compute.engine(ctx, claim.compute, claim.holder)
    match act:
        case Act.stop:
            engine.stop(place)
            return None
        case Act.bar:
            if engine.bar(place, "canceled"):
                return Look(Seen(Sight.barred))
            return None
        case Act.launch:
            if failed := _launch(ctx, claim, place, token):
                return failed
    # how it stands is seen in the next tick; a short job has ended by then
    return Look(Seen(Sight.starting), news=True)


def _launch(ctx: Context, claim: Claim, place: Path, token: str | None) -> Look | None:
    """Start the attempt with its token and its secrets; returns why it cannot be started."""
    try:
        attempts.prepare(ctx, claim)  # unless it is there
        handed = job_secrets.hand(ctx, claim)
        if token is None:
            token = at_once.token(claim.holder)
        if token is None:  # who made the last one was killed before it could hand it over
            with ctx.db.begin() as tx:
                token = claims.job_token(tx, ctx, claim)
        compute.engine(ctx, claim.compute, claim.holder).start(place, attempts.order(ctx, claim, token), handed)
    except attempts.Unprepared as error:
        return Look(Seen(Sight.unprepared, error.failure), error=str(error))  # type: ignore[arg-type]
    except (LaunchFailed, StudioloError) as error:
        return Look(Seen(Sight.unprepared, "environment"), error=str(error))
    return None


def _sentence(end: Ended, place: Path) -> str | None:
    """Return what a person reads: the exit, and of a program that failed its last words."""
    if end.failure != "user_error":
        return end.error
    if known := (files.read_json(str(place), files.FAILURE) or {}).get("error"):  # of a program of ours that ran it
        return str(known)
    said = attempts.last_line(place)
    told = bool(end.error and end.error[:100] in said)  # by a program of ours, which wrote it there
    return f"{end.error} The log ends with: {said}" if said and not told else end.error
