"""The controller's tick of experiments: brings the rows of jobs and what really runs together.

Level-triggered: each tick reads the live jobs, looks at their attempt directories and acts. Killed at any point, the next tick
finds the same facts and goes on; every act is safe to repeat and every change is guarded by the version that was read.
"""

import hashlib
import logging
import platform
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Absent, Ended, LaunchFailed, Lost, Running, Starting
from studiolo.studio.experiments import (
    artifacts,
    attempts,
    claims,
    cleanup,
    job_secrets,
    registering,
    reports,
    repository,
    retention,
    surroundings,
)
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.environments import sweeping as environments
from studiolo.studio.experiments.machine import Act, Decision, Job, Seen, Sight, decide
from studiolo.studio.experiments.mlflow import ready
from studiolo.studio.experiments.schemas import TERMINAL

log = logging.getLogger(__name__)
_AT_ONCE = 32 << 20  # bytes of outputs that are stored within a tick
_threads = ThreadPoolExecutor(2, "outputs")
_storing: dict[str, "Future[tuple[list[tuple[str, Blob]], list[str]]]"] = {}
_WORST_PAUSE = 60.0
_ALWAYS = 1_000_000
_STEPS = 12  # transitions of one job in one tick; a job that needs more goes on in the next


def tick(ctx: Context) -> bool:
    """Advance every live job of the workspace; True when something changed, so that it is worth looking again soon."""
    with ctx.db.read() as tx:
        found = claims.live(tx, ctx.workspace_id)
    busy = False
    full: set[str] = set()  # computes whose queue has a head that must wait: those behind it wait too, so none starves
    for claim in found:
        if claim.state == "Queued" and claim.desired != "canceled" and claim.compute in full:
            continue
        if _troubled.get(claim.id, _Trouble()).until > time.monotonic():
            continue
        try:
            changed, waits = _advance(ctx, claim)
        except Exception:
            # one job's trouble must not stop the others
            trouble = _troubled.setdefault(claim.id, _Trouble(claim.seq))
            pause = trouble.again()
            log.exception("run %s (%s) could not be advanced; again in %.1f s", claim.id, claim.state, pause)
            continue
        _troubled.pop(claim.id, None)
        busy = busy or changed
        if waits:
            full.add(claim.compute)
    retention.keep_house(ctx)
    environments.tick(ctx)
    made = ready.keep_ready(ctx)
    return cleanup.tick(ctx) or made or busy


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


def token_of(ctx: Context) -> str:
    """Return the name under which the controller of this home leads jobs: a new one goes on where a killed one stopped.

    There is one controller per home (`controller.lock`), so the name is the home's.
    """
    return hashlib.sha256(f"{platform.node()}:{ctx.settings.home}".encode()).hexdigest()[:32]


def _advance(ctx: Context, claim: Claim) -> tuple[bool, bool]:
    """Take a job as far as it goes now; returns whether anything changed, and whether it waits for room."""
    changed = False
    token = token_of(ctx)
    for _ in range(_STEPS):
        if not claims.leads(claim, token, ctx.clock.now(), ctx.settings.lease_seconds):
            with ctx.db.begin() as tx:
                if not claims.lead(tx, ctx, claim, token):
                    return changed, False
        seen = _look(ctx, claim)
        with ctx.db.read() as tx:
            spent = claims.spent(tx, claim) if claim.spec.retries else {}
        job = Job(claim.state, claim.desired, claim.failure, _retries(ctx, claim), spent)  # type: ignore[arg-type]
        decision = decide(job, seen.seen)
        acted = _act(ctx, claim, decision.act)
        if acted is not None:
            seen, decision = acted, decide(job, acted.seen)
        if decision.state != claim.state:
            if not _move(ctx, claim, seen, decision):
                return changed, False
        elif not seen.again:
            return changed or acted is not None or seen.news, seen.seen.sight is Sight.waits
        changed = True
        with ctx.db.read() as tx:
            following = claims.again(tx, claim.seq)
        if following is None:
            return True, False
        claim = following
    return True, False


def _retries(ctx: Context, claim: Claim) -> Mapping[str, int]:
    """Return the retries of a job; one that had to make room runs again, however often that was."""
    if claim.failure == "preempted" and compute.preemptible(ctx, claim.compute):
        return {**claim.spec.retries, "preempted": _ALWAYS}
    return claim.spec.retries


class _Look:
    """What was seen, with what is to be recorded of it.

    news: lines of the journal were applied; again: look once more at once, there may be others.
    """

    def __init__(
        self,
        seen: Seen,
        *,
        error: str | None = None,
        end: Ended | None = None,
        started_at: float | None = None,
        kept: list[tuple[str, Blob]] | None = None,
        left: list[str] | None = None,
        news: bool = False,
        again: bool = False,
    ) -> None:
        self.seen, self.error, self.end, self.started_at = seen, error, end, started_at
        self.kept, self.left, self.news, self.again = kept or [], left or [], news, again


