"""Answers MLflow's protocol ahead of the web framework: its middlewares and its router cost as much as a small write."""

import re
from collections.abc import Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from studiolo.kernel.mlflow import protocol

_PATH = re.compile(r"(?:/w/(?P<workspace>[^/]+))?/(?:ajax-)?api/(?P<version>[23]\.0)/(?P<rest>mlflow.+)", re.DOTALL)
# what the other answers of the studio carry too, as ASGI wants it; nothing here is a page, so nothing may be loaded by it
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


_LINES = b"".join(b"%b: %b\r\n" % pair for pair in ((b"content-type", b"application/json"), *_HEADERS))


async def answer(scope: Scope, receive: Receive, send: Send) -> bool:
    """Answer a request that `protocol` has an endpoint for; False when it is for somebody else.

    scope: of an HTTP request, with `app`.
    """
    path = _path(scope)
    if path is None or not protocol.answers(scope["method"], path):
        return False
    response = _completed(await protocol.serve(Request(scope, receive)))
    await response(scope, receive, send)
    return True


def quick(scope: Scope) -> protocol.Found | None:
    """Return what answers a request whose whole body is at hand, None when it is for somebody else or a stream."""
    path = _path(scope)
    return None if path is None else protocol.quick(scope["method"], path)


def begin(scope: Scope, asked: protocol.Found, body: bytes, done: Callable[[int, bytes, bytes], None]) -> None:
    """Answer a request in a thread; `done` is called with status, lines of headers and body, in the loop that runs."""

    def end(answer: bytes | Response) -> None:
        if isinstance(answer, bytes):
            done(200, b"%bcontent-length: %d\r\n" % (_LINES, len(answer)), answer)
        else:
            done(answer.status_code, _lines(_completed(answer).raw_headers), bytes(answer.body))

    protocol.begin(Request(scope), asked, body, end)


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % pair for pair in headers)


def _path(scope: Scope) -> str | None:
    """Return what is asked for below `/api/`, None when it is not the protocol's; the request learns its workspace."""
    match = _PATH.fullmatch(scope["path"])
    if match is None or scope["method"] not in protocol.METHODS:
        return None
    workspace = match["workspace"]
    scope["path_params"] = {"rest": match["rest"]} | ({"workspace": workspace} if workspace else {})
    return f"{match['version']}/{match['rest']}"


def _completed(response: Response) -> Response:
    there = {name for name, _ in response.raw_headers}
    response.raw_headers.extend(pair for pair in _HEADERS if pair[0] not in there)
    return response
