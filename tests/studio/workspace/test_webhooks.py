"""Webhooks: what is told to whom, signed, repeated, and never to a private address unless that is allowed."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.outbound import AddressRefused
from studiolo.studio.models import service as models
from studiolo.studio.workspace import webhook_delivery, webhooks
from studiolo.studio.workspace.webhook_schemas import WebhookCreate, WebhookPatch
from studiolo.studio.workspace.webhook_tables import webhook_deliveries
from studiolo.studio.workspace.webhook_tables import webhooks as table
from studiolo.testing.client import make_client, member_token
from studiolo.testing.context import context_in, make_services


class Got(NamedTuple):
    """A request that the receiver had."""

    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """A real HTTP server; answers what `answers` says, then 200."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(Got({key.lower(): value for key, value in self.headers.items()}, body))
                status, headers = outer.answers.pop(0) if outer.answers else (200, {})
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(params=["sqlite", "postgresql"])
def open_services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """A studio whose webhooks may go to this machine, with a clock that is held."""
    url = request.getfixturevalue("postgres_studio") if request.param == "postgresql" else ""
    found = make_services(tmp_path / "home", database_url=url, clock=FakeClock(), webhook_private=True)
    yield found
    found.db.close()


@pytest.fixture
def open_ctx(open_services: Services) -> Context:
    return context_in(open_services)


def a_webhook(ctx: Context, url: str, **changes: Any) -> str:
    spec = {"name": "ci", "url": url, "events": ["registered_model.created"], "secret": "s3cret", **changes}
    return webhooks.create(ctx, WebhookCreate.model_validate(spec)).id


def go(ctx: Context) -> None:
    """Do what the controller's tick does, and wait for the threads."""
    webhook_delivery.plan(ctx)
    webhook_delivery.send_due(ctx, wait=True)


def forward(ctx: Context, seconds: float) -> None:
    assert isinstance(ctx.clock, FakeClock)
    ctx.clock.advance(seconds)


def test_a_delivery_is_signed_and_has_mlflows_form(open_ctx: Context, receiver: Receiver) -> None:
    models.create(open_ctx, "before")
    a_webhook(open_ctx, receiver.url)
    models.create(open_ctx, "titanic", "who survives", {"team": "blue"})
    go(open_ctx)
    go(open_ctx)
    (got,) = receiver.got
    assert got.message["entity"] == "registered_model"
    assert got.message["action"] == "created"
    assert got.message["data"] == {"name": "titanic", "tags": {"team": "blue"}, "description": "who survives"}
    assert got.headers["content-type"] == "application/json"
    delivery_id, at = got.headers["x-mlflow-delivery-id"], got.headers["x-mlflow-timestamp"]
    signed = hmac.new(b"s3cret", f"{delivery_id}.{at}.".encode() + got.body, hashlib.sha256).digest()
    assert got.headers["x-mlflow-signature"] == "v1," + base64.b64encode(signed).decode()


def test_what_fails_is_sent_again_later_under_the_same_id(open_ctx: Context, receiver: Receiver) -> None:
    hook = a_webhook(open_ctx, receiver.url)
    receiver.answers = [(500, {}), (429, {"Retry-After": "30"}), (200, {})]
    models.create(open_ctx, "titanic")
    go(open_ctx)
    (waiting,) = webhooks.deliveries(open_ctx, hook).items
    assert (waiting.state, waiting.attempts, waiting.status) == ("pending", 1, 500)
    go(open_ctx)
    assert len(receiver.got) == 1, "not before its time"
    forward(open_ctx, 1)
    go(open_ctx)
    forward(open_ctx, 29)
    go(open_ctx)
    assert len(receiver.got) == 2, "the receiver asked for 30 seconds"
    forward(open_ctx, 1)
    go(open_ctx)
    assert len({got.headers["x-mlflow-delivery-id"] for got in receiver.got}) == 1
    assert len({got.headers["x-mlflow-timestamp"] for got in receiver.got}) == 3
    (done,) = webhooks.deliveries(open_ctx, hook).items
    assert (done.state, done.attempts, done.status, done.answer, done.next_at) == ("delivered", 3, 200, "thanks", None)


