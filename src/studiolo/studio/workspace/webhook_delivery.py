"""Deliveries: from the outbox to the receivers, at least once.

A tick reads the outbox from where each webhook stands and writes one delivery an event; deliveries that are due are sent by a
few threads, so that a slow receiver keeps nothing waiting. Killed at any point, what was taken is sent again after a while,
under the same delivery id: receivers tell repetitions by it.
"""

import base64
import hashlib
import hmac
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.events import outbox
from studiolo.kernel.ids import new_id
from studiolo.kernel.outbound import AddressRefused, Answer, NotReached, post
from studiolo.kernel.secrets.envelope import unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.workspace import webhook_repository
from studiolo.studio.workspace.webhook_events import EVENTS, payload, split
from studiolo.studio.workspace.webhook_schemas import Delivery

log = logging.getLogger(__name__)
THREADS = 4
BATCH = 500
LEASE = timedelta(seconds=60)  # added to the time limit of a request: then whoever sent it is gone
KEEP = timedelta(days=30)
WORST_PAUSE = 3600.0
ASKED_AT_MOST = 3600.0
_REREAD = 64  # PostgreSQL may commit event 5 before event 4: look again at this many
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_KEPT_PLACES = 1000
_threads = ThreadPoolExecutor(THREADS, "webhooks")
_sending: set[str] = set()
_read: dict[str, int] = {}  # how far this process has read for a webhook, where nothing had to be written down
_swept: dict[str, datetime] = {}


def tick(ctx: Context) -> bool:
    """Write the deliveries of new events and send what is due; True when something was done."""
    planned = plan(ctx)
    sent = send_due(ctx)
    _forget_old(ctx)
    return planned or sent


def plan(ctx: Context) -> bool:
    """Write a delivery for each new event that a webhook is told of."""
    with ctx.db.glance() as tx:
        hooks = webhook_repository.active(tx, ctx)
        if not hooks:
            return False
        reread = 0 if ctx.db.dialect == "sqlite" else _REREAD
        places = {hook.id: max(hook.position, _read.get(hook.id, 0)) for hook in hooks}
        events = outbox.after(tx, max(0, min(places.values()) - reread), BATCH + reread)
    rows: list[dict[str, Any]] = []
    for event in events:
        for hook in hooks:
            fresh = event.id > hook.since and event.id > places[hook.id] - reread
            if fresh and event.workspace_id == ctx.workspace_id and event.kind in hook.events:
                rows.append(_delivery(ctx, hook.id, event))
    newest = max((event.id for event in events), default=0)
    reached = {hook.id: newest for hook in hooks if newest > places[hook.id]}
    _read.update(reached)
    far = any(newest - hook.position > _KEPT_PLACES for hook in hooks)
    if not rows and not far:
        return False
    return ctx.db.write(lambda tx: webhook_repository.plan(tx, ctx, rows, reached)) > 0


def _delivery(ctx: Context, webhook_id: str, event: outbox.Event) -> dict[str, Any]:
    body = body_of(ctx, event.kind, payload(event.kind, event.subject, event.data), event.at)
    now = ctx.clock.now()
    found = {"id": new_id(), "webhook": webhook_id, "event": event.id, "kind": event.kind, "body": body}
    return {**found, "next_at": now, "created_at": now}


def body_of(ctx: Context, kind: str, data: dict[str, Any], at: str) -> str:
    """Return what is sent: MLflow's form, and the workspace."""
    entity, action = split(kind)
    message = {"entity": entity, "action": action, "timestamp": at, "data": data, "workspace": ctx.workspace}
    return json.dumps(message, ensure_ascii=False)


def send_due(ctx: Context, *, wait: bool = False) -> bool:
    """Hand what is due to the threads; `wait` returns when all is sent."""
    free = 4 * THREADS - len(_sending)
    if free <= 0:
        return False
    with ctx.db.glance() as tx:
        found = webhook_repository.due(tx, ctx, ctx.clock.now(), free)
    begun = []
    for row in found:
        if row.id not in _sending:
            _sending.add(row.id)
            begun.append(_threads.submit(_send, ctx, row.id))
    if wait:
        for future in begun:
            future.result()
    return bool(begun)


def _send(ctx: Context, delivery_id: str) -> None:
    try:
        now = ctx.clock.now()
        until = now + timedelta(seconds=ctx.settings.webhook_seconds) + LEASE
        row = ctx.db.write(lambda tx: webhook_repository.take(tx, delivery_id, now, until))
        if row is None:
            return
        values = {"state": "failed", "error": "The webhook is disabled."} if not row.active else _attempt(ctx, row)

        def write(tx: Any) -> None:
            webhook_repository.finish(tx, delivery_id, values)
            ctx.events.emit(tx, "webhook.updated", row.webhook, {"state": values["state"]})

        ctx.db.write(write)
    except Exception:
        # the delivery is taken again when its lease is over
        log.exception("delivery %s could not be made", delivery_id)
    finally:
        _sending.discard(delivery_id)


