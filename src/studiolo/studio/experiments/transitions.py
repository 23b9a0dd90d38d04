"""What a transition of a job records, in one transaction: its state, its room, what its attempt came to, its outputs, its events."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Ended
from studiolo.studio.experiments import artifacts, attempts, claims, registering, repository, tracking, warm_start
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.machine import Decision, Seen, Sight
from studiolo.studio.experiments.schemas import TERMINAL

log = logging.getLogger(__name__)
_SAID = 300  # characters of an error
# completed jobs; lost with the process, which costs room until old attempts are cleared
_untidy: list[tuple[Context, Claim]] = []


class _Full(Exception):
    """Somebody else has taken the room since it was seen: nothing of the transition is recorded."""


class Look:
    """What was seen, with what is to be recorded of it.

    news: lines of the journal were applied; again: look once more at once, there may be others; kept: files of the run from now on.
    token: of the job that is to start, once it is recorded.
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
        self.token: str | None = None


def move(
    ctx: Context, claim: Claim, seen: Look, decision: Decision, lead: claims.Lead, through: Callable[[], None]
) -> bool:
    """Record a transition and all that belongs to it, in one transaction. through: waits for the blobs that it names."""
    values: dict[str, Any] = {"failure": decision.failure}
    over = decision.state in TERMINAL
    if _begins(claim, decision):
        values |= _anew(claim)
    if decision.state == "Running" and claim.started_at is None and seen.started_at is not None:
        values["started_at"] = _moment(seen.started_at)
    if seen.end is not None:
        values |= {"exit_code": seen.end.code, "ended_at": _moment(seen.end.ended_at)}
        values |= {"started_at": claim.started_at or _moment(seen.end.started_at)}
    elif over and claim.state != "Finalizing":  # an attempt that ran to its end has its time already
        values["ended_at"] = ctx.clock.now()
    if seen.end is not None or seen.error is not None:
        values["error"] = seen.error
    try:
        with ctx.db.begin() as tx:
            if not claims.move(tx, ctx, claim, decision.state, values, lead):
                return False
            _record(tx, ctx, claim, seen, decision)
            through()
    except _Full:
        return False
    if (claim.state == "Finalizing" or seen.end is not None) and (over or decision.again):
        if decision.state == "Completed":  # what waits for it begins first
            _untidy.append((ctx, claim))
        else:
            attempts.tidy(ctx, claim, completed=False, again=decision.again)
    log.info("run %s: %s -> %s %s", claim.id, claim.state, decision.state, decision.failure or "")
    return True


def begin(tx: Connection, ctx: Context, claim: Claim, seen: Look, decision: Decision, lead: claims.Lead) -> None:
    """Record the transition that makes an attempt of a job that this transaction queued, and holds the room of (`reserve`)."""
    if not claims.move(tx, ctx, claim, decision.state, {"failure": None, **_anew(claim)}, lead):
        raise AssertionError(claim.id)
    _record(tx, ctx, claim, seen, decision)


def _anew(claim: Claim) -> dict[str, Any]:
    """Return the columns of a job whose next attempt begins."""
    return {"attempt": claim.attempt + 1, "journal_offset": 0, "exit_code": None, "error": None}


def any_untidy() -> bool:
    """Say whether a job has completed whose attempt is still to be tidied."""
    return bool(_untidy)


def untidy() -> list[tuple[Context, Claim]]:
    """Return, once, the completed jobs whose attempts are still to be tidied."""
    found = _untidy[:]
    del _untidy[: len(found)]
    return found


def _record(tx: Connection, ctx: Context, claim: Claim, seen: Look, decision: Decision) -> None:
    over = decision.state in TERMINAL
    if _begins(claim, decision) and not reserve(tx, ctx, claim):
        raise _Full
    if decision.state == "Starting":
        _name(tx, ctx, claim, seen)
        seen.token = claims.job_token(tx, ctx, claim)
    if seen.end is not None or ((over or decision.again) and claim.state not in ("Queued", "Finalizing")):
        claims.note_attempt(tx, ctx, claim, _attempt(ctx, claim, seen, decision))
    elif seen.seen.sight is Sight.unkept:  # else it would not be counted among the retries
        claims.note_attempt(tx, ctx, claim, {"failure": decision.failure, "error": seen.error})
    if seen.end is not None and seen.end.record.get("warm"):
        tracking.record(tx, ctx, claim.seq, tags={warm_start.TAG: "true"})
    if over or decision.again:
        ended_at = _moment(seen.end.ended_at) if seen.end is not None else claim.ended_at
        compute.release(tx, ctx, claim.holder, _outcome(seen, decision), ended_at)
        if claim.state == "Queued":  # room was kept for the attempt that is not made now
            compute.release(tx, ctx, claim.next_holder)
        auth.revoke_run_tokens(tx, ctx.clock, claim.id)
        _keep(tx, ctx, claim, seen)
        _close_children(tx, ctx, claim, decision.state)
    if over:
        registering.ended(tx, claim.seq, completed=decision.state == "Completed")
    _tell(tx, ctx, claim, decision)


def _outcome(seen: Look, decision: Decision) -> str:
    """Say how an attempt ended, for the log of its node."""
    if decision.failure is None:
        return decision.state
    said = " ".join((seen.error or "").split())[:_SAID].rstrip(".")
    then = ", and is queued again" if decision.again else ""
    return f"{decision.failure}{f' ({said})' if said else ''}{then}"


def _begins(claim: Claim, decision: Decision) -> bool:
    """Say whether a transition is the one that makes an attempt of a job that waited."""
    return claim.state in claims.WAITING and decision.state in ("Preparing", "Starting")


def _name(tx: Connection, ctx: Context, claim: Claim, seen: Look) -> None:
    """Name stored blobs as files of the run."""
    root = artifacts.run_root(claim.experiment, claim.id)
    artifacts.put_at_all(tx, ctx, [(f"{root}/{artifacts.clean(path)}", blob) for path, blob in seen.kept])


def reserve(tx: Connection, ctx: Context, claim: Claim) -> bool:
    """Hold the room of an attempt in the transaction that makes it: killed in between, nothing is held by a job that waits."""
    needs = compute.at_place(tx, ctx, claim.compute, claim.spec.asked())
    return compute.reserve(
        tx,
        ctx,
        claim.compute,
        claim.next_holder,
        cores=needs.cores,
        memory_bytes=needs.memory_bytes,
        gpus=needs.gpus,
        nodes=needs.nodes,
        title=claim.name,
        run_id=claim.id,
    )


def _attempt(ctx: Context, claim: Claim, seen: Look, decision: Decision) -> dict[str, Any]:
    end = seen.end
    if end is None:
        return {
            "failure": decision.failure,
            "error": seen.error,
            "started_at": claim.started_at,
            "ended_at": ctx.clock.now(),
        }
    return {
        "failure": decision.failure,  # the end's, unless its outputs could not be kept
        "exit_code": end.code,
        "error": seen.error,
        "peak_memory_bytes": end.record.get("peak_memory_bytes"),
        "cpu_seconds": end.record.get("cpu_seconds"),
        "left_behind": end.record.get("left_behind"),
        "started_at": _moment(end.started_at),
        "ended_at": _moment(end.ended_at),
    }


def _keep(tx: Connection, ctx: Context, claim: Claim, seen: Look) -> None:
    """Publish the outputs in the transaction that ends the job: both are there or neither."""
    _name(tx, ctx, claim, seen)
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


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