def test_attempts_have_an_end_and_a_refusal_is_final(open_ctx: Context, receiver: Receiver) -> None:
    hook = a_webhook(open_ctx, receiver.url)
    receiver.answers = [(404, {})] + [(503, {})] * 20
    models.create(open_ctx, "one")
    go(open_ctx)
    assert webhooks.deliveries(open_ctx, hook).items[0].state == "failed"
    models.create(open_ctx, "two")
    for _ in range(12):
        go(open_ctx)
        forward(open_ctx, 4000)
    failed = webhooks.deliveries(open_ctx, hook).items[0]
    assert (failed.state, failed.attempts) == ("failed", open_ctx.settings.webhook_attempts)
    receiver.answers = []
    assert webhooks.send_again(open_ctx, hook, failed.id).state == "pending"
    go(open_ctx)
    assert webhooks.deliveries(open_ctx, hook).items[0].state == "delivered"


def test_redirects_are_not_followed(open_ctx: Context, receiver: Receiver) -> None:
    hook = a_webhook(open_ctx, receiver.url)
    receiver.answers = [(302, {"Location": receiver.url})]
    models.create(open_ctx, "one")
    go(open_ctx)
    assert len(receiver.got) == 1
    sent = webhooks.deliveries(open_ctx, hook).items[0]
    assert (sent.state, sent.status) == ("failed", 302)


def test_nobody_listening_is_tried_again(open_ctx: Context, receiver: Receiver) -> None:
    hook = a_webhook(open_ctx, "http://127.0.0.1:9/hook")
    models.create(open_ctx, "one")
    go(open_ctx)
    sent = webhooks.deliveries(open_ctx, hook).items[0]
    assert sent.state == "pending"
    assert "refused" in (sent.error or "").lower()


def test_killed_between_taking_and_telling_it_is_sent_again(open_ctx: Context, receiver: Receiver) -> None:
    from studiolo.studio.workspace import webhook_repository

    hook = a_webhook(open_ctx, receiver.url)
    models.create(open_ctx, "one")
    webhook_delivery.plan(open_ctx)
    waiting = webhooks.deliveries(open_ctx, hook).items[0]
    now = open_ctx.clock.now()
    with open_ctx.db.begin() as tx:  # a controller that took it, and was killed
        assert webhook_repository.take(tx, waiting.id, now, now + timedelta(seconds=70)) is not None
        assert webhook_repository.take(tx, waiting.id, now, now) is None
    go(open_ctx)
    assert receiver.got == []
    forward(open_ctx, 71)
    go(open_ctx)
    assert [got.headers["x-mlflow-delivery-id"] for got in receiver.got] == [waiting.id]
    webhook_delivery._read.clear()  # a controller that starts anew reads the same events, and tells nothing twice
    go(open_ctx)
    assert len(receiver.got) == 1


