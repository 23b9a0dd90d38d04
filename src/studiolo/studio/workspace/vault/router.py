"""Routes of the vault. No answer of theirs holds a value."""

from fastapi import APIRouter, Depends, Path, Query

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.workspace.vault import rotation, service
from studiolo.studio.workspace.vault.schemas import (
    NAME,
    GrantChange,
    MasterKeyState,
    Secret,
    SecretPatch,
    SecretSet,
    SecretUse,
    SecretVersion,
    SecretVersionPatch,
)

router = APIRouter(prefix="/secrets")
keys = APIRouter(prefix="/master-key")


@router.get("")
def list_secrets(deleted: bool = False, ctx: Context = Depends(context)) -> list[Secret]:
    """List the secrets of the workspace, or those in the bin."""
    ctx.actor.must("secrets.read")
    return service.list_(ctx, deleted=deleted)


@router.get("/{name}")
def get_secret(name: str, ctx: Context = Depends(context)) -> Secret:
    """Return a secret, without its value."""
    ctx.actor.must("secrets.read")
    return service.get(ctx, name)


@router.put("/{name}")
def set_secret(spec: SecretSet, name: str = Path(pattern=NAME), ctx: Context = Depends(context)) -> Secret:
    """Write a new version; the first makes the secret."""
    ctx.actor.must("secrets.write")
    return service.set_(ctx, name, spec)


@router.patch("/{name}")
def update_secret(name: str, patch: SecretPatch, ctx: Context = Depends(context)) -> Secret:
    """Change the description."""
    ctx.actor.must("secrets.write")
    return service.update(ctx, name, patch)


@router.delete("/{name}", status_code=204)
def delete_secret(name: str, for_good: bool = False, ctx: Context = Depends(context)) -> None:
    """Put a secret into the bin, or remove it for good."""
    ctx.actor.must("secrets.write")
    service.delete(ctx, name, for_good=for_good)


@router.post("/{name}/restore")
def restore_secret(name: str, ctx: Context = Depends(context)) -> Secret:
    """Take a secret out of the bin."""
    ctx.actor.must("secrets.write")
    return service.restore(ctx, name)


@router.get("/{name}/versions")
def list_secret_versions(name: str, ctx: Context = Depends(context)) -> list[SecretVersion]:
    """List the versions, newest first."""
    ctx.actor.must("secrets.read")
    return service.versions(ctx, name)


@router.patch("/{name}/versions/{version}")
def update_secret_version(
    name: str, version: int, patch: SecretVersionPatch, ctx: Context = Depends(context)
) -> SecretVersion:
    """Enable, disable or remove a version, or change its end."""
    ctx.actor.must("secrets.write")
    return service.update_version(ctx, name, version, patch)


@router.post("/{name}/grants")
def grant_secret(name: str, change: GrantChange, ctx: Context = Depends(context)) -> Secret:
    """Let a role or an account use the secret."""
    ctx.actor.must("secrets.write")
    return service.grant(ctx, name, change)


@router.post("/{name}/grants/revoke")
def revoke_secret(name: str, change: GrantChange, ctx: Context = Depends(context)) -> Secret:
    """Take a grant back."""
    ctx.actor.must("secrets.write")
    return service.revoke(ctx, name, change)


@router.get("/{name}/uses")
def list_secret_uses(
    name: str,
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=1000),
    ctx: Context = Depends(context),
) -> Page[SecretUse]:
    """List which jobs got the value, newest first."""
    ctx.actor.must("secrets.write")
    return service.uses(ctx, name, cursor, limit)


@keys.get("")
def get_master_key(ctx: Context = Depends(context)) -> MasterKeyState:
    """Say which master key seals, without it."""
    ctx.actor.must("workspace.write")
    return rotation.state(ctx)


@keys.post("/rotate")
def rotate_master_key(ctx: Context = Depends(context)) -> MasterKeyState:
    """Make a new master key and seal all envelopes under it; from the workspace `default` only."""
    ctx.actor.must("workspace.write")
    return rotation.rotate(ctx)
