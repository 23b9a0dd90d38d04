"""A job that begins in the transaction that queues it, where none waits before it and there is room on this machine: a step of a pipeline
is not looked for once more, and one transaction less is waited for. Where that is not so it waits in the queue as all do.

Its token is handed on in memory. Killed before it is used, the controller finds a job that is about to start, and makes another.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.experiments import claims, making, surroundings, transitions
from studiolo.studio.experiments.machine import Decision, Seen, Sight
from studiolo.studio.experiments.transitions import Look

log = logging.getLogger(__name__)
Begun = tuple[str, str | None]  # name of an attempt, and the token of its job
_MOST = 1000
_tokens: dict[str, str | None] = {}


def begin(tx: Connection, ctx: Context, run_id: str, passed: Sequence[int] = ()) -> Begun | None:
    """Begin a job that was queued in this transaction; None, and nothing is changed, where it is to wait.

    passed: jobs that others may go before. Who has committed hands the result on (`hand_on`).
    """
    claim = claims.queued_as(tx, run_id)
    if claim is None or claim.compute != "local" or claim.spec.resources.gpus or not making.is_light(claim):
        return None
    if not claims.is_next(tx, ctx, claim, passed):
        return None
    if not transitions.reserve(tx, ctx, claim):
        return None
    seen = Look(Seen(Sight.fits_light), kept=surroundings.files(ctx, claim))
    transitions.begin(tx, ctx, claim, seen, Decision("Starting"), claims.lead_of(ctx))
    return claim.next_holder, seen.token


def hand_on(begun: Sequence[Begun]) -> None:
    """Keep the tokens of jobs whose beginning was committed, for who starts them."""
    if len(_tokens) >= _MOST:
        _tokens.clear()
    _tokens.update(begun)
    for holder, _ in begun:
        log.info("run %s: Queued -> Starting", holder.partition("/")[0])


def token(holder: str) -> str | None:
    """Return the token of a job that began at once, once."""
    return _tokens.pop(holder, None)
