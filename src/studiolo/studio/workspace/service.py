"""The verbs of a workspace: its members, the house's accounts, own tokens, the audit trail."""

import shutil
from typing import Any

from sqlalchemy import Connection, Row

from studiolo.kernel.auth import members as people
from studiolo.kernel.auth import repository
from studiolo.kernel.auth import service as auth
from studiolo.kernel.auth.passwords import hashed
from studiolo.kernel.auth.roles import Role, allows
from studiolo.kernel.auth.secrets import digest
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.workspace.errors import AccountNotFound, HouseOnly, LastOwner, MemberNotFound, TokenNotFound
from studiolo.studio.workspace.schemas import (
    Account,
    AccountCreate,
    AuditEntry,
    Member,
    Token,
    TokenCreate,
    TokenCreated,
    WorkspaceSummary,
)
from studiolo.version import __version__


def summary(ctx: Context) -> WorkspaceSummary:
    """Say what this workspace is and what it stands on."""
    with ctx.db.read() as tx:
        row = repository.workspace(tx, ctx.workspace)
        count = people.count_members(tx, ctx.workspace_id)
    assert row is not None  # the context was entered through it
    disk = shutil.disk_usage(ctx.settings.home)
    return WorkspaceSummary(
        name=row.name,
        version=__version__,
        created_at=row.created_at,
        members=count,
        database=ctx.db.dialect,
        durability=ctx.settings.durability,
        home=str(ctx.settings.home),
        disk_free=disk.free,
        disk_total=disk.total,
    )


def create(ctx: Context, name: str) -> Member:
    """Add a workspace to the house; its first owner is the actor."""
    _in_the_house(ctx)
    with ctx.db.begin() as tx:
        auth.create_workspace(tx, ctx.clock, name, ctx.actor.id)
        _audit(tx, ctx, "workspace.created", name)
        ctx.events.emit(tx, "workspace.created", name)
    return Member(name=ctx.actor.name, role=Role.owner)


def members(ctx: Context) -> list[Member]:
    """Return who may work here, and as what."""
    with ctx.db.read() as tx:
        return [
            Member(name=row.name, role=row.role, disabled=row.disabled) for row in people.members(tx, ctx.workspace_id)
        ]


def set_role(ctx: Context, name: str, role: Role) -> Member:
    """Make an account a member with this role, or change its role. Raises LastOwner rather than leave none."""
    with ctx.db.begin() as tx:
        people.lock_workspace(tx, ctx.workspace_id)
        account = _account(tx, name)
        before = repository.role(tx, ctx.workspace_id, account.id)
        if before == Role.owner and role is not Role.owner:
            _keep_an_owner(tx, ctx.workspace_id, ctx.workspace, account)
        repository.set_role(tx, ctx.workspace_id, account.id, role.value)
        _audit(tx, ctx, "member.updated", name, {"role": role.value, "before": before})
        ctx.events.emit(tx, "member.updated", name, {"role": role.value})
    return Member(name=name, role=role, disabled=account.disabled)


def remove_member(ctx: Context, name: str) -> None:
    """End a membership. Raises LastOwner rather than leave a workspace without one."""
    with ctx.db.begin() as tx:
        people.lock_workspace(tx, ctx.workspace_id)
        account = _account(tx, name)
        if repository.role(tx, ctx.workspace_id, account.id) == Role.owner:
            _keep_an_owner(tx, ctx.workspace_id, ctx.workspace, account)
        if not people.remove_member(tx, ctx.workspace_id, account.id):
            raise MemberNotFound(name, ctx.workspace)
        _audit(tx, ctx, "member.removed", name)
        ctx.events.emit(tx, "member.removed", name)


def accounts(ctx: Context) -> list[Account]:
    """Return everybody who can sign in to the house."""
    _in_the_house(ctx)
    with ctx.db.read() as tx:
        return [_as_account(row) for row in people.all_accounts(tx)]


def create_account(ctx: Context, spec: AccountCreate) -> Account:
    """Add an account, and make it a member of this workspace when a role is named."""
    _in_the_house(ctx)
    with ctx.db.begin() as tx:
        account_id = auth.create_account(tx, ctx.clock, spec.name, spec.password)
        if spec.role:
            repository.set_role(tx, ctx.workspace_id, account_id, spec.role.value)
        _audit(tx, ctx, "account.created", spec.name, {"role": spec.role.value if spec.role else None})
        ctx.events.emit(tx, "account.created", spec.name)
        return _as_account(_account(tx, spec.name))


