"""What was deleted goes for good when its time is over."""

from datetime import timedelta

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.studio.workspace.vault import repository


def empty(ctx: Context) -> None:
    """Remove secrets of the whole house that have been in the bin for the retention time; seldom writes."""
    before = ctx.clock.now() - timedelta(days=ctx.settings.retention_days)
    with ctx.db.read() as tx:
        over = repository.in_bin_since(tx, before)
    if not over:
        return
    with ctx.db.begin() as tx:
        for row in repository.in_bin_since(tx, before):
            repository.remove(tx, row.id)
            auth.audit(tx, ctx.clock, row.workspace_id, ctx.actor.id, "secret.removed", row.name)
