"""Routes of webhooks."""

from fastapi import APIRouter, Depends, Query

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.workspace import webhooks
from studiolo.studio.workspace.webhook_events import EVENTS
from studiolo.studio.workspace.webhook_schemas import Delivery, Webhook, WebhookCreate, WebhookPatch, WebhookTest

router = APIRouter(prefix="/webhooks")


@router.get("")
def list_webhooks(ctx: Context = Depends(context)) -> list[Webhook]:
    """List the webhooks of the workspace."""
    ctx.actor.must("webhooks.read")
    return webhooks.list_(ctx)


@router.post("", status_code=201)
def create_webhook(spec: WebhookCreate, ctx: Context = Depends(context)) -> Webhook:
    """Add a webhook: a URL that is told of events from now on."""
    ctx.actor.must("webhooks.write")
    return webhooks.create(ctx, spec)


@router.get("/events")
def list_webhook_events(ctx: Context = Depends(context)) -> list[str]:
    """List what a webhook can be told of."""
    ctx.actor.must("webhooks.read")
    return list(EVENTS)


@router.get("/{id}")
def get_webhook(id: str, ctx: Context = Depends(context)) -> Webhook:  # noqa: A002 - the name in the path
    """Return a webhook."""
    ctx.actor.must("webhooks.read")
    return webhooks.get(ctx, id)


@router.patch("/{id}")
def update_webhook(id: str, patch: WebhookPatch, ctx: Context = Depends(context)) -> Webhook:  # noqa: A002
    """Change a webhook."""
    ctx.actor.must("webhooks.write")
    return webhooks.update(ctx, id, patch)


@router.delete("/{id}", status_code=204)
def delete_webhook(id: str, ctx: Context = Depends(context)) -> None:  # noqa: A002
    """Delete a webhook and its log."""
    ctx.actor.must("webhooks.write")
    webhooks.delete(ctx, id)


@router.post("/{id}/test")
def try_out_webhook(id: str, wanted: WebhookTest, ctx: Context = Depends(context)) -> Delivery:  # noqa: A002
    """Send an example at once, and return what came of it."""
    ctx.actor.must("webhooks.write")
    return webhooks.try_out(ctx, id, wanted.event)


@router.get("/{id}/deliveries")
def list_deliveries(
    id: str,  # noqa: A002
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=1000),
    ctx: Context = Depends(context),
) -> Page[Delivery]:
    """List what was sent, newest first."""
    ctx.actor.must("webhooks.write")
    return webhooks.deliveries(ctx, id, cursor, limit)


@router.post("/{id}/deliveries/{delivery}/again")
def send_again(id: str, delivery: str, ctx: Context = Depends(context)) -> Delivery:  # noqa: A002
    """Send a delivery once more, under its own id."""
    ctx.actor.must("webhooks.write")
    return webhooks.send_again(ctx, id, delivery)
