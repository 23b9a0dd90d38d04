"""From an HTTP request to a Context: the only place of the kernel that knows the web framework."""

import base64
import binascii
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from starlette.requests import HTTPConnection

from studiolo.kernel.auth import memory, service
from studiolo.kernel.auth.service import DEFAULT_WORKSPACE, Identity
from studiolo.kernel.clock import Clock
from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.kernel.errors import Denied
from studiolo.kernel.settings import Settings
from studiolo.kernel.storage.blobs import BlobStore

_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Services:
    """What a process has one of; the server keeps it in `app.state.services`."""

    db: Database
    settings: Settings
    blobs: BlobStore
    clock: Clock

    @property
    def cookie(self) -> str:
        """Name of the session cookie: browsers share cookies between the ports of a host, so it carries ours."""
        return f"studiolo-{self.settings.port}"


def services(request: HTTPConnection) -> Services:
    """Return what the process has."""
    found: Services = request.app.state.services
    return found


def identity(request: Request) -> Identity:
    """Find out who asks: a bearer token, basic credentials with a token as password (MLflow), or the session cookie."""
    have = services(request)
    proof = _proof(request, have)
    with have.db.read() as tx:
        return service.identify(tx, have.clock, **proof)


def known(request: Request) -> Context | None:
    """Build the context of a request without asking the database, None unless its token was asked for a moment ago."""
    have = services(request)
    name = request.path_params.get("workspace", DEFAULT_WORKSPACE)
    token = bearer(request)
    entered = memory.recall(have.db, token, name, have.clock.now()) if token else None
    if entered is None:
        return None
    return Context(have.db, have.settings, have.blobs, have.clock, entered.actor, entered.workspace_id, name)


def context(request: Request) -> Context:
    """Build the context of a request; the workspace is in the path, else the default one."""
    found = known(request)
    if found is not None:
        return found
    have = services(request)
    name = request.path_params.get("workspace", DEFAULT_WORKSPACE)
    proof = _proof(request, have)
    asked_at = time.monotonic()
    with have.db.read() as tx:
        who = service.identify(tx, have.clock, **proof)
        entered = memory.Entered(*service.enter(tx, who, name))
    if proof["token"]:
        memory.remember(have.db, proof["token"], name, entered, who.expires_at, asked_at)
    return Context(have.db, have.settings, have.blobs, have.clock, entered.actor, entered.workspace_id, name)


def _proof(request: Request, have: Services) -> dict[str, str | None]:
    """Return the token or the session's secret that came with a request."""
    token = bearer(request)
    session = None if token else request.cookies.get(have.cookie)
    if session and request.method not in _SAFE:
        same_origin(request)
    return {"token": token, "session": session}


def bearer(request: HTTPConnection) -> str | None:
    """Return the token or key that came with a request, None without one."""
    return _token(request.headers.get("authorization", ""))


def same_origin(request: HTTPConnection) -> None:
    """Refuse a request that a foreign page made with the user's cookie."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    if site in ("same-origin", "none") or (site is None and origin is None):
        return
    if origin and urlsplit(origin).netloc == host and site in (None, "same-origin"):
        return
    raise Denied("The request came from a page of another origin.", "Use the studio's own pages, or an API token.")


def _token(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
