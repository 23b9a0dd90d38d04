"""The verbs of secrets. A value comes in here and goes out to the controller alone (`handing.py`)."""

import hashlib
import hmac
import secrets as random
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import repository as people
from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.secrets.envelope import seal, unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.workspace.errors import AccountNotFound
from studiolo.studio.workspace.vault import repository
from studiolo.studio.workspace.vault.errors import (
    BadSecret,
    SecretChanged,
    SecretInBin,
    SecretNotFound,
    SecretVersionNotFound,
    TooManySecrets,
)
from studiolo.studio.workspace.vault.schemas import (
    LONGEST,
    GrantChange,
    Secret,
    SecretPatch,
    SecretSet,
    SecretUse,
    SecretVersion,
    SecretVersionPatch,
)
from studiolo.studio.workspace.vault.showing import shown, shown_version

MOST, MOST_VERSIONS = 1000, 1000
_SIZES = ((16, "under 16"), (64, "16 to 63"), (256, "64 to 255"))


def list_(ctx: Context, *, deleted: bool = False) -> list[Secret]:
    """Return the secrets by name, or those in the bin."""
    with ctx.db.read() as tx:
        return [shown(tx, ctx, row) for row in repository.all_(tx, ctx, deleted=deleted)]


def get(ctx: Context, name: str) -> Secret:
    """Return a secret; raises SecretNotFound."""
    with ctx.db.read() as tx:
        return shown(tx, ctx, _find(tx, ctx, name))


def set_(ctx: Context, name: str, spec: SecretSet) -> Secret:
    """Write a new version; the first makes the secret, and its writer may use it. Older versions stay until they are removed.

    Raises SecretInBin for the name of a deleted one, and SecretChanged when another version came in between.
    """
    value = spec.value.get_secret_value()
    _check_value(value)
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        row = repository.lock(tx, ctx, name)
        if row is not None and row.deleted_at is not None:
            raise SecretInBin(name)
        newest = row.newest if row else 0
        if spec.expected is not None and spec.expected != newest:
            raise SecretChanged(name, newest)
        if row is None:
            row = _insert(tx, ctx, name, spec.description or "", now)
        elif newest >= MOST_VERSIONS:
            raise TooManySecrets(f"'{name}' has {newest} versions.", "Write the value under another name.")
        mark = unseal(master_key(ctx.settings), bytes(row.mark), f"{ctx.workspace_id}|secret|{row.id}|mark")
        number = newest + 1
        repository.insert_version(
            tx,
            {
                "secret": row.id,
                "version": number,
                "value": seal(master_key(ctx.settings), value, about(ctx, row.id, number)),
                "state": "enabled",
                "size": next((size for most, size in _SIZES if len(value) < most), "256 or more"),
                "fingerprint": hmac.new(mark.encode(), value.encode(), hashlib.sha256).hexdigest()[:8],
                "expires_at": spec.expires_at,
                "created_at": now,
                "created_by": ctx.actor.name,
            },
        )
        changes: dict[str, Any] = {"newest": number, "updated_at": now}
        if spec.description is not None:
            changes["description"] = spec.description
        repository.change(tx, row.id, changes)
        return _changed(tx, ctx, name, "secret.set", {"version": number})


def update(ctx: Context, name: str, patch: SecretPatch) -> Secret:
    """Change the description."""
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, name)
        repository.change(tx, row.id, {"description": patch.description, "updated_at": ctx.clock.now()})
        return _changed(tx, ctx, name, "secret.updated")


def versions(ctx: Context, name: str) -> list[SecretVersion]:
    """Return the versions, newest first, without their values."""
    with ctx.db.read() as tx:
        row = _find(tx, ctx, name)
        return [shown_version(found, ctx.clock.now()) for found in repository.versions_of(tx, row.id)]


def update_version(ctx: Context, name: str, number: int, patch: SecretVersionPatch) -> SecretVersion:
    """Enable, disable or remove a version, or change its end; a removed value is gone at once and for good."""
    given = patch.model_dump(exclude_unset=True)
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, name)
        found = repository.version(tx, row.id, number)
        if found is None:
            raise SecretVersionNotFound(name, number)
        values = {key: value for key, value in given.items() if key == "expires_at" or value is not None}
        if values.get("state") == "removed":
            values["value"] = None
        elif "state" in values and found.state == "removed":
            raise Invalid(
                f"The value of version {number} was removed.", "Write it anew as another version.", field="state"
            )
        if values:
            repository.change_version(tx, row.id, number, values)
            detail = {"version": number, "state": values.get("state", found.state)}
            _changed(tx, ctx, name, "secret.version_updated", detail)
        return shown_version(repository.version(tx, row.id, number), ctx.clock.now())


