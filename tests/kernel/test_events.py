"""Events are true if and only if the change is, and the feed loses none; over a real server on loopback."""

import asyncio
import http.client
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import quote

import pytest
import uvicorn

from studiolo.kernel.auth import service
from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied
from studiolo.kernel.events import feed as feed_module
from studiolo.kernel.events import outbox
from studiolo.kernel.events.feed import Feed
from studiolo.server.app import build_app
from studiolo.testing.client import member_token, owner_token
from studiolo.testing.context import context_in


def emit(ctx: Context, *subjects: str) -> None:
    with ctx.db.begin() as tx:
        for subject in subjects:
            ctx.events.emit(tx, "thing.happened", subject, {"n": 1})


def stored(ctx: Context) -> list[str]:
    with ctx.db.read() as tx:
        return [event.subject for event in outbox.after(tx, 0)]


def test_an_event_is_there_exactly_when_its_transaction_is(any_ctx: Context) -> None:
    emit(any_ctx, "kept")
    with suppress(ZeroDivisionError), any_ctx.db.begin() as tx:
        any_ctx.events.emit(tx, "thing.happened", "rolled back")
        raise ZeroDivisionError
    assert stored(any_ctx) == ["kept"]


def test_in_a_shared_commit_each_event_goes_with_its_own_change(any_ctx: Context) -> None:
    def work(number: int) -> None:
        def write(tx: object) -> None:
            any_ctx.events.emit(tx, "thing.happened", str(number))  # type: ignore[arg-type]
            if number % 2:
                raise ValueError

        with suppress(ValueError):
            any_ctx.db.write(write)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(stored(any_ctx), key=int) == [str(number) for number in range(0, 20, 2)]


def test_ids_are_never_given_twice(ctx: Context) -> None:
    emit(ctx, "a", "b")
    with ctx.db.begin() as tx:
        tx.execute(outbox.events.delete())
    emit(ctx, "c")
    with ctx.db.read() as tx:
        assert [event.id for event in outbox.after(tx, 0)] == [3]


class Stream:
    """An EventSource: connects, collects events in a thread."""

    def __init__(self, port: int, token: str, path: str = "/w/default/api/events", last: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last} if last else {})
        self.connection.request("GET", path, headers=headers)
        self.socket = self.connection.sock
        self.reply = self.connection.getresponse()
        self.events: queue.Queue[dict[str, object] | None] = queue.Queue()
        if self.reply.status == 200:
            assert self.reply.readline() == b"retry: 1000\n"
            self.thread = threading.Thread(target=self._read, daemon=True)
            self.thread.start()

    def _read(self) -> None:
        try:
            while line := self.reply.readline():
                if line.startswith(b"data: "):
                    self.events.put(json.loads(line[6:]))
        except (OSError, http.client.HTTPException, ValueError):
            pass
        self.events.put(None)

    def take(self, count: int) -> list[dict[str, object]]:
        found = []
        for _ in range(count):
            event = self.events.get(timeout=20)
            assert event is not None, f"the stream ended after {found}"
            found.append(event)
        return found

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.connection.close()


@pytest.fixture
def port(services: Services) -> Iterator[int]:
    with serving(services) as found:
        yield found


@contextmanager
def serving(services: Services) -> Iterator[int]:
    config = uvicorn.Config(build_app(services), port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)


def test_what_happens_is_seen_within_a_second(services: Services, port: int) -> None:
    ctx = context_in(services)
    emit(ctx, "before")
    stream = Stream(port, owner_token(services))
    begun = time.monotonic()
    emit(ctx, "now")
    (event,) = stream.take(1)
    assert (event["subject"], event["kind"], event["data"]) == ("now", "thing.happened", {"n": 1})
    assert time.monotonic() - begun < 5
    stream.close()


def test_resuming_loses_nothing_however_long_the_gap(services: Services, port: int) -> None:
    ctx, token = context_in(services), owner_token(services)
    first = Stream(port, token)
    emit(ctx, "seen")
    (seen,) = first.take(1)
    first.close()
    missed = [f"missed {number}" for number in range(1203)]
    emit(ctx, *missed)
    second = Stream(port, token, last=str(seen["id"]))
    emit(ctx, "live")
    events = second.take(len(missed) + 1)
    assert [event["subject"] for event in events] == [*missed, "live"]
    second.close()


