"""Handing secrets to jobs: checked when a job is submitted, opened when it starts, written down each time."""

import re
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import repository as people
from studiolo.kernel.auth import service as auth
from studiolo.kernel.auth.roles import PERMISSIONS, Role, allows
from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.kernel.secrets.envelope import unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.workspace.vault import repository
from studiolo.studio.workspace.vault.errors import (
    BadSecret,
    SecretNotFound,
    SecretNotGranted,
    SecretUnusable,
    SecretVersionNotFound,
)
from studiolo.studio.workspace.vault.schemas import NAME
from studiolo.studio.workspace.vault.service import about
from studiolo.studio.workspace.vault.showing import newest_usable, state_of, why_not


def check(ctx: Context, reference: str, field: str) -> None:
    """Refuse a reference `name` or `name:version` that the actor's job would not get; raises what is wrong with it."""
    name, number = parsed(reference, field)
    with ctx.db.read() as tx:
        row, _ = _usable(tx, ctx, name, number, field)
        role = ctx.actor.role.value if ctx.actor.role else None
        if not repository.granted(tx, row.id, role, ctx.actor.id):
            raise SecretNotGranted(name, ctx.actor.name)


def hand(ctx: Context, reference: str, *, env: str, account: str, run_id: str, run: str, attempt: int) -> str:
    """Open a secret for a job that starts, and write the use down in the same transaction.

    account: name of the one who submitted it, who must still be a member that may use the secret.
    """
    name, number = parsed(reference, "secrets")
    with ctx.db.begin() as tx:
        row, version = _usable(tx, ctx, name, number, "secrets")
        who = _standing(tx, ctx, row.id, account)
        if who is None:
            raise SecretNotGranted(name, account)
        value = unseal(master_key(ctx.settings), bytes(version.value), about(ctx, row.id, version.version))
        at = ctx.clock.now()
        use: dict[str, Any] = {"version": version.version, "env": env, "run_id": run_id, "attempt": attempt}
        run = run[:500]
        repository.insert_use(tx, {"id": new_id(), "secret": row.id, "at": at, "account": account, "run": run, **use})
        auth.audit(tx, ctx.clock, ctx.workspace_id, who.id, "secret.used", name, use)
    return value


def _standing(tx: Connection, ctx: Context, secret: str, account: str) -> Any:
    """Return the account of a member that may use a secret at this moment, else None."""
    who = people.account_by_name(tx, account)
    role = people.role(tx, ctx.workspace_id, who.id) if who and not who.disabled else None
    may = role is not None and allows(PERMISSIONS[Role(role)], "secrets.use")
    return who if who is not None and may and repository.granted(tx, secret, role, who.id) else None


def parsed(reference: str, field: str) -> tuple[str, int | None]:
    """Split `name:version`.

    >>> parsed("db-password:3", "secrets.PW"), parsed("db-password", "secrets.PW")
    (('db-password', 3), ('db-password', None))
    """
    name, colon, number = reference.partition(":")
    if not re.fullmatch(NAME, name) or (colon and not re.fullmatch(r"[1-9]\d{0,8}", number)):
        raise BadSecret(
            f"'{reference[:150]}' names no secret.", "Write name, name:version or datastore:name.", field=field
        )
    return name, int(number) if colon else None


def _usable(tx: Connection, ctx: Context, name: str, number: int | None, field: str) -> tuple[Any, Any]:
    row = repository.find(tx, ctx, name)
    if row is None or row.deleted_at is not None:
        raise SecretNotFound(name, field, known=[one.name for one in repository.all_(tx, ctx, deleted=False)])
    now, found = ctx.clock.now(), repository.versions_of(tx, row.id)
    if number is None:
        version = newest_usable(found, now)
        if version is None:
            raise SecretUnusable(name, why_not(state_of(found[0], now)), field)
        return row, version
    version = next((one for one in found if one.version == number), None)
    if version is None:
        raise SecretVersionNotFound(name, number, field)
    if state_of(version, now) != "enabled":
        raise SecretUnusable(f"{name}:{number}", why_not(state_of(version, now)), field)
    return row, version
