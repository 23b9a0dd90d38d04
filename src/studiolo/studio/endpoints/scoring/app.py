"""The ASGI application of a scorer: routes, key, limits, ids; no framework on the path of a request."""

import asyncio
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from studiolo.kernel.errors import StudioloError
from studiolo.studio.endpoints.scoring import answers, bodies, telemetry
from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.deployment import Deployment
from studiolo.studio.endpoints.scoring.keys import Keys
from studiolo.studio.endpoints.scoring.problems import (
    BadBody,
    BodyTooLarge,
    Busy,
    ModelFailed,
    NoRoute,
    SlowBody,
    WrongKey,
    WrongMethod,
)
from studiolo.studio.endpoints.scoring.request_log import RequestLog
from studiolo.studio.endpoints.scoring.telemetry import Counters
from studiolo.studio.endpoints.scoring.tiers.base import Prediction

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_POSTS = {"/score": answers.score, "/invocations": answers.invocations}
_OPEN = {"/", "/ping", "/health", "/version"}
_GETS = _OPEN | {"/metrics", "/openapi.json", "/swagger.json"}
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", b"application/problem+json")
_LONG = 1 << 17  # bytes from which a body is read in a thread
_LINGER_BYTES = 256 * 2**20
_LINGER_SECONDS = 10.0


class Predictor(Protocol):
    """Predicts one request, together with others where that pays."""

    async def predict(self, table: Table) -> Prediction: ...


class Pages(Protocol):
    """What GET answers besides health: documents made once, and counts made on demand."""

    def openapi(self) -> bytes: ...
    def swagger(self) -> bytes: ...
    def version(self) -> bytes: ...


class Gone(Exception):
    """The client went away before its request was whole."""


class _Headers:
    """The headers of a request that mean something here."""

    __slots__ = ("accept", "authorization", "client_id", "length", "media", "method_asked", "origin", "request_id")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.authorization = self.media = self.origin = self.accept = self.length = b""
        self.request_id = self.client_id = self.method_asked = b""
        for name, value in headers:
            match name:
                case b"authorization":
                    self.authorization = value
                case b"content-type":
                    self.media = value.lower()
                case b"content-length":
                    self.length = value
                case b"x-request-id":
                    self.request_id = value[:200]
                case b"x-ms-client-request-id":
                    self.client_id = value[:200]
                case b"origin":
                    self.origin = value
                case b"accept":
                    self.accept = value
                case b"access-control-request-method":
                    self.method_asked = value