def test_versions_tags_aliases_and_prompts(open_ctx: Context, receiver: Receiver) -> None:
    from studiolo.studio.models.publishing import Source
    from studiolo.studio.workspace.webhook_events import MLFLOW

    a_webhook(open_ctx, receiver.url, events=list(MLFLOW), secret=None)
    prompt = {"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "Hi {{x}}", "t": "1"}
    for name, tags in (("m", {}), ("p", prompt)):
        models.create(open_ctx, name, tags={key: value for key, value in tags.items() if key != "mlflow.prompt.text"})
        with open_ctx.db.begin() as tx:
            source = Source("models:/elsewhere", None)
            models.add_version(
                tx, open_ctx, models.find(tx, open_ctx, name), source, run_link="", description="d", tags=tags
            )
        models.change(open_ctx, name, tags={"a": "b"})
        models.change(open_ctx, name, tags={"a": None, "never": None})
        models.change_version(open_ctx, name, 1, tags={"k": "v"})
        models.change_version(open_ctx, name, 1, tags={"k": None})
        models.set_alias(open_ctx, name, "best", 1)
        models.delete_alias(open_ctx, name, "best")
        models.delete_alias(open_ctx, name, "best")
    go(open_ctx)
    assert "x-mlflow-signature" not in receiver.got[0].headers
    told = {f"{got.message['entity']}.{got.message['action']}": got.message["data"] for got in receiver.got}
    assert len(receiver.got) == len(MLFLOW)
    assert set(told) == set(MLFLOW)
    for kind, data in told.items():
        assert set(data) == set(MLFLOW[kind]), kind
    assert told["prompt_version.created"]["template"] == "Hi {{x}}"
    assert told["prompt_version.created"]["tags"] == {"t": "1"}
    assert told["model_version_alias.created"] == {"name": "m", "alias": "best", "version": "1"}


def test_a_disabled_webhook_is_told_nothing_and_later_nothing_of_then(open_ctx: Context, receiver: Receiver) -> None:
    hook = a_webhook(open_ctx, receiver.url)
    webhooks.update(open_ctx, hook, WebhookPatch(status="disabled"))
    models.create(open_ctx, "meanwhile")
    go(open_ctx)
    webhooks.update(open_ctx, hook, WebhookPatch(status="active"))
    models.create(open_ctx, "after")
    go(open_ctx)
    assert [got.message["data"]["name"] for got in receiver.got] == ["after"]


def test_a_test_sends_an_example_and_stands_in_the_log(open_ctx: Context, receiver: Receiver) -> None:
    hook = a_webhook(open_ctx, receiver.url)
    sent = webhooks.try_out(open_ctx, hook, "model_version.created")
    assert (sent.state, sent.test, sent.status) == ("delivered", True, 200)
    assert receiver.got[0].message["data"]["name"] == "example_model"
    receiver.answers = [(500, {})]
    assert webhooks.try_out(open_ctx, hook).state == "failed"
    assert [item.kind for item in webhooks.deliveries(open_ctx, hook).items] == [
        "registered_model.created",
        "model_version.created",
    ]


def test_a_secret_is_sealed_and_never_shown(open_services: Services, receiver: Receiver) -> None:
    ctx = context_in(open_services)
    hook = a_webhook(ctx, receiver.url, secret="canary-7f3a")
    with ctx.db.read() as tx:
        row = tx.execute(select(table).where(table.c.id == hook)).one()
    assert b"canary" not in bytes(row.secret)
    with make_client(open_services) as client:
        text = client.get("/w/default/api/workspace/webhooks").text
        text += client.get("/w/default/api/2.0/mlflow/webhooks").text
        text += client.get(f"/w/default/api/workspace/webhooks/{hook}").text
        assert "canary" not in text
        assert '"has_secret":true' in text
    reader = make_client(open_services, member_token(open_services, Role.reader))
    assert reader.get("/w/default/api/workspace/webhooks").json()[0]["url"].endswith("/…")
    assert reader.get(f"/w/default/api/workspace/webhooks/{hook}/deliveries").status_code == 403
    assert reader.post(f"/w/default/api/workspace/webhooks/{hook}/test", json={}).status_code == 403
    # moved to another row it does not open, and what cannot be signed is not sent
    other = a_webhook(ctx, receiver.url, name="other")
    with ctx.db.begin() as tx:
        tx.execute(table.update().where(table.c.id == other).values(secret=row.secret))
    assert "does not belong to this row" in (webhooks.try_out(ctx, other).error or "")
    assert receiver.got == []


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.1.2.3/x",
        "https://localhost/x",
        "https://LOCALHOST./x",
        "https://metadata.localhost:8443/x",
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.0.1:8443/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x",
        "https://100.64.0.1/x",
        "https://0.0.0.0/x",
        "https://224.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://127.1/x",
        "http://example.com/x",
        "ftp://example.com/x",
        "https://user:password@example.com/x",
        "https:///x",
        "https://example.com:99999/x",
        "https://exa mple.com/x",
        "not a url",
        "",
    ],
)
def test_private_and_strange_addresses_are_refused(ctx: Context, url: str) -> None:
    with pytest.raises(AddressRefused):
        a_webhook(ctx, url)