def _look(ctx: Context, claim: Claim) -> _Look:
    """See how a job stands; work that it needs to be seen (room, directory, outputs) is done here, outside of transactions."""
    if claim.state in ("NotStarted", "Queued", "Provisioning"):
        return _look_for_room(ctx, claim)
    if claim.state == "Preparing":
        return _look_prepared(ctx, claim)
    if claim.state == "Finalizing":
        return _look_kept(ctx, claim)
    return _look_at_attempt(ctx, claim)


def _look_for_room(ctx: Context, claim: Claim) -> _Look:
    if claim.desired == "canceled":
        return _Look(Seen(Sight.waits))
    needs = claim.spec.resources
    with ctx.db.read() as tx:
        if not claims.is_next(tx, ctx, claim, [trouble.seq for trouble in _troubled.values()]):
            return _Look(Seen(Sight.waits))
        room = compute.has_room(tx, ctx, claim.compute, needs.cores, needs.memory_bytes, claim.next_holder)
    if not room:
        news = compute.make_room(ctx, claim.compute, needs.cores, needs.memory_bytes)
        return _Look(Seen(Sight.waits), news=news)
    with ctx.db.begin() as tx:
        room = compute.reserve(
            tx,
            ctx,
            claim.compute,
            claim.next_holder,
            cores=needs.cores,
            memory_bytes=needs.memory_bytes,
            title=claim.name,
            run_id=claim.id,
        )
    return _Look(Seen(Sight.fits if room else Sight.waits))


def _look_prepared(ctx: Context, claim: Claim) -> _Look:
    if claim.desired == "canceled":
        return _Look(Seen(Sight.waits))
    try:
        attempts.prepare(ctx, claim)
    except attempts.Unprepared as error:
        return _Look(Seen(Sight.unprepared, error.failure), error=str(error))  # type: ignore[arg-type]
    surroundings.keep(ctx, claim)
    return _Look(Seen(Sight.prepared))


def _look_at_attempt(ctx: Context, claim: Claim) -> _Look:
    place, engine = attempts.folder(ctx, claim), compute.engine(claim.compute)
    found = engine.poll(place)
    news = claim.state == "Running" and reports.apply(ctx, claim, place)
    match found:
        case Absent():
            if claim.state == "Running":
                engine.sweep(place, attempts.mark(claim))
            return _Look(Seen(Sight.absent), error="The folder of the attempt is gone.")
        case Starting():
            return _Look(Seen(Sight.starting), news=True)
        case Running():
            if claim.attempt and compute.wanted_back(ctx, claim.compute, claim.holder):
                engine.preempt(place)
            return _Look(Seen(Sight.running), started_at=found.started_at, news=news)
        case Ended():
            return _Look(Seen(Sight.ended, found.failure), end=found, error=_sentence(found, place))  # type: ignore[arg-type]
        case Lost():
            swept = engine.sweep(place, attempts.mark(claim))  # first the sweep: nothing may run of what is called lost
            many = f" {len(swept)} processes that it left behind were ended." if swept else ""
            return _Look(Seen(Sight.lost), error=found.reason + many)


def _look_kept(ctx: Context, claim: Claim) -> _Look:
    """Apply the rest of the journal and store the outputs."""
    place = attempts.folder(ctx, claim)
    if reports.apply(ctx, claim, place):
        return _Look(Seen(Sight.running), again=True)
    try:
        stored = _store(ctx, claim)
    except (OSError, StudioloError) as error:
        return _Look(Seen(Sight.unkept, "environment"), error=f"The outputs could not be stored: {error}")
    if stored is None:
        return _Look(Seen(Sight.running))
    return _Look(Seen(Sight.kept), kept=stored[0], left=stored[1])


def _store(ctx: Context, claim: Claim) -> tuple[list[tuple[str, Blob]], list[str]] | None:
    """Store the outputs: at once when they are small, else in a thread, so that other jobs do not wait; None: not yet."""
    work = _storing.get(claim.holder)
    if work is None:
        if attempts.outputs_size(ctx, claim) <= _AT_ONCE:
            return attempts.outputs(ctx, claim)
        work = _storing[claim.holder] = _threads.submit(attempts.outputs, ctx, claim)
    if not work.done():
        return None
    del _storing[claim.holder]
    return work.result()


def _act(ctx: Context, claim: Claim, act: Act | None) -> _Look | None:
    """Do what was decided; returns what is seen by it at once."""
    if act is None:
        return None
    place, engine = attempts.folder(ctx, claim), compute.engine(claim.compute)
    match act:
        case Act.stop:
            engine.stop(place)
            return None
        case Act.bar:
            if engine.bar(place, "canceled"):
                return _Look(Seen(Sight.barred))
            return None
        case Act.launch:
            if said := _launch(ctx, claim, place):
                return _Look(Seen(Sight.unprepared, "environment"), error=said)
    return _look_at_attempt(ctx, claim)


