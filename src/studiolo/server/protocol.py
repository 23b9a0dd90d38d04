"""How requests come from the network and answers go there, where uvicorn's way is longer than what is asked for.

Head and body of a small answer are one packet, so that its reader wakes once. A request of MLflow's protocol goes to its thread as soon as
its body is whole: a task, its events and its messages, for what needs none of them, were half of what the loop did for it.
"""

import asyncio
import urllib.parse
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from studiolo.kernel.mlflow import shortcut
from studiolo.kernel.mlflow.protocol import SMALL, Found
from studiolo.server.app import Studio

# seconds that an idle connection is kept: clients that log now and then use theirs again, and rarely send on one that just ended
KEEP_ALIVE = 75


class Together:
    """A transport that hands over what is written within one step of the loop in one piece.

    uvicorn writes head and body one after the other, each a call of the system and a wake-up of the client: a quarter of what
    a small request costs. What is written is handed over before the loop does anything else, so flow control is as it was.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keep a piece until the step of the loop ends."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def send(self, data: bytes) -> None:
        """Hand over what is kept, and a whole answer."""
        self._flush()
        self._transport.write(data)

    def close(self) -> None:
        """Hand over what is kept, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts:
            self._transport.write(parts[0] if len(parts) == 1 else b"".join(parts))


class Exchange(RequestResponseCycle):
    """A request that is answered once its body is whole, and its answer. It is its own event: uvicorn sets it when more has come."""

    def __init__(self, asked: Found, **given: Any) -> None:
        super().__init__(message_event=self, **given)  # type: ignore[arg-type]
        self._asked = asked
        self._turn = False

    def set(self) -> None:
        """Hear that more of the body has come, or that the client has gone."""
        if self.disconnected or not self._turn:  # while others are before it, no more is read
            return
        if self.more_body:
            self.flow.resume_reading()
        else:
            self._turn = False
            shortcut.begin(self.scope, self._asked, bytes(self.body), self._end)  # type: ignore[arg-type]

    def start(self) -> None:
        """Answer as soon as the body is whole: the answers to what came before on this connection are sent."""
        self._turn = True
        if not self.more_body:
            self.set()

    def _end(self, status: int, lines: bytes, body: bytes) -> None:
        """Send the answer, and let the connection go on. lines: of its headers."""
        if self.disconnected or self.transport.is_closing():
            return
        own = [part for name, value in self.default_headers for part in (name, b": ", value, b"\r\n")]
        if not self.keep_alive:
            own.append(b"connection: close\r\n")
        self.transport.send(b"".join((STATUS_LINE[status], *own, lines, b"\r\n", body)))  # type: ignore[attr-defined]
        self.response_complete = True
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, over a transport that writes together, with a short way for what can be answered at once."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(Together(transport, self.loop))  # type: ignore[arg-type]

    def on_headers_complete(self) -> None:
        """Begin a request by the way that it may take."""
        asked = self._quick()
        if asked is None:
            super().on_headers_complete()
            return
        before = self.cycle
        self.cycle = found = Exchange(
            asked,
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            expect_100_continue=False,
            keep_alive=self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            found.start()
        else:  # it came before the answer to the last one had gone
            self.flow.pause_reading()
            self.pipeline.appendleft((found, self.app))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if isinstance(cycle, Exchange):
            cycle.start()
        else:
            super()._start_asgi_task(cycle, app)

    def _quick(self) -> Found | None:
        """Return what answers a request at once. All others, and whatever is unusual about the connection, are uvicorn's."""
        app = self.config.app
        if (
            not isinstance(app, Studio)
            or b"/mlflow" not in self.url
            or self.access_log
            or self.limit_concurrency is not None
            or self.expect_100_continue
            or self.root_path
            or self.parser.get_http_version() != "1.1"
            or self.parser.should_upgrade()
        ):
            return None
        size = 0
        for name, value in self.headers:
            if name == b"transfer-encoding":
                return None
            if name == b"content-length":
                size = int(value) if value.isdigit() else SMALL + 1
        if size > min(SMALL, app.state.services.settings.request_limit_bytes):
            return None
        address = httptools.parse_url(self.url)
        path = address.path.decode("ascii")
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["path"] = urllib.parse.unquote(path) if "%" in path else path
        self.scope["raw_path"] = address.path
        self.scope["query_string"] = address.query or b""
        return app.quick(self.scope)  # type: ignore[arg-type]
