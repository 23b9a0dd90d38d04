"""Signing in, tokens and the audit trail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import repository
from studiolo.kernel.auth.actor import Actor
from studiolo.kernel.auth.passwords import hashed, matches
from studiolo.kernel.auth.roles import JOB, Role
from studiolo.kernel.auth.secrets import digest, new_secret
from studiolo.kernel.auth.throttle import count_attempt, forgive
from studiolo.kernel.clock import Clock
from studiolo.kernel.db.engine import Database
from studiolo.kernel.errors import Conflict, Denied, NotFound, Unauthenticated
from studiolo.kernel.ids import new_id

DEFAULT_WORKSPACE = "default"


class UnknownWorkspace(NotFound):
    """No workspace has this name, or the actor is not a member."""

    code, title = "workspace.unknown", "Unknown workspace"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no workspace '{name}', or you are not a member of it.",
            "List yours: studiolo workspace list",
            field="workspace",
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a cookie or a token belongs to, before a workspace is known."""

    account_id: str
    name: str
    workspace_id: str | None = None
    scopes: frozenset[str] | None = None
    run_id: str | None = None
    expires_at: datetime | None = None  # of a token


def found(db: Database, clock: Clock) -> str:
    """Make the first account and the default workspace unless they are there; returns the account's id."""
    with db.read() as tx:
        first = repository.any_account(tx)
        if first and repository.workspace(tx, DEFAULT_WORKSPACE):
            return str(first.id)
    with db.begin() as tx:
        first = repository.any_account(tx)
        account_id = str(first.id) if first else new_id()
        if not first:
            repository.insert_account(
                tx, {"id": account_id, "name": "owner", "disabled": False, "created_at": clock.now()}
            )
        if not repository.workspace(tx, DEFAULT_WORKSPACE):
            create_workspace(tx, clock, DEFAULT_WORKSPACE, account_id)
        return account_id


def create_workspace(tx: Connection, clock: Clock, name: str, owner_id: str) -> str:
    """Add a workspace with its owner; returns its id."""
    if repository.workspace(tx, name):
        raise Conflict(f"There is a workspace '{name}' already.", "Choose another name.", field="name")
    workspace_id = new_id()
    repository.insert_workspace(tx, {"id": workspace_id, "name": name, "created_at": clock.now()})
    repository.set_role(tx, workspace_id, owner_id, Role.owner.value)
    return workspace_id


def create_account(tx: Connection, clock: Clock, name: str, password: str | None) -> str:
    """Add an account; returns its id. Raises Conflict, and Invalid for a short password."""
    if repository.account_by_name(tx, name):
        raise Conflict(f"There is an account '{name}' already.", "Choose another name.", field="name")
    account_id = new_id()
    repository.insert_account(
        tx,
        {
            "id": account_id,
            "name": name,
            "password_hash": hashed(password) if password else None,
            "disabled": False,
            "created_at": clock.now(),
        },
    )
    return account_id


def login_link(db: Database, clock: Clock, account_id: str, minutes: float) -> str:
    """Make the ticket of a one-time login link."""
    ticket = new_secret("link")
    with db.begin() as tx:
        repository.insert_link(
            tx,
            {"hash": digest(ticket), "account_id": account_id, "expires_at": clock.now() + timedelta(minutes=minutes)},
        )
    return ticket


def sign_in_by_link(db: Database, clock: Clock, ticket: str, hours: float) -> str:
    """Use up a ticket and return the secret of a new session."""
    with db.begin() as tx:
        account_id = repository.take_link(tx, digest(ticket), clock.now())
        if account_id:
            audit(tx, clock, None, account_id, "session.created", "link")
            return _new_session(tx, clock, account_id, hours)
    raise Unauthenticated(
        "This login link was used before or is too old.", "Get a new one on the studio's machine: studiolo login"
    )


def sign_in_by_password(db: Database, clock: Clock, name: str, password: str, hours: float) -> str:
    """Check a password and return the secret of a new session.

    Raises Unauthenticated, which does not say whether the account exists; TooManyAttempts after ten failures in a row.
    """
    with db.read() as tx:
        row = repository.account_by_name(tx, name)
    count_attempt(db, clock, name)
    good = matches(row.password_hash if row and not row.disabled else None, password)
    with db.begin() as tx:
        actor = row.id if row else ""
        audit(tx, clock, None, actor, "session.created" if good else "session.refused", "password", {"name": name})
        if good and row:
            forgive(tx, name)
            return _new_session(tx, clock, row.id, hours)
    raise Unauthenticated("The name or the password is wrong.", "Try again, or ask an owner for a login link.")


def _new_session(tx: Connection, clock: Clock, account_id: str, hours: float) -> str:
    secret = new_secret("session")
    now = clock.now()
    values = {"hash": digest(secret), "account_id": account_id, "created_at": now}
    repository.insert_session(tx, {**values, "expires_at": now + timedelta(hours=hours)})
    return secret