def set_disabled(ctx: Context, name: str, disabled: bool) -> Account:
    """Shut an account out at once, or let it in again; its sessions end, its tokens wait.

    Raises LastOwner when a workspace would be left without one.
    """
    _in_the_house(ctx)
    with ctx.db.begin() as tx:
        account = _account(tx, name)
        if disabled:
            for owned in people.owned_workspaces(tx, account.id):
                people.lock_workspace(tx, owned.id)
                _keep_an_owner(tx, owned.id, owned.name, account)
            people.end_sessions(tx, account.id)
        people.update_account(tx, account.id, {"disabled": disabled})
        action = "account.disabled" if disabled else "account.enabled"
        _audit(tx, ctx, action, name)
        ctx.events.emit(tx, "account.updated", name, {"disabled": disabled})
        return _as_account(_account(tx, name))


def set_password(ctx: Context, name: str, password: str) -> None:
    """Give an account a password; everybody who is signed in with it has to sign in again."""
    if name != ctx.actor.name:
        _in_the_house(ctx)
    stored = hashed(password)  # takes 50 ms by design: before the transaction
    with ctx.db.begin() as tx:
        account = _account(tx, name)
        people.update_account(tx, account.id, {"password_hash": stored})
        people.end_sessions(tx, account.id)
        _audit(tx, ctx, "account.password_set", name)


def tokens(ctx: Context) -> list[Token]:
    """Return the actor's own tokens that are good in this workspace, newest first."""
    with ctx.db.read() as tx:
        found = repository.tokens_of(tx, ctx.actor.id)
    return [_as_token(row, ctx) for row in found if row.workspace_id in (None, ctx.workspace_id)]


def create_token(ctx: Context, spec: TokenCreate) -> TokenCreated:
    """Make a token of the actor for this workspace; never one that may more than the actor just now."""
    scopes = spec.scopes
    if ctx.actor.scopes is not None:
        wider = [scope for scope in scopes or ["*.*"] if not allows(ctx.actor.scopes, scope)]
        if wider:
            raise Denied(
                f"The token that asks may not give away {', '.join(wider)}.", "Name fewer scopes.", field="scopes"
            )
    with ctx.db.begin() as tx:
        secret = auth.create_token(
            tx,
            ctx.clock,
            ctx.actor.id,
            spec.name,
            workspace_id=ctx.workspace_id,
            scopes=scopes,
            hours=spec.days * 24 if spec.days else None,
        )
        row = repository.token(tx, digest(secret))
        assert row is not None
        _audit(tx, ctx, "token.created", spec.name, {"id": row.id, "scopes": scopes})
    return TokenCreated(token=secret, **_as_token(row, ctx).model_dump())


def revoke_token(ctx: Context, token_id: str) -> None:
    """Make one of the actor's tokens useless, at once."""
    with ctx.db.begin() as tx:
        if not repository.revoke_token(tx, ctx.actor.id, token_id, ctx.clock.now()):
            raise TokenNotFound(token_id)
        _audit(tx, ctx, "token.revoked", token_id)


def audit(ctx: Context, cursor: str | None = None, limit: int = 100) -> Page[AuditEntry]:
    """Return the audit trail, newest first; in `default` also what belongs to no workspace, such as sign-ins."""
    keys = decode(cursor, 1)
    limit = bounded(limit)
    house = ctx.workspace == auth.DEFAULT_WORKSPACE
    with ctx.db.read() as tx:
        found = people.audit_page(tx, ctx.workspace_id, str(keys[0]) if keys else None, limit + 1, house=house)
    items = [
        AuditEntry(
            id=row.id, at=row.at, actor=row.actor_name, action=row.action, subject=row.subject, detail=row.detail
        )
        for row in found[:limit]
    ]
    return Page(items=items, next=encode(items[-1].id) if len(found) > limit else None)


def _in_the_house(ctx: Context) -> None:
    if ctx.workspace != auth.DEFAULT_WORKSPACE:
        raise HouseOnly(ctx.workspace)


def _account(tx: Connection, name: str) -> Row[Any]:
    row: Row[Any] | None = repository.account_by_name(tx, name)
    if row is None:
        raise AccountNotFound(name)
    return row


def _keep_an_owner(tx: Connection, workspace_id: str, workspace: str, account: Row[Any]) -> None:
    if not people.other_owner(tx, workspace_id, account.id):
        raise LastOwner(account.name, workspace)


def _audit(tx: Connection, ctx: Context, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, action, subject, detail)


def _as_account(row: Row[Any]) -> Account:
    return Account(
        name=row.name, disabled=row.disabled, has_password=row.password_hash is not None, created_at=row.created_at
    )


def _as_token(row: Row[Any], ctx: Context) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        workspace=ctx.workspace if row.workspace_id else None,
        scopes=row.scopes,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