def test_a_name_that_turns_private_is_not_connected_to(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the name was public when it was written down, and points at this machine when it is used."""
    from studiolo.kernel import outbound

    hook = a_webhook(ctx, "https://rebound.example/hook")
    connected: list[str] = []

    def connect(_self: object, host: str, *_: object, **__: object) -> None:
        connected.append(host)
        raise outbound.httpcore.ConnectError("nobody there")

    monkeypatch.setattr(outbound.httpcore.SyncBackend, "connect_tcp", connect)
    answers = iter([["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["fe80::1%eth0"], ["93.184.216.34"]])
    monkeypatch.setattr(
        outbound.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (a, 443)) for a in next(answers)]
    )
    for _ in range(3):
        assert "not a public address" in (webhooks.try_out(ctx, hook).error or "")
    assert connected == []
    webhooks.try_out(ctx, hook)
    assert connected == ["93.184.216.34"], "the looked-up address itself, so nothing is looked up twice"


def test_bad_webhooks_name_the_field(open_ctx: Context, client: TestClient) -> None:
    with pytest.raises(Invalid, match=r"no event 'model\.exploded'"):
        a_webhook(open_ctx, "http://127.0.0.1/x", events=["model.exploded"])
    with pytest.raises(Invalid) as near:
        a_webhook(open_ctx, "http://127.0.0.1/x", events=["run.complete"])
    assert near.value.hint.startswith("Did you mean 'run.completed'?")
    path = "/w/default/api/workspace/webhooks"
    good = {"name": "n", "url": "https://example.com/x", "events": ["run.completed"]}
    for change, field in (({"name": "-bad-"}, "name"), ({"events": []}, "events"), ({"secret": "x" * 2000}, "secret")):
        reply = client.post(path, json={**good, **change})
        assert (reply.status_code, reply.json()["field"]) == (422, field)
    mlflow = "/w/default/api/2.0/mlflow/webhooks"
    event = {"entity": "MODEL_VERSION", "action": "CREATED"}
    for body, text in (
        ({}, "'name'"),
        ({"name": "n"}, "'url'"),
        ({"name": "n", "url": "https://example.com"}, "'events'"),
        ({"name": "n", "url": "http://example.com", "events": [event]}, "Allowed schemes are: https"),
        (
            {"name": "n", "url": "https://example.com", "events": [{**event, "action": "SET"}]},
            "Valid actions are: ['created']",
        ),
        ({"name": "n", "url": "https://example.com", "events": [{**event, "entity": "SHOE"}]}, "events[0].entity"),
        ({"name": "a b", "url": "https://example.com", "events": [event]}, "'name'"),
        ({"name": "n", "url": "https://example.com", "events": [event], "status": "ASLEEP"}, "'status'"),
    ):
        reply = client.post(mlflow, json=body)
        assert reply.status_code == 400
        assert text in reply.json()["message"], reply.text
    assert client.get(f"{mlflow}/unknown").status_code == 404
    assert client.get(mlflow, params={"page_token": "nonsense"}).status_code == 400


def test_the_log_is_forgotten_in_time(open_ctx: Context, receiver: Receiver) -> None:
    hook = a_webhook(open_ctx, receiver.url)
    webhooks.try_out(open_ctx, hook)
    forward(open_ctx, 31 * 86_400)
    webhook_delivery._swept.clear()
    webhook_delivery.tick(open_ctx)
    with open_ctx.db.read() as tx:
        assert tx.execute(select(webhook_deliveries)).all() == []
