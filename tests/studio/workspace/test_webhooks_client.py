"""MLflow's own client makes, tests, changes and removes webhooks; the receiver checks the signature with MLflow's code."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookStatus
from mlflow.webhooks.delivery import _generate_hmac_signature

from studiolo.studio.workspace import webhook_delivery
from studiolo.testing.client import owner_token
from studiolo.testing.context import context_in, make_services
from studiolo.testing.server import serve
from tests.studio.live import Live
from tests.studio.workspace.test_webhooks import Receiver, receiver

__all__ = ["receiver"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    services = make_services(tmp_path_factory.mktemp("live") / "home", webhook_private=True)
    with serve(services) as url:
        yield Live(url, owner_token(services), services)
    services.db.close()


def test_the_client_manages_webhooks(tracked: Live, receiver: Receiver, tmp_path: Path) -> None:
    client = MlflowClient()
    events = ["registered_model.created", "model_version_alias.created"]
    hook = client.create_webhook("ci", receiver.url, events, description="d", secret="s3")  # type: ignore[arg-type]
    assert hook.status is WebhookStatus.ACTIVE
    assert [str(event) for event in hook.events] == events
    assert client.get_webhook(hook.webhook_id).url == receiver.url
    assert [found.webhook_id for found in client.list_webhooks()] == [hook.webhook_id]

    receiver.answers = [(500, {})]
    failed = client.test_webhook(hook.webhook_id)
    assert (failed.success, failed.response_status) == (False, 500)
    good = client.test_webhook(hook.webhook_id, "model_version_alias.created")
    assert (good.success, good.response_status, good.response_body) == (True, 200, "thanks")

    mlflow.MlflowClient().create_registered_model("from the client", tags={"a": "b"})
    ctx = context_in(tracked.services)
    webhook_delivery.plan(ctx)
    webhook_delivery.send_due(ctx, wait=True)
    last = receiver.got[-1]
    assert last.message["data"]["name"] == "from the client"
    headers = last.headers
    wanted = _generate_hmac_signature(
        "s3", headers["x-mlflow-delivery-id"], headers["x-mlflow-timestamp"], last.body.decode()
    )
    assert headers["x-mlflow-signature"] == wanted

    changed = client.update_webhook(hook.webhook_id, name="ci2", status="DISABLED", events=["prompt.created"])
    assert (changed.name, changed.status, str(changed.events[0])) == ("ci2", WebhookStatus.DISABLED, "prompt.created")
    client.delete_webhook(hook.webhook_id)
    assert list(client.list_webhooks()) == []
