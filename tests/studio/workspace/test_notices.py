"""Notices: told once, a row for each member, read or not; mail by a real SMTP server on loopback."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.outbound import AddressRefused
from studiolo.studio.workspace.notices import mailing, posting, repository, service
from studiolo.studio.workspace.notices.errors import MailNotSet
from studiolo.studio.workspace.notices.schemas import MailSettingsChange, Notice, NoticeMark
from studiolo.testing.client import make_client, member_token

CANARY = "canary-7f3a9c"


class Smtp:
    """A small SMTP server: keeps what it is given, answers with the next of `answers` to DATA."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.logins: list[str] = []
        self.answers: list[str] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Smtp":
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        async def start() -> None:
            server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()

        self._loop.run_until_complete(start())
        self._loop.run_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 here")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := (await reader.readline()).decode().strip():
                verb = line.split(" ")[0].upper()
                if verb == "EHLO":
                    say("250-here\r\n250 AUTH PLAIN")
                elif verb == "AUTH":
                    self.logins.append(line)
                    say("235 welcome")
                elif verb == "DATA":
                    say("354 go on")
                    text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                    answer = self.answers.pop(0) if self.answers else "250 taken"
                    if answer.startswith("250"):
                        self.mails.append(text)
                    say(answer)
                elif verb == "RCPT" and "nobody@" in line:
                    say("550 no such user")
                elif verb == "QUIT":
                    say("221 bye")
                    break
                else:
                    say("250 fine")
        writer.close()


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    with Smtp() as found:
        yield found


def settings(port: int, **changes: Any) -> MailSettingsChange:
    values = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "studio@example.org"}
    return MailSettingsChange.model_validate(values | changes)


def allowed(ctx: Context) -> tuple[Context, FakeClock]:
    clock = FakeClock()
    return replace(ctx, settings=ctx.settings.model_copy(update={"mail_private": True}), clock=clock), clock


def post(ctx: Context, key: str = "k", title: str = "sales drifts", mail_to: tuple[str, ...] = ()) -> bool:
    with ctx.db.begin() as tx:
        return posting.post(
            tx, ctx, Notice(kind="drift.detected", title=title, href="datasets/sales", key=key), mail_to
        )


def test_each_member_who_may_read_is_told_once(any_services: Services, any_client: TestClient) -> None:
    from studiolo.testing.context import context_in

    ctx = context_in(any_services)
    reader = make_client(any_services, member_token(any_services, Role.reader))
    labeler = make_client(any_services, member_token(any_services, Role.labeler))
    assert post(ctx)
    assert not post(ctx)
    path = "/w/default/api/workspace/notices"
    for client in (any_client, reader):
        assert client.get(f"{path}/unread").json() == {"unread": 1}
    assert labeler.get(path).status_code == 403
    found = reader.get(path).json()["items"]
    assert [one["title"] for one in found] == ["sales drifts"]
    assert reader.post(f"{path}/marks", json={"ids": [found[0]["id"]]}).json() == {"unread": 0}
    assert any_client.get(f"{path}/unread").json() == {"unread": 1}  # each has a row of their own
    assert any_client.post(f"{path}/marks", json={"ids": [found[0]["id"]]}).json() == {"unread": 1}  # nobody else's
    assert reader.get(path, params={"unread": True}).json()["items"] == []


def test_notices_are_paged_and_unread_again(ctx: Context) -> None:
    for number in range(5):
        post(ctx, key=str(number), title=str(number))
    first = service.list_notices(ctx, limit=2)
    second = service.list_notices(ctx, cursor=first.next, limit=3)
    assert [one.title for one in [*first.items, *second.items]] == ["4", "3", "2", "1", "0"]
    assert service.mark(ctx, NoticeMark()).unread == 0
    assert service.mark(ctx, NoticeMark(ids=[first.items[0].id], read=False)).unread == 1


def test_a_mail_arrives_once_with_a_link(ctx: Context, smtp: Smtp) -> None:
    ctx, _ = allowed(ctx)
    service.set_mail(ctx, settings(smtp.port, username="studio", password=CANARY))
    post(ctx, mail_to=("ann@example.org",))
    post(ctx, mail_to=("ann@example.org",))
    assert mailing.send_due(ctx, wait=True)
    assert not mailing.send_due(ctx, wait=True)
    assert len(smtp.mails) == 1
    assert "Subject: [default] sales drifts" in smtp.mails[0]
    assert "/w/default/datasets/sales" in smtp.mails[0]
    assert len(smtp.logins) == 1
    assert [one.state for one in service.outbox(ctx).items] == ["sent"]


