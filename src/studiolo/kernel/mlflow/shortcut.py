"""Answers MLflow's protocol ahead of the web framework: its middlewares and its router cost as much as a small write."""

import re

from starlette.requests import Request
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


async def answer(scope: Scope, receive: Receive, send: Send) -> bool:
    """Answer a request that `protocol` has an endpoint for; False when it is for somebody else.

    scope: of an HTTP request, with `app`.
    """
    match = _PATH.fullmatch(scope["path"])
    if match is None or scope["method"] not in protocol.METHODS:
        return False
    if not protocol.answers(scope["method"], f"{match['version']}/{match['rest']}"):
        return False
    workspace = match["workspace"]
    scope["path_params"] = {"rest": match["rest"]} | ({"workspace": workspace} if workspace else {})
    response = await protocol.serve(Request(scope, receive))
    there = {name for name, _ in response.raw_headers}
    response.raw_headers.extend(pair for pair in _HEADERS if pair[0] not in there)
    await response(scope, receive, send)
    return True
