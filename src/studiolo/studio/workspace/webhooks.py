"""The verbs of webhooks: who is told of what. What is sent and when is in `webhook_delivery`."""

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.ids import new_id
from studiolo.kernel.nearest import nearest
from studiolo.kernel.outbound import check_url
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.secrets.envelope import seal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.workspace import webhook_delivery, webhook_repository
from studiolo.studio.workspace.errors import DeliveryNotFound, TooManyWebhooks, WebhookNotFound
from studiolo.studio.workspace.webhook_events import EVENTS
from studiolo.studio.workspace.webhook_schemas import Delivery, Webhook, WebhookCreate, WebhookPatch

MOST = 100  # of a workspace


def list_(ctx: Context) -> list[Webhook]:
    """Return the webhooks, oldest first."""
    with ctx.db.read() as tx:
        return [_shown(ctx, row) for row in webhook_repository.all_(tx, ctx)]


def get(ctx: Context, webhook_id: str) -> Webhook:
    """Return a webhook; raises WebhookNotFound."""
    with ctx.db.read() as tx:
        return _shown(ctx, _find(tx, ctx, webhook_id))


def create(ctx: Context, spec: WebhookCreate) -> Webhook:
    """Add a webhook; it is told of what happens from now on."""
    webhook_id = new_id()
    values = _checked(ctx, webhook_id, spec.model_dump())
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        if webhook_repository.count(tx, ctx) >= MOST:
            raise TooManyWebhooks(MOST)
        webhook_repository.insert_one(tx, ctx, {"id": webhook_id, "created_at": now, "updated_at": now, **values})
        return _changed(tx, ctx, webhook_id, "created")


def update(ctx: Context, webhook_id: str, patch: WebhookPatch) -> Webhook:
    """Change a webhook; what the patch does not name stays."""
    given = {key: value for key, value in patch.model_dump(exclude_unset=True).items() if value is not None}
    values = _checked(ctx, webhook_id, given)
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, webhook_id)
        if row.active:
            values = {key: value for key, value in values.items() if (key, value) != ("active", True)}
        webhook_repository.change(tx, row.id, {**values, "updated_at": ctx.clock.now()})
        return _changed(tx, ctx, row.id, "updated")


def delete(ctx: Context, webhook_id: str) -> None:
    """Delete a webhook and its log; what waits to be sent is not sent."""
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, webhook_id)
        webhook_repository.remove(tx, row.id)
        _audit(tx, ctx, "webhook.deleted", row)


def try_out(ctx: Context, webhook_id: str, kind: str | None = None) -> Delivery:
    """Send an example of an event at once, a single time; returns what came of it. It stands in the log."""
    with ctx.db.read() as tx:
        row = _find(tx, ctx, webhook_id)
    chosen = kind or row.events[0]
    _known([chosen])
    return webhook_delivery.try_out(ctx, row, chosen)


def deliveries(ctx: Context, webhook_id: str, cursor: str | None = None, limit: int = 50) -> Page[Delivery]:
    """Return what was sent, newest first."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        row = _find(tx, ctx, webhook_id)
        found = webhook_repository.deliveries(tx, row.id, str(keys[0]) if keys else None, limit + 1)
    items = [webhook_repository.to_delivery(item) for item in found[:limit]]
    return Page(items=items, next=encode(items[-1].id) if len(found) > limit else None)


def send_again(ctx: Context, webhook_id: str, delivery_id: str) -> Delivery:
    """Send a delivery that failed, or was delivered, once more; under its own id."""
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, webhook_id)
        if webhook_repository.delivery(tx, row.id, delivery_id) is None:
            raise DeliveryNotFound(delivery_id)
        again = {"state": "pending", "attempts": 0, "next_at": ctx.clock.now(), "error": None}
        webhook_repository.finish(tx, delivery_id, again)
        found = webhook_repository.delivery(tx, row.id, delivery_id)
    return webhook_repository.to_delivery(found)


def _find(tx: Connection, ctx: Context, webhook_id: str) -> Any:
    row = webhook_repository.find(tx, ctx, webhook_id)
    if row is None:
        raise WebhookNotFound(webhook_id)
    return row


def _checked(ctx: Context, webhook_id: str, given: dict[str, Any]) -> dict[str, Any]:
    """Turn what a person writes into columns; raises what is wrong with it."""
    values = dict(given)
    if "url" in values:
        check_url(values["url"], private=ctx.settings.webhook_private)
    if "events" in values:
        values["events"] = _known(values["events"])
    if "status" in values:
        values["active"] = values.pop("status") == "active"
    if "secret" in values:
        secret = values["secret"]
        values["secret"] = (
            seal(master_key(ctx.settings), secret, webhook_delivery.about(ctx, webhook_id)) if secret else None
        )
    return values


def _known(kinds: list[str]) -> list[str]:
    for kind in kinds:
        if kind not in EVENTS:
            near = nearest(kind, list(EVENTS))
            hint = (f"Did you mean '{near}'? " if near else "") + f"These can be told: {', '.join(EVENTS)}."
            raise Invalid(f"There is no event '{kind[:80]}'.", hint, field="events")
    return list(dict.fromkeys(kinds))


def _shown(ctx: Context, row: Any) -> Webhook:
    """The path of an address such as a chat's holds its secret: it is shown to those who may change it."""
    whole = ctx.actor.may("webhooks.write")
    parts = urlsplit(row.url)
    return webhook_repository.to_webhook(row, row.url if whole else f"{parts.scheme}://{parts.netloc}/…")


def _changed(tx: Connection, ctx: Context, webhook_id: str, action: str) -> Webhook:
    row = _find(tx, ctx, webhook_id)
    _audit(tx, ctx, f"webhook.{action}", row)
    return _shown(ctx, row)


def _audit(tx: Connection, ctx: Context, action: str, row: Any) -> None:
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, action, row.name, {"id": row.id, "events": row.events})
    ctx.events.emit(tx, "webhook.updated", row.id, {})