def test_a_server_that_is_busy_is_asked_again_and_a_refusal_is_not(ctx: Context, smtp: Smtp) -> None:
    ctx, clock = allowed(ctx)
    service.set_mail(ctx, settings(smtp.port))
    smtp.answers = ["451 try later", "250 taken"]
    post(ctx, mail_to=("ann@example.org", "nobody@example.org"))
    mailing.send_due(ctx, wait=True)
    states = {one.to: (one.state, one.attempts) for one in service.outbox(ctx).items}
    assert states["nobody@example.org"] == ("failed", 1)
    assert states["ann@example.org"][0] in ("pending", "sent")
    clock.advance(3600)
    mailing.send_due(ctx, wait=True)
    assert {one.state for one in service.outbox(ctx).items if one.to.startswith("ann")} == {"sent"}


def test_mail_waits_for_a_server_but_not_for_ever(ctx: Context) -> None:
    ctx, clock = allowed(ctx)
    post(ctx, mail_to=("ann@example.org",))
    assert not mailing.send_due(ctx, wait=True)
    assert [one.state for one in service.outbox(ctx).items] == ["pending"]
    clock.advance(4 * 86_400)
    mailing.tick(ctx)
    assert [one.state for one in service.outbox(ctx).items] == ["failed"]


def test_what_a_killed_controller_had_taken_is_sent_again(ctx: Context, smtp: Smtp) -> None:
    ctx, clock = allowed(ctx)
    service.set_mail(ctx, settings(smtp.port))
    post(ctx, mail_to=("ann@example.org",))
    with ctx.db.begin() as tx:
        taken = repository.due(tx, ctx, clock.now(), 5)
        assert repository.take(tx, taken[0], clock.now(), clock.now() + mailing.LEASE) is not None
    assert not mailing.send_due(ctx, wait=True)
    clock.advance(mailing.LEASE.total_seconds() + 1)
    assert mailing.send_due(ctx, wait=True)
    assert len(smtp.mails) == 1


def test_the_password_is_never_shown_and_does_not_follow_to_another_server(ctx: Context, client: TestClient) -> None:
    path = "/w/default/api/workspace/mail"
    body = settings(587, host="mail.example.org", username="u", password=CANARY).model_dump()
    assert client.put(path, json=body).json()["has_password"]
    assert CANARY not in client.get(path).text
    assert CANARY.encode() not in ctx.settings.sqlite_path.read_bytes()
    kept = client.put(path, json=body | {"password": None, "port": 2525}).json()
    assert (kept["has_password"], kept["port"]) == (True, 2525)
    assert not client.put(path, json=body | {"password": None, "host": "elsewhere.example.org"}).json()["has_password"]
    assert CANARY not in client.get("/w/default/api/workspace/audit").text
    assert client.delete(path).status_code == 204
    assert client.get(path).json() is None
    assert client.post(f"{path}/test", json={"to": "a@b.example"}).json()["code"] == "workspace.mail_not_set"


def test_private_servers_need_the_owner_of_the_machine(ctx: Context, smtp: Smtp) -> None:
    with pytest.raises(AddressRefused, match="not a public address"):
        service.set_mail(ctx, settings(smtp.port))
    service.set_mail(ctx, settings(smtp.port, host="localhost"))  # judged when it is looked up
    tried = service.try_mail(ctx, "ann@example.org")
    assert not tried.ok
    assert "STUDIOLO_MAIL_PRIVATE" in tried.detail
    assert smtp.mails == []


def test_a_try_says_what_the_server_said(ctx: Context, smtp: Smtp) -> None:
    ctx, _ = allowed(ctx)
    with pytest.raises(MailNotSet):
        service.try_mail(ctx, "ann@example.org")
    service.set_mail(ctx, settings(smtp.port))
    assert service.try_mail(ctx, "ann@example.org").ok
    refused = service.try_mail(ctx, "nobody@example.org")
    assert (refused.ok, "no such user" in refused.detail) == (False, True)
    service.set_mail(ctx, settings(smtp.port, security="starttls"))
    bare = service.try_mail(ctx, "ann@example.org")
    assert (bare.ok, "STARTTLS" in bare.detail, bare.hint.startswith("Choose the security tls")) == (False, True, True)
    service.set_mail(ctx, settings(1))
    assert not service.try_mail(ctx, "ann@example.org").ok


@pytest.mark.parametrize("sender", ["no address", "a@b\r\nBcc: c@d", "a@b,c@d", ""])
def test_addresses_cannot_carry_headers(client: TestClient, sender: str) -> None:
    body = {"host": "mail.example.org", "sender": sender}
    assert client.put("/w/default/api/workspace/mail", json=body).status_code == 422


def test_the_command_line_reads_and_marks(ctx: Context, cli: Any) -> None:
    post(ctx)
    assert "sales drifts" in cli("workspace", "notices", "list").output
    assert "0" in cli("workspace", "notices", "read").output
    said = cli(
        "workspace",
        "mail",
        "set",
        "mail.example.org",
        "--from",
        "s@example.org",
        "--password-stdin",
        stdin=f"{CANARY}\n",
    )
    assert said.exit_code == 0, said.output
    assert CANARY not in cli("workspace", "mail", "show").output
    assert cli("workspace", "mail", "outbox").exit_code == 0
