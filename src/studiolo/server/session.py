"""Signing in and out in the browser, and who is signed in."""

from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, RedirectResponse, Response

from studiolo.kernel.auth import repository, service
from studiolo.kernel.auth.request import identity, same_origin, services
from studiolo.kernel.auth.roles import PERMISSIONS, Role
from studiolo.kernel.auth.secrets import digest
from studiolo.kernel.auth.service import Identity
from studiolo.kernel.errors import Denied, Unauthenticated
from studiolo.kernel.wording import NO_NUL
from studiolo.studio.workspace.schemas import Membership
from studiolo.version import __version__

router = APIRouter(tags=["session"])


class SignIn(BaseModel):
    """Name and password of an account."""

    name: str = Field(max_length=120, pattern=NO_NUL)
    password: str = Field(max_length=1024)


class Session(BaseModel):
    """Who is signed in, and where they may go."""

    account: str
    version: str
    workspaces: list[Membership]


class LoginLink(BaseModel):
    """A link that signs a browser in, once."""

    url: str


class NewToken(BaseModel):
    """An API token; shown this once."""

    token: str


@router.get("/login", response_class=RedirectResponse)
def login(request: Request, ticket: str = "", then: str = "/") -> Response:
    """Use up a one-time login link; without a ticket, show the sign-in page."""
    if not ticket:
        return RedirectResponse("/signin", 303)
    have = services(request)
    try:
        secret = service.sign_in_by_link(have.db, have.clock, ticket, have.settings.session_hours)
    except Unauthenticated as error:
        return RedirectResponse(f"/signin?{urlencode({'problem': error.detail})}", 303)
    target = then if then.startswith("/") and not then.startswith(("//", "/\\")) else "/"
    return _with_cookie(RedirectResponse(target, 303), request, secret)


@router.post("/api/session")
def sign_in(request: Request, body: SignIn) -> Response:
    """Sign in with a password."""
    same_origin(request)
    have = services(request)
    secret = service.sign_in_by_password(have.db, have.clock, body.name, body.password, have.settings.session_hours)
    return _with_cookie(JSONResponse({"signed_in": True}), request, secret)


@router.delete("/api/session", status_code=204)
def sign_out(request: Request) -> Response:
    """End the session."""
    same_origin(request)
    have = services(request)
    secret = request.cookies.get(have.cookie)
    if secret:
        service.sign_out(have.db, secret)
    reply = Response(status_code=204)
    reply.delete_cookie(have.cookie, path="/")
    return reply


@router.get("/api/session")
def who(request: Request, found: Identity = Depends(identity)) -> Session:
    """Say who is signed in."""
    with services(request).db.read() as tx:
        rows = repository.workspaces_of(tx, found.account_id)
    spaces = [
        Membership(workspace=row.name, role=row.role, permissions=sorted(PERMISSIONS[Role(row.role)])) for row in rows
    ]
    return Session(account=found.name, version=__version__, workspaces=spaces)


@router.post("/api/session/exchange")
def exchange(request: Request, ticket: str) -> NewToken:
    """Trade the ticket of a login link for an API token (`studiolo login URL`)."""
    have = services(request)
    with have.db.begin() as tx:
        account_id = repository.take_link(tx, digest(ticket), have.clock.now())
        if account_id:
            return NewToken(token=service.create_token(tx, have.clock, account_id, "command line"))
    raise Unauthenticated("This login link was used before or is too old.", "Get a new one: studiolo login")


@router.post("/api/session/link")
def new_link(request: Request, found: Identity = Depends(identity)) -> LoginLink:
    """Make a one-time login link for the account that asks."""
    if found.run_id or found.scopes is not None:
        raise Denied("A narrowed token cannot sign in to the browser.", "Use a token of an account.")
    have = services(request)
    ticket = service.login_link(have.db, have.clock, found.account_id, have.settings.login_link_minutes)
    base = have.settings.public_url or have.settings.url or str(request.base_url)
    return LoginLink(url=f"{base.rstrip('/')}/login?ticket={ticket}")


def _with_cookie(reply: Response, request: Request, secret: str) -> Response:
    have = services(request)
    reply.set_cookie(
        have.cookie,
        secret,
        max_age=int(have.settings.session_hours * 3600),
        path="/",
        httponly=True,
        samesite="lax",  # strict would lose the session on the redirect from a login link in a chat or terminal
        secure=request.url.scheme == "https",
    )
    return reply