class ScoringApp:
    """One worker's application. `draining`: answers ask clients to come back on another connection."""

    def __init__(
        self,
        deployment: Deployment,
        pages: Pages,
        keys: Keys,
        counters: Counters,
        log: RequestLog,
    ) -> None:
        self.deployment = deployment
        self.predictor: Predictor
        self.pages = pages
        self.keys = keys
        self.counters = counters
        self.log = log
        self.draining = False
        self._limit = deployment.body_limit
        self._buffered = 0
        self._id = secrets.token_hex(4).encode()
        self._number = 0
        self._origins = frozenset(origin.encode() for origin in deployment.cors)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        began = time.perf_counter_ns()
        headers = _Headers(scope["headers"])
        method, path = scope["method"], scope["path"]
        self._number += 1
        name = headers.request_id or headers.client_id or b"%s-%x" % (self._id, self._number)
        extra = [(b"x-request-id", name)]
        if headers.client_id:
            extra.append((b"x-ms-client-request-id", headers.client_id))
        if self.draining:
            extra.append((b"connection", b"close"))
        if self._origins and headers.origin in self._origins:
            extra += [(b"access-control-allow-origin", headers.origin), (b"vary", b"origin")]
        rows = 0
        linger = False
        try:
            if path in _POSTS and method == "POST":
                self._authorise(headers)
                body = await self._body(headers, receive)
                self._buffered += len(body)
                try:
                    table = await self._read(body, headers.media, path == "/invocations")
                    rows = table.rows
                    answer = _POSTS[path](await self.predictor.predict(table))
                finally:
                    self._buffered -= len(body)
                status, kind = 200, _JSON
            else:
                status, kind, answer = self._other(scope, method, path, headers, extra)
        except StudioloError as problem:
            status, kind, answer = problem.status, _PROBLEM, answers.dumps(problem.problem())
            if isinstance(problem, ModelFailed) and problem.__cause__ is not None:
                self.log.note(f"id={name.decode('latin-1')} " + "".join(traceback.format_exception(problem.__cause__)))
            linger = _say(problem, path, extra)
        except Gone:
            self._done(499, method, path, rows, began, name)
            return
        except Exception as error:  # noqa: BLE001 - a worker outlives what one request met
            self.log.note(f"id={name.decode('latin-1')} " + "".join(traceback.format_exception(error)))
            failure = ModelFailed(
                "The scorer met an error that it did not expect.", "The endpoint's log has the traceback."
            )
            status, kind, answer = 500, _PROBLEM, answers.dumps(failure.problem())
        body_headers = [kind, (b"content-length", b"%d" % len(answer)), *extra]
        await send({"type": "http.response.start", "status": status, "headers": body_headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer, "more_body": linger})
        self._done(status, method, path, rows, began, name)
        if linger:
            await self._discard(receive)
            await send({"type": "http.response.body", "body": b""})

    def _done(self, status: int, method: str, path: str, rows: int, began: int, name: bytes) -> None:
        took = (time.perf_counter_ns() - began) // 1000
        if path in _POSTS:
            self.counters.count(status, rows, took)
        if path not in _OPEN:
            self.log.request(status, method, path[:200], rows, took, name.decode("latin-1"))

    def _authorise(self, headers: _Headers) -> None:
        if not self.keys.accept(headers.authorization):
            what = "The key is not one of this endpoint." if headers.authorization else "The request has no key."
            raise WrongKey(what, "Send the header 'Authorization: Bearer KEY'.", field="Authorization")

    async def _read(self, body: bytes, media: bytes, invocations: bool) -> Table:
        if len(body) < _LONG:
            return bodies.read(body, media, invocations)
        return await asyncio.to_thread(bodies.read, body, media, invocations)

    async def _body(self, headers: _Headers, receive: Receive) -> bytes:
        if headers.length:
            if not headers.length.isdigit():
                raise BadBody("Content-Length is not a number.", field="Content-Length")
            if int(headers.length) > self._limit:
                raise self._too_large(int(headers.length))
        if self._buffered > 8 * self._limit:
            raise Busy("The endpoint holds as many bytes of other requests as it may.", "Try again in a second.")
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body
        return await self._rest(body, receive)

    async def _rest(self, first: bytes, receive: Receive) -> bytes:
        parts, size = [first], len(first)
        try:
            while True:
                if size > self._limit:
                    raise self._too_large(size)
                message = await asyncio.wait_for(receive(), self.deployment.body_seconds)
                if message["type"] != "http.request":
                    raise Gone
                part = message.get("body", b"")
                parts.append(part)
                size += len(part)
                if not message.get("more_body"):
                    break
        except TimeoutError:
            raise SlowBody(
                f"No byte of the body came for {self.deployment.body_seconds:g} s.", "Send the request again."
            ) from None
        if size > self._limit:
            raise self._too_large(size)
        return b"".join(parts)

    def _too_large(self, size: int) -> BodyTooLarge:
        return BodyTooLarge(
            f"The body has {size:,} bytes or more; this endpoint takes {self._limit:,}.",
            "Send fewer rows per request, or raise STUDIOLO_SCORE_LIMIT_BYTES.",
            field="body",
            extra={"limit": self._limit},
        )

    async def _discard(self, receive: Receive) -> None:
        """Read on for a while after an early answer: a client that still writes would else never see it."""
        left = _LINGER_BYTES
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b"")) or 1
                    if message["type"] != "http.request" or not message.get("more_body"):
                        return
        except TimeoutError:
            return

    def _other(
        self, scope: dict[str, Any], method: str, path: str, headers: _Headers, extra: list[tuple[bytes, bytes]]
    ) -> tuple[int, tuple[bytes, bytes], bytes]:
        if method == "OPTIONS" and headers.origin in self._origins and headers.method_asked:
            extra += [
                (b"access-control-allow-methods", b"GET, POST"),
                (b"access-control-allow-headers", b"authorization, content-type, x-request-id"),
                (b"access-control-max-age", b"600"),
            ]
            return 204, _JSON, b""
        if path in _POSTS:
            raise WrongMethod(f"{path} takes POST, not {method}.", "Send the rows as the body of a POST.")
        if path not in _GETS:
            raise NoRoute(
                f"There is nothing at {path[:200]}.",
                "POST /score or /invocations; GET /health, /openapi.json, /metrics.",
            )
        if method not in ("GET", "HEAD"):
            raise WrongMethod(f"{path} takes GET, not {method}.")
        if path not in _OPEN:
            self._authorise(headers)
        if path == "/swagger.json" and b"version=3" in scope["query_string"]:
            path = "/openapi.json"
        return 200, *self._page(path, headers)

    def _page(self, path: str, headers: _Headers) -> tuple[tuple[bytes, bytes], bytes]:
        match path:
            case "/version":
                return _JSON, self.pages.version()
            case "/openapi.json":
                return _JSON, self.pages.openapi()
            case "/swagger.json":
                return _JSON, self.pages.swagger()
            case "/metrics":
                return self._metrics(headers)
            case "/":
                return (b"content-type", b"text/plain; charset=utf-8"), b"Healthy"
            case _:
                return _JSON, b'{"status":"healthy"}'

    def _metrics(self, headers: _Headers) -> tuple[tuple[bytes, bytes], bytes]:
        totals = telemetry.summarise(Path(self.deployment.stats))
        if b"json" in headers.accept:
            return _JSON, answers.dumps(totals)
        text = telemetry.prometheus(totals, self.deployment.endpoint)
        return (b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), text.encode()


def _say(problem: StudioloError, path: str, extra: list[tuple[bytes, bytes]]) -> bool:
    """Add the headers that belong to a status; returns whether the body is still to be read."""
    if problem.status == 401:
        extra.append((b"www-authenticate", b"Bearer"))
    elif problem.status == 405:
        extra.append((b"allow", b"POST" if path in _POSTS else b"GET, HEAD"))
    elif problem.status == 503:
        extra.append((b"retry-after", b"1"))
    elif problem.status in (408, 413):
        extra.append((b"connection", b"close"))
        return problem.status == 413
    return False
