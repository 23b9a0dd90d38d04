"""Answers MLflow's protocol ahead of the web framework's router, which costs as much as a small write."""

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from studiolo.kernel.mlflow import protocol

_PATH = re.compile(r"(?:/w/(?P<workspace>[^/]+))?/(?:ajax-)?api/(?P<version>[23]\.0)/(?P<rest>mlflow.+)", re.DOTALL)


class Shortcut:
    """Takes the requests that `protocol` has an endpoint for; an ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        match = None
        if scope["type"] == "http" and scope["method"] in protocol.METHODS:
            match = _PATH.fullmatch(scope["path"])
        if match is None or not protocol.answers(scope["method"], f"{match['version']}/{match['rest']}"):
            await self._app(scope, receive, send)
            return
        workspace = match["workspace"]
        scope["path_params"] = {"rest": match["rest"]} | ({"workspace": workspace} if workspace else {})
        response = await protocol.serve(Request(scope, receive))
        await response(scope, receive, send)