def test_many_that_come_at_once_get_each_event_once(services: Services, port: int) -> None:
    ctx, token = context_in(services), owner_token(services)
    streams: list[Stream] = []
    threads = [threading.Thread(target=lambda: streams.append(Stream(port, token))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for batch in range(5):
        emit(ctx, *(f"{batch}.{number}" for number in range(30)))
    wanted = [f"{batch}.{number}" for batch in range(5) for number in range(30)]
    for stream in streams:
        assert [event["subject"] for event in stream.take(150)] == wanted
        assert stream.events.empty()
        stream.close()


def test_a_workspace_hears_only_of_itself(services: Services, port: int) -> None:
    ctx, token = context_in(services), owner_token(services)
    with services.db.begin() as tx:
        other = service.create_workspace(tx, services.clock, "lab", ctx.actor.id)
    stream = Stream(port, token, last="0")
    emit(ctx.within(other, "lab"), "theirs")
    emit(ctx, "ours")
    assert [event["subject"] for event in stream.take(1)] == ["ours"]
    stream.close()


@pytest.mark.parametrize("last", ["nonsense", "-1", "²", "9" * 5000, "9" * 19, "1.5"])
def test_an_id_that_is_none_means_from_now_on(services: Services, port: int, last: str) -> None:
    stream = Stream(port, owner_token(services), path=f"/w/default/api/events?last={quote(last)}")
    assert stream.reply.status == 200
    stream.close()


def test_an_unknown_workspace_is_an_answer_and_not_an_empty_stream(services: Services, port: int) -> None:
    stream = Stream(port, owner_token(services), path="/w/nowhere/api/events")
    assert (stream.reply.status, json.loads(stream.reply.read())["code"]) == (404, "workspace.unknown")


def test_who_is_shut_out_hears_no_more(services: Services, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "KEEPALIVE", 0.1)
    stream = Stream(port, member_token(services, Role.reader))
    with services.db.begin() as tx:
        tx.exec_driver_sql("update accounts set disabled = 1 where name = 'reader'")
    assert stream.events.get(timeout=20) is None
    assert Stream(port, owner_token(services)).reply.status == 200


def test_a_listener_that_does_not_read_is_let_go_without_a_gap(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "BACKLOG", 3)
    monkeypatch.setattr(feed_module, "PAUSE", 0.01)

    async def scenario() -> list[bytes]:
        feed = Feed(ctx.db)
        stream = feed.listen(ctx.workspace_id, None)
        await anext(stream)
        await asyncio.to_thread(emit, ctx, *"abcdef")
        await asyncio.sleep(0.3)  # the pump fills the queue while nobody reads
        got = [frame async for frame in stream]
        await feed.close()
        return got

    frames = asyncio.run(scenario())
    assert [json.loads(frame.split(b"data: ")[1])["subject"] for frame in frames] == ["a", "b", "c"]


def test_a_database_that_is_away_for_a_moment_does_not_end_the_feed(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = feed_module.after, iter([True])

    def flaky(*arguments: object) -> object:
        if next(failures, False):
            raise OSError("away")
        return real(*arguments)  # type: ignore[arg-type]

    async def scenario() -> bytes:
        feed = Feed(ctx.db)
        stream = feed.listen(ctx.workspace_id, None)
        await anext(stream)
        monkeypatch.setattr(feed_module, "after", flaky)
        await asyncio.to_thread(emit, ctx, "a")
        frame = await anext(stream)
        await feed.close()
        return frame

    assert b'"subject":"a"' in asyncio.run(scenario())


def test_a_denied_check_ends_the_stream(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "KEEPALIVE", 0.05)

    def denied() -> None:
        raise Denied("no more")

    async def scenario() -> list[bytes]:
        feed = Feed(ctx.db)
        frames = [frame async for frame in feed.listen(ctx.workspace_id, None, denied)]
        await feed.close()
        return frames

    assert len(asyncio.run(scenario())) == 1
