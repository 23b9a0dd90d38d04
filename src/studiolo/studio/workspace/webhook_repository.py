"""All SQL of webhooks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, func, insert, or_, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.events import outbox
from studiolo.studio.workspace.webhook_schemas import Delivery, Webhook
from studiolo.studio.workspace.webhook_tables import webhook_deliveries as log
from studiolo.studio.workspace.webhook_tables import webhooks

Row = Any


def all_(tx: Connection, ctx: Context) -> list[Row]:
    """Return the webhooks of the workspace, oldest first."""
    query = select(webhooks).where(webhooks.c.workspace_id == ctx.workspace_id)
    return list(tx.execute(query.order_by(webhooks.c.id)))


# asked at every tick of the controller, and to build a statement takes longer than to run it
_ACTIVE = Prepared(select(webhooks).where(webhooks.c.workspace_id == bindparam("workspace_id"), webhooks.c.active))
_DUE = Prepared(
    select(log.c.id, log.c.webhook, log.c.attempts)
    .where(log.c.workspace_id == bindparam("workspace_id"), log.c.state == "pending", log.c.next_at <= bindparam("now"))
    .order_by(log.c.next_at)
    .limit(bindparam("most", type_=Integer))
)


def active(tx: Connection, ctx: Context) -> list[Row]:
    """Return the webhooks that are to be told."""
    return _ACTIVE.all(tx, {"workspace_id": ctx.workspace_id})


def find(tx: Connection, ctx: Context, webhook_id: str) -> Row | None:
    """Return a webhook of the workspace."""
    where = (webhooks.c.workspace_id == ctx.workspace_id, webhooks.c.id == webhook_id)
    return tx.execute(select(webhooks).where(*where)).first()


def count(tx: Connection, ctx: Context) -> int:
    """Return how many the workspace has."""
    query = select(func.count()).where(webhooks.c.workspace_id == ctx.workspace_id)
    return int(tx.execute(query).scalar_one())


def insert_one(tx: Connection, ctx: Context, values: dict[str, Any]) -> None:
    """Insert a webhook; it is told of what happens from now on."""
    newest = outbox.newest(tx)
    tx.execute(insert(webhooks).values(**values, workspace_id=ctx.workspace_id, since=newest, position=newest))


def change(tx: Connection, webhook_id: str, values: dict[str, Any]) -> None:
    """Change columns of a webhook; one that becomes active is told of what happens from now on."""
    if values.get("active"):
        newest = outbox.newest(tx)
        values = {**values, "since": newest, "position": newest}
    tx.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**values))


def remove(tx: Connection, webhook_id: str) -> None:
    """Delete a webhook with its log."""
    tx.execute(delete(webhooks).where(webhooks.c.id == webhook_id))


def plan(tx: Connection, ctx: Context, rows: Sequence[dict[str, Any]], positions: dict[str, int]) -> int:
    """Write deliveries, each event once for a webhook, and how far the webhooks have come; returns how many are new."""
    made = 0
    for row in rows:
        values = {"workspace_id": ctx.workspace_id, "state": "pending", "attempts": 0, **row}
        change = ctx.db.upsert(log).on_conflict_do_nothing(index_elements=["webhook", "event"])
        made += max(0, tx.execute(change, values).rowcount)
    for webhook_id, position in positions.items():
        where = (webhooks.c.id == webhook_id, webhooks.c.position < position)
        tx.execute(update(webhooks).where(*where).values(position=position))
    return made


def due(tx: Connection, ctx: Context, now: datetime, limit: int) -> list[Row]:
    """Return deliveries that are to be sent now, those that wait longest first."""
    return _DUE.all(tx, {"workspace_id": ctx.workspace_id, "now": now, "most": limit})


def take(tx: Connection, delivery_id: str, now: datetime, until: datetime) -> Row | None:
    """Take a delivery that is due, so that nobody else sends it before `until`; None when somebody did."""
    where = (log.c.id == delivery_id, log.c.state == "pending", log.c.next_at <= now)
    if not tx.execute(
        update(log).where(*where).values(attempts=log.c.attempts + 1, next_at=until, sent_at=now)
    ).rowcount:
        return None
    query = select(log, webhooks.c.url, webhooks.c.secret, webhooks.c.active).join(
        webhooks, webhooks.c.id == log.c.webhook
    )
    return tx.execute(query.where(log.c.id == delivery_id)).first()


def finish(tx: Connection, delivery_id: str, values: dict[str, Any]) -> None:
    """Write what came of an attempt."""
    tx.execute(update(log).where(log.c.id == delivery_id).values(**values))


def insert_delivery(tx: Connection, ctx: Context, values: dict[str, Any]) -> None:
    """Write a delivery that was made at once."""
    tx.execute(insert(log).values(workspace_id=ctx.workspace_id, **values))


def delivery(tx: Connection, webhook_id: str, delivery_id: str) -> Row | None:
    """Return a delivery of a webhook."""
    return tx.execute(select(log).where(log.c.webhook == webhook_id, log.c.id == delivery_id)).first()


def deliveries(tx: Connection, webhook_id: str, before: str | None, limit: int) -> list[Row]:
    """Return deliveries, newest first."""
    query = select(log).where(log.c.webhook == webhook_id)
    if before:
        query = query.where(log.c.id < before)
    return list(tx.execute(query.order_by(log.c.id.desc()).limit(limit)))


def forget(tx: Connection, ctx: Context, before: datetime, event: int) -> int:
    """Remove finished deliveries older than a moment whose events nobody reads again."""
    old = (log.c.workspace_id == ctx.workspace_id, log.c.state != "pending", log.c.created_at < before)
    return tx.execute(delete(log).where(*old, or_(log.c.event.is_(None), log.c.event < event))).rowcount


def to_webhook(row: Row, url: str) -> Webhook:
    """Return a webhook as it is shown."""
    return Webhook(
        id=row.id,
        name=row.name,
        url=url,
        events=row.events,
        description=row.description,
        status="active" if row.active else "disabled",
        has_secret=row.secret is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def to_delivery(row: Row) -> Delivery:
    """Return a delivery as it is shown."""
    shown = {name: getattr(row, name) for name in Delivery.model_fields if name != "test"}
    if row.state != "pending":
        shown["next_at"] = None
    return Delivery(test=row.event is None, **shown)
