"""The tick of the workspace: what is over is forgotten."""

from datetime import timedelta

from studiolo.kernel.auth import members
from studiolo.kernel.auth.service import DEFAULT_WORKSPACE
from studiolo.kernel.auth.throttle import FORGET_SECONDS
from studiolo.kernel.context import Context
from studiolo.kernel.events import outbox

LATE = timedelta(minutes=10)  # what is over may stay so long, so that it goes in one sweep and not row by row
SPOOL = timedelta(days=1)


def tick(ctx: Context) -> bool:
    """Remove old events, ended sessions and links, and the remains of broken uploads, of the whole house.

    Looks first and seldom writes. Returns False always: nobody waits for this.
    """
    if ctx.workspace != DEFAULT_WORKSPACE:
        return False
    now = ctx.clock.now()
    with ctx.db.read() as tx:
        events_over = outbox.any_before(tx, now - timedelta(hours=ctx.settings.events_keep_hours) - LATE)
        auth_over = members.anything_over(tx, now - timedelta(seconds=FORGET_SECONDS) - LATE)
    if events_over:
        ctx.db.write(lambda tx: outbox.forget(tx, ctx.clock, ctx.settings.events_keep_hours))
    if auth_over:
        ctx.db.write(lambda tx: members.forget_over(tx, now, now - timedelta(seconds=FORGET_SECONDS)))
    ctx.blobs.sweep_spool(now - SPOOL)
    return False