def _attempt(ctx: Context, row: Any) -> dict[str, Any]:
    """Send once and decide what follows."""
    started = time.monotonic()
    answer, error, final = _post(ctx, row.webhook, row.url, row.secret, row.id, row.body)
    values: dict[str, Any] = {
        "status": answer.status if answer else None,
        "answer": answer.body if answer else None,
        "error": error,
    }
    values["seconds"] = time.monotonic() - started
    if answer and 200 <= answer.status < 300:
        return {**values, "state": "delivered"}
    if answer:
        final = answer.status not in _TRANSIENT
        values["error"] = f"The receiver answered {answer.status}."
    if final or row.attempts >= ctx.settings.webhook_attempts:
        return {**values, "state": "failed"}
    pause = pause_after(row.attempts, answer.retry_after if answer else None)
    return {**values, "state": "pending", "next_at": ctx.clock.now() + timedelta(seconds=pause)}


def pause_after(attempts: int, asked: float | None = None) -> float:
    """Return the seconds before the next attempt; a receiver may ask for more.

    >>> [pause_after(n) for n in (1, 2, 3)], pause_after(1, 30)
    ([1.0, 4.0, 16.0], 30)
    """
    pause = min(WORST_PAUSE, 4.0 ** (attempts - 1))
    return max(pause, min(asked or 0, ASKED_AT_MOST))


def _post(
    ctx: Context, webhook_id: str, url: str, sealed: bytes | None, delivery_id: str, body: str
) -> tuple[Answer | None, str | None, bool]:
    """Return the answer, or why there is none and whether trying again is no use."""
    try:
        headers = {"Content-Type": "application/json", "X-MLflow-Delivery-Id": delivery_id}
        headers["X-MLflow-Timestamp"] = str(int(ctx.clock.now().timestamp()))
        if sealed is not None:
            secret = unseal(master_key(ctx.settings), bytes(sealed), about(ctx, webhook_id))
            headers["X-MLflow-Signature"] = signature(secret, delivery_id, headers["X-MLflow-Timestamp"], body)
        settings = ctx.settings
        return (
            post(url, body.encode(), headers, seconds=settings.webhook_seconds, private=settings.webhook_private),
            None,
            False,
        )
    except NotReached as error:
        return None, error.detail, False
    except AddressRefused as error:
        return None, str(error), True
    except StudioloError as error:  # the master key is gone: it may come back
        return None, str(error), False


def signature(secret: str, delivery_id: str, timestamp: str, body: str) -> str:
    """Sign a delivery as MLflow does: HMAC-SHA256 over `id.timestamp.body`.

    >>> signature("s", "d", "1", "{}")[:3]
    'v1,'
    """
    mac = hmac.new(secret.encode(), f"{delivery_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


def about(ctx: Context, webhook_id: str) -> str:
    """Return what the envelope of a webhook's secret is bound to."""
    return f"{ctx.workspace_id}|webhook|{webhook_id}|secret"


def try_out(ctx: Context, hook: Any, kind: str) -> Delivery:
    """Send an example once and write it into the log."""
    delivery_id, now = new_id(), ctx.clock.now()
    body = body_of(ctx, kind, EVENTS[kind], now.isoformat())
    started = time.monotonic()
    answer, error, _ = _post(ctx, hook.id, hook.url, hook.secret, delivery_id, body)
    good = answer is not None and 200 <= answer.status < 300
    if answer is not None and not good:
        error = f"The receiver answered {answer.status}."
    values = {"id": delivery_id, "webhook": hook.id, "kind": kind, "body": body, "attempts": 1, "created_at": now}
    values |= {"state": "delivered" if good else "failed", "sent_at": now, "seconds": time.monotonic() - started}
    values |= {"status": answer.status if answer else None, "answer": answer.body if answer else None, "error": error}

    def write(tx: Any) -> Delivery:
        webhook_repository.insert_delivery(tx, ctx, values)
        ctx.events.emit(tx, "webhook.updated", hook.id, {"state": values["state"]})
        return webhook_repository.to_delivery(webhook_repository.delivery(tx, hook.id, delivery_id))

    return ctx.db.write(write)


def _forget_old(ctx: Context) -> None:
    """Once an hour, remove what was sent long ago."""
    now = ctx.clock.now()
    if now - _swept.get(ctx.workspace_id, now - KEEP) < timedelta(hours=1):
        return
    _swept[ctx.workspace_id] = now
    with ctx.db.read() as tx:
        oldest = min((hook.position for hook in webhook_repository.all_(tx, ctx)), default=None)
    if oldest is not None:
        ctx.db.write(lambda tx: webhook_repository.forget(tx, ctx, now - KEEP, oldest - 10 * _REREAD))
