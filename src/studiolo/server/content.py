"""The second origin: artifacts that may run as pages, by signed addresses, without cookies and without a way to the studio.

It listens on a port of its own. What it sends is sandboxed by the browser into an origin of its own that no other page has, so
that a script in it can read neither the studio's cookie nor its answers, and it may talk to nobody but the files beside it.
"""

import mimetypes
import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from studiolo.kernel import content
from studiolo.kernel.auth.actor import SYSTEM
from studiolo.kernel.auth.request import Services
from studiolo.kernel.content import Grant
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.home import Home
from studiolo.studio.experiments import artifacts

_ADDRESS = re.compile(r"/c/([A-Za-z0-9_.-]{1,4000})/(.+)", re.DOTALL)
_GONE = "This address is too old, or was not made by this studio. Open the page of the run again.\n"
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}
# hands over what the studio's page posts to it; the page is sandboxed like every other of this origin
_FRAME = b"""<!doctype html><html><head><meta charset="utf-8"><title>Preview</title></head><body><script>
addEventListener('message', function (event) {
  if (event.source !== parent || typeof event.data !== 'object' || typeof event.data.html !== 'string') return;
  document.open(); document.write(event.data.html); document.close();
}, { once: true });
parent.postMessage('studiolo-frame-ready', '*');
</script></body></html>"""


def is_second(scope: Scope, port: int) -> bool:
    """Say whether a request came in by the port of the second origin; 0: there is none."""
    return bool(port) and (scope.get("server") or ("", 0))[1] == port


class SecondOrigin:
    """Answers what comes in by the second port, and passes everything else on; an ASGI middleware."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        self._key = Home(services.settings.home).key("content")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the two origins apart by the port that was called."""
        if scope["type"] not in ("http", "websocket") or not is_second(scope, self._services.settings.content_port):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        reply = await self._answer(Request(scope, receive))
        await reply(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("Only GET.\n", 405, {"Allow": "GET, HEAD"})
        path = request.scope["path"]
        if path == f"/{content.FRAME}":
            return Response(_FRAME, media_type="text/html; charset=utf-8", headers=self._headers(request, ""))
        match = _ADDRESS.fullmatch(path)
        grant = content.unseal(self._key, match[1], self._services.clock.now().timestamp()) if match else None
        if match is None or grant is None:
            return PlainTextResponse(_GONE, 404, self._headers(request, ""))
        try:
            found = await run_in_threadpool(self._find, grant, match[2])
        except StudioloError as error:
            return PlainTextResponse(f"{error.detail}\n", 404, self._headers(request, ""))
        return FileResponse(
            self._services.blobs.path(found.digest),
            headers={**self._headers(request, f"/c/{match[1]}/"), "ETag": f'"{found.digest}"'},
            media_type=_type_of(found.path),
        )

    def _find(self, grant: Grant, path: str) -> artifacts.Stored:
        have = self._services
        ctx = Context(have.db, have.settings, have.blobs, have.clock, SYSTEM, grant.workspace_id)
        with ctx.db.read() as tx:
            return artifacts.find_at(tx, ctx, f"{grant.root}/{artifacts.clean(path)}")

    def _headers(self, request: Request, folder: str) -> dict[str, str]:
        settings = self._services.settings
        host = request.headers.get("host", "")
        scheme = request.url.scheme
        own = content.origin(settings, scheme, host) or "'none'"
        beside = f"{own}{folder}" if folder else ""
        return {
            "Content-Security-Policy": _policy(beside, _studio(request, settings.public_url, settings.port)),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "private, no-store",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Access-Control-Allow-Origin": "*",  # its pages have no origin that could be named; the address is the proof
        }


def _policy(beside: str, studio: str) -> str:
    return "; ".join(
        (
            "sandbox allow-scripts",
            "default-src 'none'",
            f"script-src {beside} 'unsafe-inline' 'unsafe-eval' blob:",
            f"style-src {beside} 'unsafe-inline'",
            f"img-src {beside} data: blob:",
            f"font-src {beside} data:",
            f"media-src {beside} data: blob:",
            f"connect-src {beside or chr(39) + 'none' + chr(39)}",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {studio}",
        )
    )


def _studio(request: Request, public_url: str, port: int) -> str:
    """Return who may show these pages in a frame: the studio's own."""
    if public_url:
        return public_url.rstrip("/")
    host = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?", request.headers.get("host", ""))
    return f"{request.url.scheme}://{host[1]}:{port}" if host and port else "'none'"


def _type_of(path: str) -> str:
    ending = path[path.rfind(".") :].lower() if "." in path else ""
    kind = _TYPES.get(ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
