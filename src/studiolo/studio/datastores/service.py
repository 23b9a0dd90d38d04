"""The verbs of datastores: what is registered, and the stores themselves."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.kernel.secrets.envelope import seal, unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.datastores import opening, paths, repository, shown, usage
from studiolo.studio.datastores.errors import (
    DatastoreBuiltIn,
    DatastoreExists,
    DatastoreInUse,
    DatastoreInvalid,
    DatastoreNotFound,
    FolderNotAllowed,
    NotAFileStore,
)
from studiolo.studio.datastores.looking.database import AskedDatabase
from studiolo.studio.datastores.ports import Check, Store
from studiolo.studio.datastores.schemas import (
    CheckState,
    Datastore,
    DatastoreCreate,
    DatastoreKind,
    DatastorePatch,
    DatastoreTry,
    DatastoreUser,
)
from studiolo.studio.datastores.shown import BLOBS, BUILT_IN, OWN
from studiolo.studio.datastores.spec import KindSpec, checked, checked_credentials, sign_in

MOST = 500  # of a workspace


def kinds() -> list[DatastoreKind]:
    """Return what datastores can be made of, with the fields of each."""
    return [shown.kind(module.SPEC) for module in opening.kinds().values()]


def list_all(ctx: Context) -> list[Datastore]:
    """Return the datastores of the workspace, the default one first."""
    with ctx.db.read() as tx:
        rows = repository.all_(tx, ctx)
        sealed = repository.credentials(tx, [row.id for row in rows])
    found = [shown.registered(row, [item for item in sealed if item.datastore == row.id]) for row in rows]
    found += shown.built_in(ctx, default=not any(one.default for one in found))
    return sorted(found, key=lambda one: (not one.default, one.built_in, one.name))


def get(ctx: Context, name: str) -> Datastore:
    """Return a datastore; raises DatastoreNotFound."""
    name = name.lower()
    with ctx.db.read() as tx:
        if name in BUILT_IN:
            default = not any(row.is_default for row in repository.all_(tx, ctx))
            return next(one for one in shown.built_in(ctx, default=default) if one.name == name)
        row = _find(tx, ctx, name)
        return shown.registered(row, repository.credentials(tx, [row.id]))


def default(ctx: Context) -> Datastore:
    """Return the datastore that is meant when none is named."""
    return list_all(ctx)[0]


def create(ctx: Context, spec: DatastoreCreate) -> Datastore:
    """Register a datastore; nothing is asked of it yet. Its credentials are sealed for this row alone."""
    name, kind = spec.name.lower(), opening.spec(spec.kind)
    way = sign_in(kind, spec.auth, spec.credentials)
    config = checked(kind, way, spec.config)
    given = checked_credentials(kind, way, spec.credentials, kept=set())
    _may_name_folders(ctx, kind, config)
    datastore_id, now = new_id(), ctx.clock.now()
    sealed = _sealed(ctx, datastore_id, given)
    values = {
        "id": datastore_id,
        "name": name,
        "kind": spec.kind,
        "auth": way,
        "config": config,
        "description": spec.description,
        "tags": spec.tags,
        "read_only": spec.read_only or not kind.writable,
        "is_default": False,
        "created_at": now,
        "created_by": ctx.actor.name,
        "updated_at": now,
    }
    with ctx.db.begin() as tx:
        if name in BUILT_IN or repository.find(tx, ctx, name) is not None:
            raise DatastoreExists(name)
        if len(repository.all_(tx, ctx)) >= MOST:
            raise DatastoreInvalid(f"A workspace has at most {MOST} datastores.", "Delete one that is not needed.")
        repository.insert_one(tx, ctx, values)
        repository.put_credentials(tx, datastore_id, sealed, now)
        if spec.default:
            repository.make_default(tx, ctx, datastore_id)
        _told(tx, ctx, "created", name, {"kind": spec.kind, "auth": way, "credentials": sorted(given)})
    return get(ctx, name)


def update(ctx: Context, name: str, patch: DatastorePatch) -> Datastore:
    """Change a datastore; what the patch does not name stays.

    Whoever changes where a datastore is, or how it is signed in to, writes its credentials anew: so that none is ever sent
    to an address that its giver did not mean.
    """
    name = _changeable(name)
    with ctx.db.read() as tx:
        row = _find(tx, ctx, name)
        kept = {item.field for item in repository.credentials(tx, [row.id])}
    kind = opening.spec(row.kind)
    way = sign_in(kind, patch.auth, {}) if patch.auth else row.auth
    merged = {key: value for key, value in {**row.config, **(patch.config or {})}.items() if value is not None}
    names = {field.name for field in kind.fields_of(way) if not field.secret}
    config = checked(
        kind, way, {key: value for key, value in merged.items() if key in names or key in (patch.config or {})}
    )
    moved = way != row.auth or any(
        field.leads and config.get(field.name) != row.config.get(field.name) for field in kind.fields
    )
    still = set() if moved else kept
    try:
        given = checked_credentials(kind, way, patch.credentials or {}, kept=still)
    except DatastoreInvalid as error:
        if moved and kept:
            error.hint = "Where it is or how one signs in changes: write the credentials anew."
        raise
    if config != row.config:
        _may_name_folders(ctx, kind, config)
    values: dict[str, Any] = {"auth": way, "config": config, "updated_at": ctx.clock.now()}
    if patch.description is not None:
        values["description"] = patch.description
    if patch.tags is not None:
        values["tags"] = patch.tags
    if patch.read_only is not None:
        values["read_only"] = patch.read_only or not kind.writable
    if config != row.config or given or moved:
        values["checked"] = None  # what was tried is not what there is now
    sealed = _sealed(ctx, row.id, given)
    with ctx.db.begin() as tx:
        _same(tx, ctx, row)
        repository.change(tx, row.id, values)
        if sealed or moved:
            repository.put_credentials(tx, row.id, sealed, values["updated_at"], keep=still)
        _told(tx, ctx, "updated", name, {"changed": sorted(patch.model_fields_set), "credentials": sorted(given)})
    return get(ctx, name)


def rotate(ctx: Context, name: str, credentials: dict[str, str | None]) -> Datastore:
    """Replace credentials in one transaction: whoever opens the datastore sees the old ones or the new ones."""
    name = _changeable(name)
    with ctx.db.read() as tx:
        row = _find(tx, ctx, name)
        kept = {item.field for item in repository.credentials(tx, [row.id])}
    kind = opening.spec(row.kind)
    given = checked_credentials(kind, row.auth, credentials, kept=kept)
    if not given:
        raise DatastoreInvalid("No credential was given.", "Name the one that is new.", field="credentials")
    optional = {field.name for field in kind.fields_of(row.auth) if field.secret and not field.required}
    cleared = {field for field, value in credentials.items() if not value} & optional
    sealed, now = _sealed(ctx, row.id, given), ctx.clock.now()
    with ctx.db.begin() as tx:
        _same(tx, ctx, row)
        repository.put_credentials(tx, row.id, sealed, now, keep=kept - cleared)
        repository.change(tx, row.id, {"updated_at": now, "checked": None})
        _told(tx, ctx, "rotated", name, {"credentials": sorted(given)}, event="updated")
    return get(ctx, name)


def delete(ctx: Context, name: str) -> None:
    """Forget a datastore and its credentials; what is in it stays where it is. Raises DatastoreInUse."""
    name = _changeable(name)
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, name, lock=True)
        found = usage.users(tx, ctx, name)
        if found:
            raise DatastoreInUse(name, [user.title for user in found])
        repository.remove(tx, row.id)
        _told(tx, ctx, "deleted", name, {"kind": row.kind})


def set_default(ctx: Context, name: str) -> Datastore:
    """Make a datastore the one that is meant when none is named."""
    name = name.lower()
    if name == BLOBS:
        raise NotAFileStore(name)
    with ctx.db.begin() as tx:
        row = None if name == OWN else _find(tx, ctx, name, lock=True)
        if row is not None and opening.spec(row.kind).family != "files":
            raise NotAFileStore(name)
        repository.make_default(tx, ctx, row.id if row is not None else None)
        _told(tx, ctx, "set_default", name, {}, event="updated")
    return get(ctx, name)


def used_by(ctx: Context, name: str) -> list[DatastoreUser]:
    """Return what points at a datastore."""
    name = name.lower()
    with ctx.db.read() as tx:
        if name not in BUILT_IN:
            _find(tx, ctx, name)
        return usage.users(tx, ctx, name)


def check(ctx: Context, name: str) -> CheckState:
    """Try the connection of a datastore, and keep what came of it."""
    name = name.lower()
    if name == BLOBS:
        return CheckState(ok=True, at=ctx.clock.now())
    found = _state(ctx, _checked(ctx, name))
    if name not in BUILT_IN:
        with ctx.db.begin() as tx:
            row = repository.find(tx, ctx, name, lock=True)
            if row is not None:
                repository.change(tx, row.id, {"checked": found.model_dump(mode="json")})
                ctx.events.emit(tx, "datastore.updated", name, {"ok": found.ok})
    return found


def try_out(ctx: Context, spec: DatastoreTry) -> CheckState:
    """Try a connection that is not saved. like: whose stored credentials are used for what is left out."""
    kind = opening.spec(spec.kind)
    way = sign_in(kind, spec.auth, spec.credentials)
    config = checked(kind, way, spec.config)
    _may_name_folders(ctx, kind, config)
    stored = _stored_like(ctx, spec, kind, way, config) if spec.like else {}
    given = checked_credentials(kind, way, spec.credentials, kept=set(stored))
    known = {**stored, **given}
    if kind.family == "sql":
        packed = opening.packed("new", spec.kind, way, config, known)
        return _state(ctx, _tried(lambda: AskedDatabase(ctx, packed)))
    about = opening.surroundings(ctx.settings)
    return _state(ctx, _tried(lambda: opening.open_store(spec.like or "new", spec.kind, way, config, known, about)))


def store(ctx: Context, name: str) -> Store:
    """Open a datastore of files; raises DatastoreNotFound, NotAFileStore, and what its kind says of the settings."""
    return _opened(ctx, name.lower())


def locate(ctx: Context, url: str) -> tuple[str, str]:
    """Return datastore and path of an address (`azureml://…`, `studiolo://…`); raises BadLocation, DatastoreNotFound."""
    name, path = paths.parse(url)
    return get(ctx, name).name, path


def for_job(ctx: Context, name: str) -> str:
    """Return what opens a datastore in a job's process. It holds the credentials: for that process's environment alone."""
    name = name.lower()
    if name == OWN:
        return opening.packed(name, "local", "none", {"path": str(shown.own(ctx))}, {}, own=True)
    row, secrets = _with_secrets(ctx, name)
    return opening.packed(row.name, row.kind, row.auth, row.config, secrets, read_only=row.read_only)


def _opened(ctx: Context, name: str) -> Store:
    if name == BLOBS:
        raise NotAFileStore(name)
    about = opening.surroundings(ctx.settings)
    if name == OWN:
        return opening.open_store(name, "local", "none", {"path": str(shown.own(ctx))}, {}, replace(about, barred=()))
    row, secrets = _with_secrets(ctx, name)
    return opening.open_store(row.name, row.kind, row.auth, row.config, secrets, about, read_only=row.read_only)


def _checked(ctx: Context, name: str) -> Check:
    if name != OWN and opening.spec(get(ctx, name).kind).family == "sql":
        return _tried(lambda: AskedDatabase(ctx, for_job(ctx, name)))
    return _tried(lambda: _opened(ctx, name))


def _with_secrets(ctx: Context, name: str) -> tuple[Any, dict[str, str]]:
    with ctx.db.read() as tx:
        row = _find(tx, ctx, name)
        sealed = repository.credentials(tx, [row.id])
    if not sealed:
        return row, {}
    key = master_key(ctx.settings)
    return row, {item.field: unseal(key, item.envelope, _about(ctx, row.id, item.field)) for item in sealed}


def _stored_like(ctx: Context, spec: DatastoreTry, kind: KindSpec, way: str, config: dict[str, Any]) -> dict[str, str]:
    """Return the stored credentials, unless the try would send them somewhere else."""
    row, stored = _with_secrets(ctx, str(spec.like).lower())
    same = row.kind == spec.kind and row.auth == way
    same = same and all(config.get(f.name) == row.config.get(f.name) for f in kind.fields if f.leads)
    return stored if same else {}


def _tried(open_: Any) -> Check:
    try:
        opened = open_()
    except StudioloError as error:
        return Check(False, error.detail, error.hint, 0.0, error.code)
    try:
        found: Check = opened.check()
        return found
    finally:
        if hasattr(opened, "close"):
            opened.close()


def _state(ctx: Context, found: Check) -> CheckState:
    return CheckState(
        ok=found.ok,
        cause=found.cause,
        hint=found.hint,
        code=found.code,
        milliseconds=round(found.milliseconds, 1),
        at=ctx.clock.now(),
    )


def _find(tx: Connection, ctx: Context, name: str, *, lock: bool = False) -> Any:
    row = repository.find(tx, ctx, name, lock=lock)
    if row is None:
        raise DatastoreNotFound(name)
    return row


def _same(tx: Connection, ctx: Context, row: Any) -> None:
    """Lock the row that was read before; raises DatastoreNotFound when it is gone, or another of that name."""
    now = _find(tx, ctx, row.name, lock=True)
    if now.id != row.id:
        raise DatastoreNotFound(row.name)


def _changeable(name: str) -> str:
    name = name.lower()
    if name in BUILT_IN:
        raise DatastoreBuiltIn(name)
    return name


def _about(ctx: Context, datastore_id: str, field: str) -> str:
    return f"{ctx.workspace_id}|datastore|{datastore_id}|{field}"


def _sealed(ctx: Context, datastore_id: str, given: dict[str, str]) -> dict[str, bytes]:
    if not given:
        return {}
    key = master_key(ctx.settings)
    return {field: seal(key, value, _about(ctx, datastore_id, field)) for field, value in given.items()}


def _may_name_folders(ctx: Context, kind: KindSpec, config: dict[str, Any]) -> None:
    """Let owners name any folder of the machine, others those below STUDIOLO_DATASTORE_FOLDERS."""
    if ctx.actor.may("datastores.machine"):
        return
    allowed = [Path(text).expanduser().resolve() for text in ctx.settings.datastore_folders.split(":") if text]
    for field in kind.fields:
        if field.type == "folder" and config.get(field.name):
            real = Path(str(config[field.name])).expanduser().resolve()
            if not any(real == folder or real.is_relative_to(folder) for folder in allowed):
                raise FolderNotAllowed(str(config[field.name]))


def _told(
    tx: Connection, ctx: Context, action: str, name: str, detail: dict[str, Any], *, event: str | None = None
) -> None:
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, f"datastore.{action}", name, detail)
    kind = {"created": "datastore.created", "deleted": "datastore.deleted"}.get(event or action, "datastore.updated")
    ctx.events.emit(tx, kind, name, {"name": name})
