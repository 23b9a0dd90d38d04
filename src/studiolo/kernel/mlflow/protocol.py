"""The table of MLflow's endpoints, and the one route that looks them up.

Every path `/api/…` is answered as `/ajax-api/…` too, below `/w/<workspace>` and, for the default workspace, at the root.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from studiolo.kernel.auth.request import context, known, services
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.kernel.mlflow.errors import MlflowError, answer_of
from studiolo.kernel.mlflow.fields import Fields, of_body, of_query
from studiolo.kernel.mlflow.threads import run_in_threadpool, submit
from studiolo.kernel.mlflow.writes import Work, queue

log = logging.getLogger(__name__)
Answer = dict[str, Any]
Handler = Callable[[Context, Fields], Answer | bytes]  # bytes: JSON that is ready
RawHandler = Callable[[Request, Context, str], Awaitable[Response]]
SmallHandler = Callable[[Context, str, bytes], Answer]
WriteHandler = Callable[[Context, bytes], Work]
SMALL = 1 << 20  # bytes of a body that may be at hand as a whole
_JSON = "application/json"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# what MLflow's server has outside /api; of these, too, what is not answered is refused in its shape
OUTSIDE = (
    "/get-artifact",
    "/model-versions/get-artifact",
    "/graphql",
    "/gateway/{rest:path}",
    "/api/2.0mlflow/{rest:path}",  # MLflow forgot a slash in one address, and its clients say it as it is
    "/ajax-api/2.0mlflow/{rest:path}",
)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    permission: str
    handler: Handler | None = None
    raw: RawHandler | None = None
    small: SmallHandler | None = None  # of a stream: what takes a body that is short enough to be at hand
    write: WriteHandler | None = None


class Found(NamedTuple):
    """What answers a request, and the parameters of its path."""

    endpoint: _Endpoint
    params: dict[str, str]


_static: dict[tuple[str, str], _Endpoint] = {}
_patterns: list[tuple[str, re.Pattern[str], _Endpoint]] = []
_registered: list[tuple[str, str]] = []


def registered() -> list[tuple[str, str]]:
    """Return the (method, path below `/api/`) of every endpoint."""
    return list(_registered)


def _register(method: str, path: str, found: _Endpoint) -> None:
    _registered.append((method, path))
    if "{" not in path:
        _static[method, path] = found
        return
    pattern = re.sub(r"\\{(\w+):path\\}", r"(?P<\1>.+)", re.escape(path).replace(r"\:", ":"))
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
    _patterns.append((method, re.compile(pattern), found))


def endpoint(
    method: str, path: str, permission: str, *, versions: tuple[str, ...] = ("2.0",)
) -> Callable[[Handler], Handler]:
    """Register `handler(ctx, fields) -> answer` for `/api/<version>/<path>`; path parameters become fields."""

    def register(handler: Handler) -> Handler:
        for version in versions:
            _register(method, f"{version}/{path}", _Endpoint(permission, handler))
        return handler

    return register


def write_endpoint(method: str, path: str, permission: str) -> Callable[[WriteHandler], WriteHandler]:
    """Register `handler(ctx, body) -> work`, which reads the body by itself because it is hot.

    The work shares its commit with those of other requests; the answer is empty.
    """

    def register(handler: WriteHandler) -> WriteHandler:
        _register(method, f"2.0/{path}", _Endpoint(permission, write=handler))
        return handler

    return register


def raw_endpoint(
    method: str, path: str, permission: str, *, small: SmallHandler | None = None
) -> Callable[[RawHandler], RawHandler]:
    """Register `async handler(request, ctx, path) -> response`, for streams.

    small: takes `(ctx, path, body)` in its place, in a thread, when the request says that its body is not longer than SMALL.
    """

    def register(handler: RawHandler) -> RawHandler:
        _register(method, f"2.0/{path}", _Endpoint(permission, raw=handler, small=small))
        return handler

    return register


def outside(path: str, permission: str) -> Callable[[RawHandler], RawHandler]:
    """Register `async handler(request, ctx, "") -> response` for a GET of one of the OUTSIDE paths, such as `/get-artifact`."""

    def register(handler: RawHandler) -> RawHandler:
        _register("GET", path, _Endpoint(permission, raw=handler))
        return handler

    return register


def routes() -> list[BaseRoute]:
    """Return the routes that serve everything registered."""
    prefixes = [f"{before}/{api}" for before in ("", "/w/{workspace}") for api in ("api", "ajax-api")]
    found: list[BaseRoute] = [
        Route(f"{prefix}/{version}/{{rest:path}}", serve, methods=METHODS, include_in_schema=False)
        for prefix in prefixes
        for version in ("2.0", "3.0")
    ]
    return found + [
        Route(f"{before}{path}", _serve_outside, methods=METHODS, include_in_schema=False)
        for before in ("", "/w/{workspace}")
        for path in OUTSIDE
    ]


def answers(method: str, path: str) -> bool:
    """Say whether there is an endpoint for `<version>/<path>`."""
    return _look(method, path) is not None


def quick(method: str, path: str) -> Found | None:
    """Return what answers `<version>/<path>` with the whole body at hand; None for streams, and for what has no endpoint."""
    found = _look(method, path)
    return None if found is None or (found.endpoint.raw and not found.endpoint.small) else found


def begin(request: Request, asked: Found, body: bytes, done: Callable[[bytes | Response], None]) -> None:
    """Answer a request in a thread, or with other writes; `done` is called with the answer, in the loop that runs.

    Of what went well the answer is its JSON alone: to make a response of it and take that apart again is a tenth of a short request.
    """
    found = asked.endpoint
    if found.write is not None:
        handler = found.write
        written = queue(services(request).db).write(lambda: handler(_enter(request, found), body))
        written.add_done_callback(lambda end: done(_guarded_in_thread(request, lambda: _written(end))))
        return
    loop = asyncio.get_running_loop()

    def work() -> None:
        answer = _guarded_in_thread(request, lambda: _json(request, found, asked.params, body))
        loop.call_soon_threadsafe(done, answer)

    submit(work)


def _written(end: asyncio.Future[None]) -> bytes:
    end.result()
    return b"{}"


def _look(method: str, path: str) -> Found | None:
    found = _static.get((method, path))
    if found is not None:
        return Found(found, {})
    for wanted, pattern, candidate in _patterns:
        if wanted == method and (match := pattern.fullmatch(path)):
            return Found(candidate, match.groupdict())
    return None


def _find(method: str, path: str) -> Found:
    found = _look("GET" if method == "HEAD" else method, path)
    if found is None:
        shown = path if path.startswith("/") else f"/api/{path}"
        raise MlflowError(f"No MLflow endpoint of this server answers {method} {shown[:300]}.", "ENDPOINT_NOT_FOUND")
    return found


async def serve(request: Request) -> Response:
    """Answer a request whose `path_params` have `rest` and, below a workspace, `workspace`."""
    version = "3.0" if "api/3.0/" in request.scope["path"][:120] else "2.0"
    return await _guarded(request, f"{version}/{request.path_params['rest']}")


async def _serve_outside(request: Request) -> Response:
    path = request.scope["path"]
    if "workspace" in request.path_params:
        path = path.removeprefix(f"/w/{request.path_params['workspace']}")
    return await _guarded(request, path.replace("/ajax-api/", "/api/", 1).replace("/api/2.0mlflow/", "2.0/mlflow/", 1))


async def _guarded(request: Request, path: str) -> Response:
    try:
        found, params = _find(request.method, path)
        if found.raw is not None and not (found.small and _is_small(request)):
            ctx = known(request)  # a visit to the thread less
            if ctx is None:
                ctx = await run_in_threadpool(context, request)
            ctx.actor.must(found.permission)
            return await found.raw(request, ctx, params.get("path", ""))
        body = b"" if request.method in ("GET", "HEAD") else await body_of(request)
        if found.write is not None:
            handler = found.write
            await queue(services(request).db).write(lambda: handler(_enter(request, found), body))
            return reply(b"{}")
        return reply(await run_in_threadpool(_json, request, found, params, body))
    except StudioloError as error:
        return refuse(error)
    except ClientDisconnect:
        return Response(status_code=400)
    except Exception as error:  # noqa: BLE001 - the edge of the protocol: what is unexpected still gets MLflow's shape
        return _unexpected(request, error)


def _guarded_in_thread(request: Request, work: Callable[[], bytes]) -> bytes | Response:
    try:
        return work()
    except StudioloError as error:
        return refuse(error)
    except Exception as error:  # noqa: BLE001 - as above
        return _unexpected(request, error)


def _is_small(request: Request) -> bool:
    declared = request.headers.get("content-length", "")
    return declared.isdecimal() and int(declared) <= SMALL


def _enter(request: Request, found: _Endpoint) -> Context:
    ctx = context(request)
    ctx.actor.must(found.permission)
    return ctx


def _json(request: Request, found: _Endpoint, params: dict[str, str], body: bytes) -> bytes:
    ctx = _enter(request, found)
    if found.small is not None:
        return _dumped(found.small(ctx, params.get("path", ""), body))
    assert found.handler is not None
    if request.method in ("GET", "HEAD"):
        fields = of_query(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    else:
        fields = of_body(body)
    if params:
        fields = fields.having(params)
    return _dumped(found.handler(ctx, fields))


async def body_of(request: Request) -> bytes:
    """Read the body, up to the limit of the settings."""
    most = services(request).settings.request_limit_bytes
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise MlflowError(f"The request is larger than {most} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


def reply(answer: Answer | bytes, status: int = 200) -> Response:
    """Write an answer as JSON."""
    return Response(_dumped(answer), status, media_type=_JSON)


def _dumped(answer: Answer | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)


def refuse(error: StudioloError) -> Response:
    """Write an error in MLflow's shape."""
    status, body = answer_of(error)
    response = reply(body, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="mlflow"'
    return response


def _unexpected(request: Request, error: Exception) -> Response:
    reference = new_id()[-12:]
    log.error("unexpected error %s in %s %s", reference, request.method, request.url.path, exc_info=error)
    message = f"The server met an error it did not expect; its log has the details under {reference}."
    return reply({"error_code": "INTERNAL_ERROR", "message": message}, 500)
