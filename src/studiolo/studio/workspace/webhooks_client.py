"""Webhooks in Python: `studio.workspace.webhooks`."""

import builtins  # `list` is a verb here
from typing import Any
from urllib.parse import quote

from studiolo.kernel.http import Transport
from studiolo.studio.workspace.webhook_schemas import Delivery, Webhook


class Webhooks:
    """URLs that are told of what happens in the workspace."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def list(self) -> builtins.list[Webhook]:
        """Return the webhooks, oldest first."""
        return [Webhook.model_validate(item) for item in self._http.get("workspace/webhooks")]

    def events(self) -> builtins.list[str]:
        """Return what a webhook can be told of."""
        return [str(item) for item in self._http.get("workspace/webhooks/events")]

    def create(
        self, name: str, url: str, events: builtins.list[str], *, secret: str | None = None, description: str = ""
    ) -> Webhook:
        """Add a webhook; `secret` signs each delivery and is never returned."""
        spec = {"name": name, "url": url, "events": events, "secret": secret, "description": description}
        return Webhook.model_validate(self._http.post("workspace/webhooks", spec))

    def update(self, webhook_id: str, **changes: Any) -> Webhook:
        """Change name, url, events, description, secret or status (`active`, `disabled`)."""
        return Webhook.model_validate(self._http.patch(_path(webhook_id), changes))

    def delete(self, webhook_id: str) -> None:
        """Delete a webhook and its log."""
        self._http.delete(_path(webhook_id))

    def test(self, webhook_id: str, event: str | None = None) -> Delivery:
        """Send an example at once; returns what came of it."""
        return Delivery.model_validate(self._http.post(f"{_path(webhook_id)}/test", {"event": event}))

    def deliveries(self, webhook_id: str, limit: int = 50) -> builtins.list[Delivery]:
        """Return the newest deliveries."""
        page = self._http.get(f"{_path(webhook_id)}/deliveries", limit=limit)
        return [Delivery.model_validate(item) for item in page["items"]]

    def send_again(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Send a delivery once more."""
        path = f"{_path(webhook_id)}/deliveries/{quote(delivery_id, safe='')}/again"
        return Delivery.model_validate(self._http.post(path, {}))


def _path(webhook_id: str) -> str:
    return f"workspace/webhooks/{quote(webhook_id, safe='')}"