def _launch(ctx: Context, claim: Claim, place: Path) -> str:
    """Start the attempt with its token and its secrets; returns why it cannot be started."""
    try:
        handed = job_secrets.hand(ctx, claim)
        with ctx.db.begin() as tx:
            account = claims.account_of(tx, claim.user)
            hours = ctx.settings.job_token_hours
            token = auth.job_token(tx, ctx.clock, account, ctx.workspace_id, claim.id, hours) if account else None
        compute.engine(claim.compute).start(place, attempts.order(ctx, claim, token), handed)
    except (LaunchFailed, StudioloError) as error:
        return str(error)
    return ""


def _move(ctx: Context, claim: Claim, seen: _Look, decision: Decision) -> bool:
    """Record a transition and all that belongs to it, in one transaction."""
    values: dict[str, Any] = {"failure": decision.failure}
    over = decision.state in TERMINAL
    if decision.state == "Preparing":
        values |= {"attempt": claim.attempt + 1, "journal_offset": 0, "exit_code": None, "error": None}
    if decision.state == "Running" and claim.started_at is None and seen.started_at is not None:
        values["started_at"] = _moment(seen.started_at)
    if seen.end is not None:
        values |= {"exit_code": seen.end.code, "ended_at": _moment(seen.end.ended_at)}
        values |= {"started_at": claim.started_at or _moment(seen.end.started_at)}
    elif over and claim.state != "Finalizing":  # an attempt that ran to its end has its time already
        values["ended_at"] = ctx.clock.now()
    if seen.end is not None or seen.error is not None:
        values["error"] = seen.error
    with ctx.db.begin() as tx:
        if not claims.move(tx, claim, decision.state, values):
            return False
        if seen.end is not None or ((over or decision.again) and claim.state not in ("Queued", "Finalizing")):
            claims.note_attempt(tx, ctx, claim, _attempt(ctx, claim, seen, decision))
        if over or decision.again:
            compute.release(tx, ctx, claim.holder)
            if claim.state == "Queued":  # room was kept for the attempt that is not made now
                compute.release(tx, ctx, claim.next_holder)
            auth.revoke_run_tokens(tx, ctx.clock, claim.id)
            _keep(tx, ctx, claim, seen)
            _close_children(tx, ctx, claim, decision.state)
        if over:
            registering.ended(tx, claim.seq, completed=decision.state == "Completed")
        _tell(tx, ctx, claim, decision)
    if claim.state == "Finalizing" and (over or decision.again):
        attempts.tidy(ctx, claim, completed=decision.state == "Completed")
    log.info("run %s: %s -> %s %s", claim.id, claim.state, decision.state, decision.failure or "")
    return True


def _attempt(ctx: Context, claim: Claim, seen: _Look, decision: Decision) -> dict[str, Any]:
    end = seen.end
    if end is None:
        return {
            "failure": decision.failure,
            "error": seen.error,
            "started_at": claim.started_at,
            "ended_at": ctx.clock.now(),
        }
    return {
        "failure": end.failure,
        "exit_code": end.code,
        "error": seen.error,
        "peak_memory_bytes": end.record.get("peak_memory_bytes"),
        "cpu_seconds": end.record.get("cpu_seconds"),
        "left_behind": end.record.get("left_behind"),
        "started_at": _moment(end.started_at),
        "ended_at": _moment(end.ended_at),
    }


def _keep(tx: Connection, ctx: Context, claim: Claim, seen: _Look) -> None:
    """Publish the outputs in the transaction that ends the job: both are there or neither."""
    artifacts.put_all(tx, ctx, claim.id, seen.kept)
    if seen.left:
        repository.put_document(tx, ctx, claim.seq, "studio/outputs_left_out", seen.left)


def _close_children(tx: Connection, ctx: Context, claim: Claim, state: str) -> None:
    """End the children that the job left open; what it did not finish was not finished."""
    open_ = claims.open_children(tx, claim.id)
    ending = state if state in ("Failed", "Lost") else "Canceled"
    failure = {"Failed": "user_error", "Lost": "lost"}.get(ending, "canceled")
    error = "The job ended before this run was finished."
    values = {"state": ending, "failure": failure, "error": error, "ended_at": ctx.clock.now()}
    claims.close(tx, [child.seq for child in open_], values)
    for child in open_:
        ctx.events.emit(tx, "run.updated", child.id, {"kind": child.kind, "state": ending, "parent_id": claim.id})


def _tell(tx: Connection, ctx: Context, claim: Claim, decision: Decision) -> None:
    data = {"run_id": claim.id, "kind": claim.kind, "state": decision.state, "failure": decision.failure}
    data |= {"parent_id": claim.parent_id, "experiment_id": str(claim.experiment), "name": claim.name}
    ctx.events.emit(tx, "run.updated", claim.id, data)
    if decision.state in TERMINAL:
        ctx.events.emit(tx, f"run.{decision.state.lower()}", claim.id, data)


def _sentence(end: Ended, place: Path) -> str | None:
    """Return what a person reads: the exit, and of a program that failed its last words."""
    if end.failure != "user_error":
        return end.error
    said = attempts.last_line(place)
    return f"{end.error} The log ends with: {said}" if said else end.error


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
