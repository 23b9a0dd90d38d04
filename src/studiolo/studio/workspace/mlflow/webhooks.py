"""MLflow's endpoints of webhooks. Events of the studio's own are told too, but MLflow's messages have no word for them."""

from typing import Any

from pydantic import ValidationError

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MlflowError, invalid_value, missing_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.values import millis
from studiolo.kernel.paging import decode, encode
from studiolo.studio.workspace import webhooks
from studiolo.studio.workspace.webhook_events import MLFLOW, split
from studiolo.studio.workspace.webhook_schemas import Webhook, WebhookCreate, WebhookPatch

READ, WRITE = "webhooks.read", "webhooks.write"
_PATH = "mlflow/webhooks"
_STATUS = {"ACTIVE": "active", "DISABLED": "disabled"}


def _shape(hook: Webhook) -> dict[str, Any]:
    found: dict[str, Any] = {
        "webhook_id": hook.id,
        "name": hook.name,
        "url": hook.url,
        "events": [_event(kind) for kind in hook.events if kind in MLFLOW],
        "status": hook.status.upper(),
        "creation_timestamp": millis(hook.created_at),
        "last_updated_timestamp": millis(hook.updated_at),
    }
    return {**found, "description": hook.description} if hook.description else found


def _event(kind: str) -> dict[str, str]:
    entity, action = split(kind)
    return {"entity": entity.upper(), "action": action.upper()}


def _kind(fields: Fields) -> str:
    """Read an event; raises what is wrong with it."""
    kind = f"{fields.required('entity').lower()}.{fields.required('action').lower()}"
    if kind in MLFLOW:
        return kind
    entity, action = split(kind)
    valid = sorted(split(known)[1] for known in MLFLOW if split(known)[0] == entity)
    if not valid:
        raise invalid_value(fields.name("entity"), entity, "this server tells of no such thing.")
    raise MlflowError(f"Invalid action '{action}' for entity '{entity}'. Valid actions are: {valid}")


def _given(fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {name: fields.text(name) for name in ("name", "url") if fields.text(name)}
    found |= {name: fields.text(name) for name in ("description", "secret") if fields.has(name)}
    if fields.objects("events"):
        found["events"] = [_kind(item) for item in fields.objects("events")]
    if fields.has("status"):
        status = fields.text("status").upper()
        if status not in _STATUS:
            raise invalid_value("status", status, "it must be ACTIVE or DISABLED.")
        found["status"] = _STATUS[status]
    return found


def _checked(model: type[Any], given: dict[str, Any]) -> Any:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else "name"
        shown = "…" if field == "secret" else given.get(field)
        raise invalid_value(field, shown, f"{first['msg']}.") from None


@endpoint("POST", _PATH, WRITE)
def create(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Add a webhook."""
    given = _given(fields)
    for field in ("name", "url", "events"):
        if field not in given:
            raise missing_value(field)
    return {"webhook": _shape(webhooks.create(ctx, _checked(WebhookCreate, given)))}


@endpoint("GET", _PATH, READ)
def list_(ctx: Context, fields: Fields) -> dict[str, Any]:
    """List webhooks that are told of MLflow's events."""
    limit = fields.limit("max_results", 100, 1000)
    after = decode(fields.text("page_token") or None, 1)
    found = [hook for hook in webhooks.list_(ctx) if any(kind in MLFLOW for kind in hook.events)]
    found = [hook for hook in found if after is None or hook.id > str(after[0])]
    answer: dict[str, Any] = {"webhooks": [_shape(hook) for hook in found[:limit]]} if found else {}
    return answer | ({"next_page_token": encode(found[limit - 1].id)} if len(found) > limit else {})


@endpoint("GET", f"{_PATH}/{{webhook_id}}", READ)
def get(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Return a webhook."""
    return {"webhook": _shape(webhooks.get(ctx, fields.required("webhook_id")))}


@endpoint("PATCH", f"{_PATH}/{{webhook_id}}", WRITE)
def update(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Change a webhook."""
    patch = _checked(WebhookPatch, _given(fields))
    return {"webhook": _shape(webhooks.update(ctx, fields.required("webhook_id"), patch))}


@endpoint("DELETE", f"{_PATH}/{{webhook_id}}", WRITE)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Delete a webhook."""
    webhooks.delete(ctx, fields.required("webhook_id"))
    return {}


@endpoint("POST", f"{_PATH}/{{webhook_id}}/test", WRITE)
def try_out(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Send an example at once."""
    hook = webhooks.get(ctx, fields.required("webhook_id"))
    first = next((kind for kind in hook.events if kind in MLFLOW), None)
    sent = webhooks.try_out(ctx, hook.id, _kind(fields.object("event")) if fields.has("event") else first)
    found: dict[str, Any] = {"success": sent.state == "delivered"}
    known = {"response_status": sent.status, "response_body": sent.answer, "error_message": sent.error}
    return {"result": found | {key: value for key, value in known.items() if value is not None}}
