"""build_app(settings): the routers of every slice, the error handler, live events, the UI."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from studiolo.kernel.auth.request import Services, context
from studiolo.kernel.clock import Clock
from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database, sqlite_url
from studiolo.kernel.db.migrate import migrate
from studiolo.kernel.db.news import News
from studiolo.kernel.events.feed import Feed
from studiolo.kernel.home import Home
from studiolo.kernel.mlflow import shortcut
from studiolo.kernel.mlflow.protocol import Found
from studiolo.kernel.settings import Settings
from studiolo.kernel.storage.blobs import LocalBlobStore
from studiolo.server import health, limits, problem, session, ui
from studiolo.server.content import SecondOrigin, is_second
from studiolo.studio.slices import parts
from studiolo.version import __version__

API = "/w/{workspace}/api"


def open_services(settings: Settings, clock: Clock | None = None) -> Services:
    """Open what a process of the studio needs: home, database at the newest schema, blobs."""
    Home(settings.home).prepare()
    db = Database(settings.database_url or sqlite_url(settings.sqlite_path), settings.durability)
    migrate(db)
    return Services(db, settings, LocalBlobStore(settings.home / "blobs"), clock or Clock())


class Studio(FastAPI):
    """The application, and in front of it the short ways of MLflow's protocol. The second origin has none."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the protocol, or let the framework do it."""
        if scope["type"] == "http" and not is_second(scope, self.state.services.settings.content_port):
            scope["app"] = self
            if await shortcut.answer(scope, receive, send):
                return
        await super().__call__(scope, receive, send)

    def quick(self, scope: Scope) -> Found | None:
        """Return what answers a request of the protocol whose whole body is at hand; see `server.protocol`."""
        if is_second(scope, self.state.services.settings.content_port):
            return None
        scope["app"] = self
        return shortcut.quick(scope)


def build_app(services: Services) -> FastAPI:
    """Compose the web application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.feed.close()
        app.state.news.close()

    app = Studio(
        title="Studiolo",
        version=__version__,
        lifespan=lifespan,
        generate_unique_id_function=_operation_name,
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.services = services
    app.state.feed = Feed(services.db)
    app.state.news = News(services.db)
    problem.install(app)
    app.add_middleware(limits.JsonLimit, limit=services.settings.request_limit_bytes)
    app.add_middleware(ui.SecurityHeaders, settings=services.settings)
    app.add_middleware(SecondOrigin, services=services)  # the outermost: nothing of the studio answers on that port
    app.router.routes.extend(_routes())
    ui.mount(app)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """Return the routes of the house, the same objects for every application of a process.

    FastAPI works each out at the first request that comes by it, which takes a second for all of them.
    """
    house = FastAPI(generate_unique_id_function=_operation_name, openapi_url=None)
    house.include_router(health.router)
    house.include_router(session.router)
    house.include_router(_events, prefix=API, tags=["events"])
    for router in slice_routers("root_router"):  # MLflow's protocol and /serve: first, since they are hot
        house.include_router(router)
    for router in slice_routers("router"):
        house.include_router(router, prefix=API)
    return house.router.routes


def slice_routers(attribute: str) -> list[APIRouter]:
    """Return the routers that the slices export under a name, in the order of the house."""
    exported = (getattr(module, attribute, None) for _, module in parts("router"))
    return [router for router in exported if router is not None]


def _operation_name(route: APIRoute) -> str:
    return f"{route.tags[0] if route.tags else 'studio'}_{route.name}"


_events = APIRouter()


@_events.get("/events", response_class=StreamingResponse)
async def stream_events(request: Request, ctx: Context = Depends(context)) -> StreamingResponse:
    """Send what happens in the workspace, as server-sent events; `Last-Event-ID` resumes."""
    ctx.actor.must("events.read")
    text = request.headers.get("last-event-id") or request.query_params.get("last") or ""
    last = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
    feed: Feed = request.app.state.feed
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

    def still_allowed() -> None:
        context(request).actor.must("events.read")

    stream = feed.listen(ctx.workspace_id, last, still_allowed)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
