"""The tick of the workspace: webhooks and mail tell what happened, and what is over is forgotten."""

from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from studiolo.kernel.auth import members
from studiolo.kernel.auth.service import DEFAULT_WORKSPACE
from studiolo.kernel.auth.throttle import FORGET_SECONDS
from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.kernel.events import outbox
from studiolo.studio.workspace import webhook_delivery
from studiolo.studio.workspace.notices import mailing
from studiolo.studio.workspace.vault import bin as vault_bin
from studiolo.studio.workspace.vault import rotation

LATE = timedelta(minutes=10)  # what is over may stay so long, so that it goes in one sweep and not row by row
SPOOL = timedelta(days=1)
EVERY = timedelta(seconds=10)
_kept: WeakKeyDictionary[Database, datetime] = WeakKeyDictionary()  # when it was looked last


def tick(ctx: Context) -> bool:
    """Tell webhooks what happened, send mail, and remove what is over in the whole house; True when anybody was told something."""
    told = webhook_delivery.tick(ctx)
    told = mailing.tick(ctx) or told
    if ctx.workspace == DEFAULT_WORKSPACE:
        now = ctx.clock.now()
        last = _kept.get(ctx.db)
        if last is None or not timedelta(0) <= now - last < EVERY:
            _keep_house(ctx)
            rotation.keep_on(ctx)
            vault_bin.empty(ctx)
            _kept[ctx.db] = now
    return told


def _keep_house(ctx: Context) -> None:
    """Remove old events, ended sessions and links, and the remains of broken uploads; looks first and seldom writes."""
    now = ctx.clock.now()
    with ctx.db.read() as tx:
        events_over = outbox.any_before(tx, now - timedelta(hours=ctx.settings.events_keep_hours) - LATE)
        auth_over = members.anything_over(tx, now - timedelta(seconds=FORGET_SECONDS) - LATE)
    if events_over:
        ctx.db.write(lambda tx: outbox.forget(tx, ctx.clock, ctx.settings.events_keep_hours))
    if auth_over:
        ctx.db.write(lambda tx: members.forget_over(tx, now, now - timedelta(seconds=FORGET_SECONDS)))
    ctx.blobs.sweep_spool(now - SPOOL)
