"""The workspace over HTTP."""

from fastapi import APIRouter, Depends, Query

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.workspace import service, webhooks_router
from studiolo.studio.workspace.mlflow import webhooks as mlflow_webhooks
from studiolo.studio.workspace.notices import router as notices_router
from studiolo.studio.workspace.schemas import (
    Account,
    AccountCreate,
    AccountPatch,
    AuditEntry,
    Member,
    PasswordChange,
    RoleChange,
    Token,
    TokenCreate,
    TokenCreated,
    WorkspaceCreate,
    WorkspaceSummary,
)
from studiolo.studio.workspace.vault import router as vault_router

MODULES = (mlflow_webhooks,)  # importing them registers their endpoints

router = APIRouter(prefix="/workspace", tags=["workspace"])
router.include_router(webhooks_router.router)
router.include_router(notices_router.router)
router.include_router(vault_router.router)
router.include_router(vault_router.keys)


@router.get("")
def show(ctx: Context = Depends(context)) -> WorkspaceSummary:
    """Say what this workspace is and what it stands on."""
    ctx.actor.must("workspace.read")
    return service.summary(ctx)


@router.post("/workspaces", status_code=201)
def create(spec: WorkspaceCreate, ctx: Context = Depends(context)) -> Member:
    """Add a workspace; who asks becomes its owner."""
    ctx.actor.must("workspace.write")
    return service.create(ctx, spec.name)


@router.get("/members")
def list_members(ctx: Context = Depends(context)) -> list[Member]:
    """Return the members by name."""
    ctx.actor.must("workspace.read")
    return service.members(ctx)


@router.put("/members/{name}")
def set_role(name: str, spec: RoleChange, ctx: Context = Depends(context)) -> Member:
    """Make an account a member, or change its role."""
    ctx.actor.must("workspace.write")
    return service.set_role(ctx, name, spec.role)


@router.delete("/members/{name}", status_code=204)
def remove_member(name: str, ctx: Context = Depends(context)) -> None:
    """End a membership."""
    ctx.actor.must("workspace.write")
    service.remove_member(ctx, name)


@router.get("/accounts")
def list_accounts(ctx: Context = Depends(context)) -> list[Account]:
    """Return everybody who can sign in; from the workspace `default` only."""
    ctx.actor.must("workspace.write")
    return service.accounts(ctx)


@router.post("/accounts", status_code=201)
def create_account(spec: AccountCreate, ctx: Context = Depends(context)) -> Account:
    """Add an account."""
    ctx.actor.must("workspace.write")
    return service.create_account(ctx, spec)


@router.patch("/accounts/{name}")
def patch_account(name: str, spec: AccountPatch, ctx: Context = Depends(context)) -> Account:
    """Shut an account out, or let it in again."""
    ctx.actor.must("workspace.write")
    return service.set_disabled(ctx, name, spec.disabled)


@router.put("/accounts/{name}/password", status_code=204)
def set_password(name: str, spec: PasswordChange, ctx: Context = Depends(context)) -> None:
    """Give an account a password: the own one, or anybody's as an owner of `default`."""
    if name != ctx.actor.name or ctx.actor.scopes is not None:
        ctx.actor.must("workspace.write")
    service.set_password(ctx, name, spec.password)


@router.get("/tokens")
def list_tokens(ctx: Context = Depends(context)) -> list[Token]:
    """Return the own tokens; their secrets are kept as hashes only."""
    ctx.actor.must("tokens.write")
    return service.tokens(ctx)


@router.post("/tokens", status_code=201)
def create_token(spec: TokenCreate, ctx: Context = Depends(context)) -> TokenCreated:
    """Make a token for the own account; its secret is in this answer and nowhere else."""
    ctx.actor.must("tokens.write")
    return service.create_token(ctx, spec)


@router.delete("/tokens/{id}", status_code=204)
def revoke_token(id: str, ctx: Context = Depends(context)) -> None:  # noqa: A002 - the name in the path
    """Make an own token useless."""
    ctx.actor.must("tokens.write")
    service.revoke_token(ctx, id)


@router.get("/audit")
def list_audit(
    cursor: str | None = None,
    limit: int = Query(100, ge=1, le=1000),
    ctx: Context = Depends(context),
) -> Page[AuditEntry]:
    """Return who did what, newest first."""
    ctx.actor.must("workspace.write")
    return service.audit(ctx, cursor, limit)