def grant(ctx: Context, name: str, change: GrantChange) -> Secret:
    """Let a role, or an account, use the secret in jobs."""
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, name)
        kind, grantee, who = _grantee(tx, change)
        repository.put_grant(tx, ctx, row.id, kind, grantee)
        return _changed(tx, ctx, name, "secret.granted", {kind: who})


def revoke(ctx: Context, name: str, change: GrantChange) -> Secret:
    """Take it back: jobs that are not started yet do not get the value any more."""
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, name)
        kind, grantee, who = _grantee(tx, change)
        repository.remove_grant(tx, row.id, kind, grantee)
        return _changed(tx, ctx, name, "secret.revoked", {kind: who})


def uses(ctx: Context, name: str, cursor: str | None = None, limit: int = 50) -> Page[SecretUse]:
    """Return which jobs got the value, newest first."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        row = _find(tx, ctx, name)
        found = repository.uses_page(tx, row.id, str(keys[0]) if keys else None, limit + 1)
    items = [SecretUse.model_validate(dict(one._mapping)) for one in found[:limit]]  # noqa: SLF001 - SQLAlchemy's public name
    return Page(items=items, next=encode(found[limit - 1].id) if len(found) > limit else None)


def delete(ctx: Context, name: str, *, for_good: bool = False) -> None:
    """Put a secret into the bin, where no job gets it and its name stays taken; for_good: remove it at once."""
    with ctx.db.begin() as tx:
        row = repository.lock(tx, ctx, name)
        if row is None:
            raise SecretNotFound(name)
        if for_good:
            repository.remove(tx, row.id)
        elif row.deleted_at is None:
            repository.change(tx, row.id, {"deleted_at": ctx.clock.now()})
        _tell(tx, ctx, name, "secret.removed" if for_good else "secret.deleted")


def restore(ctx: Context, name: str) -> Secret:
    """Take a secret out of the bin."""
    with ctx.db.begin() as tx:
        row = repository.lock(tx, ctx, name)
        if row is None:
            raise SecretNotFound(name)
        repository.change(tx, row.id, {"deleted_at": None})
        return _changed(tx, ctx, name, "secret.restored")


def about(ctx: Context, secret_id: str, number: int) -> str:
    """Return what the envelope of a version is bound to."""
    return f"{ctx.workspace_id}|secret|{secret_id}|{number}"


def _insert(tx: Connection, ctx: Context, name: str, description: str, now: datetime) -> Any:
    if repository.count(tx, ctx) >= MOST:
        raise TooManySecrets(f"A workspace has at most {MOST} secrets.", "Delete those that are no longer needed.")
    secret_id = new_id()
    mark = seal(master_key(ctx.settings), random.token_hex(16), f"{ctx.workspace_id}|secret|{secret_id}|mark")
    values = {"id": secret_id, "workspace_id": ctx.workspace_id, "name": name, "description": description, "newest": 0}
    values |= {"mark": mark, "created_at": now, "updated_at": now, "created_by": ctx.actor.name}
    repository.insert_secret(tx, values)
    repository.put_grant(tx, ctx, secret_id, "account", ctx.actor.id)
    return repository.find(tx, ctx, name)


def _check_value(value: str) -> None:
    if "\0" in value:
        raise BadSecret("The value has a NUL character.", "Store bytes as base64.", field="value")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise BadSecret("The value is no text.", "Store bytes as base64.", field="value") from None
    if size > LONGEST:
        raise BadSecret(
            f"The value has {size} bytes; at most {LONGEST} fit.", "Keep files in a datastore.", field="value"
        )


def _grantee(tx: Connection, change: GrantChange) -> tuple[str, str, str]:
    if (change.role is None) == (change.account is None):
        raise Invalid("Name a role or an account.", "One of the two.", field="account")
    if change.role is not None:
        return "role", change.role.value, change.role.value
    account = people.account_by_name(tx, str(change.account))
    if account is None:
        raise AccountNotFound(str(change.account))
    return "account", account.id, account.name


def _find(tx: Connection, ctx: Context, name: str) -> Any:
    row = repository.find(tx, ctx, name)
    if row is None or row.deleted_at is not None:
        raise SecretNotFound(name, known=[one.name for one in repository.all_(tx, ctx, deleted=False)])
    return row


def _changed(tx: Connection, ctx: Context, name: str, action: str, detail: dict[str, Any] | None = None) -> Secret:
    _tell(tx, ctx, name, action, detail)
    return shown(tx, ctx, _find(tx, ctx, name))


def _tell(tx: Connection, ctx: Context, name: str, action: str, detail: dict[str, Any] | None = None) -> None:
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, action, name, detail)
    ctx.events.emit(tx, "secret.updated", name, {})
