"""Serves the built UI: hashed files for ever, the page itself always fresh; and the security headers of every reply."""

from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.kernel import content
from studiolo.kernel.settings import Settings

STATIC = Path(__file__).parent / "static"
# Mantine sets styles on elements, so styles may be inline; scripts may not
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = (  # as ASGI wants them: names in lower case
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class SecurityHeaders:
    """Adds what a browser needs to be careful; a pure ASGI middleware, so streams stay streams."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add headers to its reply."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                there = {name for name, _ in headers}
                headers.extend(pair for pair in _HEADERS if pair[0] not in there)
                if b"content-security-policy" not in there:
                    headers.append((b"content-security-policy", self._policy(scope)))
            await send(message)

        await self._app(scope, receive, sending)

    def _policy(self, scope: Scope) -> bytes:
        """Return the policy of the studio's pages; in a frame they show the second origin and nothing else."""
        host = Headers(scope=scope).get("host", "")
        shown = content.origin(self._settings, scope.get("scheme", "http"), host) or "'none'"
        return f"{POLICY}; frame-src {shown}".encode("latin-1", "replace")


class _Assets(StaticFiles):
    def file_response(self, *args: object, **kwargs: object) -> Response:
        reply = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        reply.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return reply


def mount(app: FastAPI) -> None:
    """Serve the UI for every path that nothing else answers."""
    assets = STATIC / "assets"
    if assets.is_dir():
        app.mount(
            "/assets", GZipMiddleware(_Assets(directory=assets), minimum_size=1024, compresslevel=6), name="assets"
        )

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        """Return a file of the UI's root, or the page, whose own router reads the path."""
        parts = path.split("/")
        if path.startswith("api/") or (len(parts) > 2 and parts[0] == "w" and parts[2] in ("api", "serve")):
            raise HTTPException(404, f"There is nothing at /{path}.")
        index = STATIC / "index.html"
        if not index.is_file():
            return PlainTextResponse("The UI is not built. In the source tree: make ui\n", 503)
        root_file = STATIC / path
        if path and "/" not in path and not path.startswith(".") and root_file.is_file():
            return FileResponse(root_file, headers={"Cache-Control": "no-cache"})
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
