"""How secrets are shown, and whether somebody may use one."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.workspace.vault import repository
from studiolo.studio.workspace.vault.schemas import Grant, Secret, SecretVersion, VersionState


def state_of(version: Any, now: datetime) -> VersionState:
    """Return the state of a version at a moment."""
    if version.state == "enabled" and version.expires_at is not None and version.expires_at <= now:
        return "expired"
    state: VersionState = version.state
    return state


def newest_usable(found: list[Any], now: datetime) -> Any:
    """Return the newest version that a job would get, None when there is none."""
    return next((version for version in found if state_of(version, now) == "enabled"), None)


def why_not(state: VersionState) -> str:
    """Say why a version in this state is given to no job."""
    return {"disabled": "it is disabled", "expired": "it has expired", "removed": "its value was removed"}.get(
        state, ""
    )


def shown(tx: Connection, ctx: Context, row: Any) -> Secret:
    """Return a secret as it is shown to the actor."""
    now = ctx.clock.now()
    found = repository.versions_of(tx, row.id)
    role = ctx.actor.role.value if ctx.actor.role else None
    allowed = ctx.actor.may("secrets.use") and repository.granted(tx, row.id, role, ctx.actor.id)
    newest = found[0]
    good = newest_usable(found, now)
    why = "" if good else why_not(state_of(newest, now))
    if not allowed:
        why = "it was not granted to you"
    return Secret(
        name=row.name,
        description=row.description,
        version=row.newest,
        versions=len(found),
        given=good.version if good is not None and row.deleted_at is None else None,
        state=state_of(newest, now),
        expires_at=newest.expires_at,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        last_used_at=row.last_used_at,
        usable=allowed and good is not None and row.deleted_at is None,
        why=why,
        granted=[
            Grant(kind=grant.kind, name=grant.account or grant.grantee) for grant in repository.grants_of(tx, row.id)
        ],
        deleted_at=row.deleted_at,
        remove_at=row.deleted_at + timedelta(days=ctx.settings.retention_days) if row.deleted_at else None,
    )


def shown_version(row: Any, now: datetime) -> SecretVersion:
    """Return a version as it is shown."""
    return SecretVersion(
        version=row.version,
        state=state_of(row, now),
        size=row.size,
        fingerprint=row.fingerprint,
        expires_at=row.expires_at,
        created_at=row.created_at,
        created_by=row.created_by,
    )
