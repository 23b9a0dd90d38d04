"""`/w/<workspace>/serve/<name>/…`: passes requests on to the endpoint's port, for pages and for clients that see one port.

Who brings a key of the endpoint is passed on with it; the scorer decides. Who is signed in to the studio (session or API
token) is checked here and passed on with the server's own key. Bodies and answers are streamed.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from studiolo.kernel.auth import repository as accounts
from studiolo.kernel.auth.request import Services, context, services
from studiolo.kernel.auth.service import UnknownWorkspace
from studiolo.kernel.context import Context
from studiolo.kernel.errors import TooLarge
from studiolo.studio.endpoints import folders, repository
from studiolo.studio.endpoints.errors import EndpointNotFound, NotLive
from studiolo.studio.endpoints.service import KEY_PREFIX

router = APIRouter(prefix="/w/{workspace}/serve", tags=["serve"], include_in_schema=False)
_WAIT = httpx.Timeout(310.0, connect=2.0)
_LIMITS = httpx.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=30)
_PASSED = ("content-type", "accept", "x-request-id", "x-ms-client-request-id", "user-agent")
_RETURNED = ("content-type", "x-request-id", "x-ms-client-request-id", "retry-after", "allow", "www-authenticate")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, and with which Authorization."""

    url: str
    authorization: str


@router.api_route("/{name}/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def serve(request: Request, workspace: str, name: str, path: str) -> StreamingResponse:
    """Pass a request on to the endpoint; its answer comes back as it is."""
    have = services(request)
    limit = have.settings.score_limit_bytes
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    target = await run_in_threadpool(_target, request, have, workspace, name)
    headers = {key: value for key in _PASSED if (value := request.headers.get(key)) is not None}
    headers |= {"authorization": target.authorization, "accept-encoding": "identity"}
    if request.method == "OPTIONS":
        for key in ("origin", "access-control-request-method"):
            headers |= {key: value} if (value := request.headers.get(key)) else {}
    body = _counted(request, limit) if request.method in ("POST", "PUT", "PATCH") else None
    if body is not None and length.isdigit():
        headers["content-length"] = length
    client = _client(request)
    query = f"?{request.url.query}" if request.url.query else ""
    asked = client.build_request(request.method, f"{target.url}/{path}{query}", headers=headers, content=body)
    try:
        reply = await client.send(asked, stream=True)
    except httpx.TransportError as error:
        raise NotLive(
            f"Endpoint '{name}' does not answer: {type(error).__name__}.",
            "It may be starting again; see its page or: studiolo endpoints show " + name,
        ) from error
    back = {key: value for key in _RETURNED if (value := reply.headers.get(key)) is not None}
    back["cache-control"] = "no-store"

    async def content() -> AsyncIterator[bytes]:
        try:
            async for chunk in reply.aiter_raw():
                yield chunk
        finally:
            await reply.aclose()

    if "content-length" in reply.headers:
        back["content-length"] = reply.headers["content-length"]
    return StreamingResponse(content(), reply.status_code, back)


def _target(request: Request, have: Services, workspace: str, name: str) -> Target:
    """Find the endpoint, and check who asks unless a key of an endpoint says it; runs in a thread."""
    authorization = request.headers.get("authorization", "")
    keyed = authorization.partition(" ")[2].startswith(f"{KEY_PREFIX}_")
    if keyed:
        with have.db.read() as tx:
            found = accounts.workspace(tx, workspace)
            if found is None:
                raise UnknownWorkspace(workspace)
            return _of(tx, str(found.id), name, authorization)
    ctx: Context = context(request)
    ctx.actor.must("endpoints.read")
    with ctx.db.read() as tx:
        target = _of(tx, ctx.workspace_id, name, "")
        row = repository.endpoint(tx, ctx.workspace_id, name)
    assert row is not None
    try:
        key = (folders.of_endpoint(ctx, row.id) / folders.FORWARD_KEY).read_text("ascii").strip()
    except OSError:
        raise _not_live(name) from None
    return Target(target.url, f"Bearer {key}")


def _of(tx: Any, workspace_id: str, name: str, authorization: str) -> Target:
    row = repository.endpoint(tx, workspace_id, name)
    if row is None:
        raise EndpointNotFound(name)
    found = repository.summaries(tx, [row])[row.id]
    if not any(item.state in ("Live", "Restarting") and item.live_at for item in found):
        raise _not_live(name)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(row.host, row.host)  # noqa: S104 - the address to connect to
    return Target(f"http://{f'[{host}]' if ':' in host else host}:{row.port}", authorization)


def _not_live(name: str) -> NotLive:
    return NotLive(f"Endpoint '{name}' has no live deployment.", f"See why: studiolo endpoints show {name}")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"The body has more than {limit:,} bytes.",
        "Send fewer rows, or raise STUDIOLO_SCORE_LIMIT_BYTES.",
        field="body",
    )


async def _counted(request: Request, limit: int) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > limit:
            raise _too_large(limit)
        yield chunk


def _client(request: Request) -> httpx.AsyncClient:
    """Return the connections to scorers that this server keeps."""
    state = request.app.state
    found: httpx.AsyncClient | None = getattr(state, "scorers", None)
    if found is None or found.is_closed:
        found = state.scorers = httpx.AsyncClient(timeout=_WAIT, limits=_LIMITS, trust_env=False)
    return found