def sign_out(db: Database, secret: str) -> None:
    """End a session."""
    with db.begin() as tx:
        repository.delete_session(tx, digest(secret))


def create_token(
    tx: Connection,
    clock: Clock,
    account_id: str,
    name: str,
    *,
    workspace_id: str | None = None,
    scopes: Iterable[str] | None = None,
    run_id: str | None = None,
    hours: float | None = None,
) -> str:
    """Make an API token; the returned text is shown once and stored as a hash."""
    secret = new_secret("studiolo")
    now = clock.now()
    repository.insert_token(
        tx,
        {
            "id": new_id(),
            "hash": digest(secret),
            "name": name,
            "account_id": account_id,
            "workspace_id": workspace_id,
            "scopes": sorted(scopes) if scopes is not None else None,
            "run_id": run_id,
            "created_at": now,
            "expires_at": now + timedelta(hours=hours) if hours else None,
        },
    )
    return secret


def job_token(tx: Connection, clock: Clock, account_id: str, workspace_id: str, run_id: str, hours: float) -> str:
    """Make the short-lived token of a job: one workspace, bounded rights, revoked when the run ends."""
    return create_token(
        tx, clock, account_id, f"run {run_id[:8]}", workspace_id=workspace_id, scopes=JOB, run_id=run_id, hours=hours
    )


def revoke_run_tokens(tx: Connection, clock: Clock, run_id: str) -> None:
    """Make the tokens of a run useless."""
    repository.revoke_run_tokens(tx, run_id, clock.now())


def identify(tx: Connection, clock: Clock, *, token: str | None = None, session: str | None = None) -> Identity:
    """Find out who asks; raises Unauthenticated, which says why."""
    now = clock.now()
    if token:
        row = repository.token(tx, digest(token))
        if row is None:
            raise Unauthenticated(
                "The API token is not known here.", "Make a new one: studiolo env, or the account menu."
            )
        if row.revoked_at or (row.expires_at and row.expires_at <= now):
            raise Unauthenticated("The API token has expired.", "Make a new one: studiolo env, or the account menu.")
        scopes = frozenset(row.scopes) if row.scopes is not None else None
        return Identity(row.account_id, row.account_name, row.workspace_id, scopes, row.run_id, row.expires_at)
    if session:
        signed_in = repository.session(tx, digest(session), now)
        if signed_in is not None:
            return Identity(signed_in.id, signed_in.name)
        raise Unauthenticated("Your session has ended.", "Sign in again: studiolo login")
    raise Unauthenticated(
        "No token and no session came with the request.",
        "Open the login link that `studiolo up` printed (a new one: studiolo login), or send Authorization: Bearer <token>.",
    )


def enter(tx: Connection, identity: Identity, workspace: str) -> tuple[Actor, str]:
    """Return the actor in a workspace, and the workspace's id.

    Raises UnknownWorkspace, also for those who are not members; Denied for a token of another workspace.
    """
    row = repository.membership(tx, workspace, identity.account_id)
    if row is None:
        raise UnknownWorkspace(workspace)
    if identity.workspace_id and identity.workspace_id != row.id:
        raise Denied("This token belongs to another workspace.", "Use a token of this workspace.")
    return Actor(identity.account_id, identity.name, Role(row.role), identity.scopes, identity.run_id), str(row.id)


def standing(tx: Connection, workspace_id: str, account_id: str, scopes: frozenset[str] | None = None) -> Actor | None:
    """Return the actor that an account is in a workspace now; None for one that is gone, disabled or no member.

    For what runs in somebody's name while that somebody is away. scopes: what the token narrowed that it was asked for with.
    """
    row = repository.account(tx, account_id)
    role = repository.role(tx, workspace_id, account_id) if row is not None else None
    return Actor(row.id, row.name, Role(role), scopes) if row is not None and role is not None else None


def acting(tx: Connection, workspace_id: str, name: str, scopes: frozenset[str] | None = None) -> Actor:
    """Return the actor that an account is in a workspace now, by its name; one that is no member any more may do nothing.

    For what the controller does in the name of somebody who is not there. scopes: as `standing` has them.
    """
    row = repository.member(tx, workspace_id, name)
    return Actor(row.id, row.name, Role(row.role), scopes) if row is not None else Actor("", name, None)


def audit(
    tx: Connection,
    clock: Clock,
    workspace_id: str | None,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write an audit row in the caller's transaction."""
    repository.insert_audit(
        tx,
        {
            "id": new_id(),
            "at": clock.now(),
            "workspace_id": workspace_id,
            "actor": actor,
            "action": action,
            "subject": subject,
            "detail": detail or {},
        },
    )
