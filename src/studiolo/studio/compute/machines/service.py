"""The verbs of attached machines."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from studiolo.kernel import ssh
from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.studio.compute import repository as held
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Machine as Opened
from studiolo.studio.compute.errors import ComputeNotFound
from studiolo.studio.compute.machines import kinds, opening, repository
from studiolo.studio.compute.machines.errors import MachineBusy, MachineInvalid
from studiolo.studio.compute.machines.schemas import (
    Machine,
    MachineCheck,
    MachineConfig,
    MachineCreate,
    MachineCredentials,
    MachineJob,
    MachineNode,
    MachinePatch,
    MachineTry,
)
from studiolo.studio.compute.node_logs import telling

_CONFIG = tuple(MachineConfig.model_fields)
_NODES_SECONDS = 5.0  # that nodes are believed, however many look at a page of them
_nodes: dict[str, tuple[float, list[MachineNode]]] = {}
_LEADS = ("host", "port", "user", "host_key")  # to whom the credentials are sent


def create(ctx: Context, spec: MachineCreate) -> Machine:
    """Attach a machine and try to reach it; it stays attached when that fails, and says why. Raises ClusterExists, KeyInvalid."""
    config = kinds.complete(spec.kind, spec.model_dump(include=set(_CONFIG)))
    _check_place(ctx, spec.kind, config)
    given = _checked(spec.kind, spec.credentials, config)
    id_, now = new_id(), ctx.clock.now()
    values = spec.model_dump(include={"name", "kind", "cores", "memory_bytes", "description", "tags"})
    values |= {"id": id_, "workspace_id": ctx.workspace_id, "config": config}
    values |= {"created_at": now, "created_by": ctx.actor.name, "updated_at": now}
    sealed = opening.sealed(ctx, id_, given)
    try:
        with ctx.db.begin() as tx:
            compute.check_name(tx, ctx, spec.name)
            repository.put(tx, values)
            repository.put_credentials(tx, id_, sealed, now)
            _told(tx, ctx, "attached", spec.name, {"host": spec.host, "credentials": sorted(given)})
            ctx.events.emit(tx, "compute.created", spec.name, {"name": spec.name})
            telling.of_machine(tx, ctx, (id_, spec.name), f"Attached by {ctx.actor.name}.")
    except IntegrityError:
        raise compute.taken(spec.name) from None
    opening.forget(ctx)
    check(ctx, spec.name)
    return get(ctx, spec.name)


def list_(ctx: Context) -> list[Machine]:
    """Return the attached machines of the workspace."""
    with ctx.db.read() as tx:
        return _shown(tx, ctx, repository.all_(tx, ctx.workspace_id))


def get(ctx: Context, name: str) -> Machine:
    """Return a machine with what runs on it; raises ComputeNotFound."""
    with ctx.db.read() as tx:
        return _shown(tx, ctx, [_row(tx, ctx, name)])[0]


def update(ctx: Context, name: str, patch: MachinePatch) -> Machine:
    """Change a machine; what is left out stays.

    Whoever changes where it is, or who signs in, writes the credentials anew, so that none is sent to an address that its giver
    did not mean. While jobs run on it, it stays where it is: they are looked for there.
    """
    sent = patch.model_dump(exclude_unset=True, exclude={"credentials"})
    changes = {key: value for key, value in sent.items() if value is not None or key in ("cores", "memory_bytes")}
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        held.lock(tx)
        row = _row(tx, ctx, name)
        config = {**row.config, **{key: changes.pop(key) for key in _CONFIG if key in changes}}
        config = kinds.complete(row.kind, config)
        _check_place(ctx, row.kind, config)
        known = kinds.kind(row.kind).SPEC
        stays = known.signs_in == ("kubeconfig",) or (config["host"] and not known.may_be_open)
        open_ = not stays and (not config["host"] or not repository.credentials(tx, [row.id]))
        anew = patch.credentials or (MachineCredentials() if open_ else None)  # none are kept for here
        given = _checked(row.kind, anew, config) if anew is not None else None
        moved = any(config[key] != row.config[key] for key in _LEADS)
        if moved and given is None:
            raise MachineInvalid(
                "Where the machine is, or who signs in, changes: write the credentials anew.",
                "They are sent to no address that their giver did not mean.",
                field="credentials",
            )
        elsewhere = any(config[key] != row.config[key] for key in ("host", "port", "user", "folder"))
        if elsewhere and held.list_(tx, row.id):
            raise MachineBusy(
                f"Jobs run on '{name}'.", "Wait for them, or cancel them, then change where it is.", field="host"
            )
        values = {**changes, "config": config, "updated_at": now}
        if config != row.config or given:
            values["checked"] = None  # what was tried is not what there is now
        repository.change(tx, row.id, values)
        if given is not None:
            repository.put_credentials(tx, row.id, opening.sealed(ctx, row.id, given), now)
        changed = sorted(  # a form sends all that it shows
            {key for key in _CONFIG if config[key] != row.config.get(key)}
            | {key for key, value in changes.items() if value != getattr(row, key)}
            | ({"credentials"} if given else set())
        )
        if changed:
            _told(tx, ctx, "updated", name, {"changed": changed})
            telling.of_machine(tx, ctx, (row.id, row.name), f"Changed by {ctx.actor.name}: {', '.join(changed)}.")
        ctx.events.emit(tx, "compute.updated", name, {"name": name})
    opening.forget(ctx)
    return get(ctx, name)


def detach(ctx: Context, name: str, *, force: bool = False) -> None:
    """Forget a machine and its credentials; nothing on it is deleted. Raises MachineBusy while jobs run on it.

    force: also then: they may go on there, and are recorded as lost.
    """
    with ctx.db.begin() as tx:
        held.lock(tx)
        row = _row(tx, ctx, name)
        jobs = held.list_(tx, row.id)
        if jobs and not force:
            names = ", ".join(job.title for job in jobs[:3])
            raise MachineBusy(f"On '{name}' run {names}.", "Cancel them or wait, then detach it.", field="name")
        repository.remove(tx, row.id)
        _told(tx, ctx, "detached", name, {"forced": bool(jobs)})
        ctx.events.emit(tx, "compute.deleted", name, {"name": name})
    opening.forget(ctx)


def check(ctx: Context, name: str) -> MachineCheck:
    """Try to reach a machine, and keep what came of it: its cores and memory are what was measured."""
    with ctx.db.read() as tx:
        row = _row(tx, ctx, name)
    try:
        machine = opening.machine(ctx, row)
    except StudioloError as error:
        found, facts = _failed(ctx, error, 0.0), None
    else:
        found, facts = _tried(ctx, row.kind, machine)
    values: dict[str, Any] = {"checked": found.model_dump(mode="json")}
    if facts is not None:
        values |= {"facts": {key: facts[key] for key in ("host", "system", "version", "cores", "memory_bytes")}}
    with ctx.db.begin() as tx:
        now = repository.find(tx, ctx.workspace_id, name)
        if now is not None and now.id == row.id and now.updated_at == row.updated_at:
            repository.change(tx, row.id, values)
            ctx.events.emit(tx, "compute.updated", name, {"name": name, "ok": found.ok})
            telling.of_machine(tx, ctx, (row.id, row.name), _of_try(found))
    opening.forget(ctx)
    return found


def try_out(ctx: Context, spec: MachineTry) -> MachineCheck:
    """Try a connection that is not saved."""
    place = kinds.complete(spec.kind, spec.model_dump(include=set(_CONFIG)))
    _check_place(ctx, spec.kind, place)
    given = _checked(spec.kind, spec.credentials, place)
    config = {**place, "cores": 1, "memory_bytes": 1}
    machine = Opened("", spec.host, config, given, "", ctx.settings.compute_private)
    return _tried(ctx, spec.kind, machine)[0]


def nodes(ctx: Context, name: str) -> list[MachineNode]:
    """Return the nodes of a machine that has some, as they are now; raises what keeps it from being asked."""
    with ctx.db.read() as tx:
        row = _row(tx, ctx, name)
    if row.silent_since is not None:  # each who looks would wait for it in vain
        raise ssh.HostAway(f"'{name}' does not answer: {row.silent_reason}", "Look again when it does.")
    known = _nodes.get(row.id)
    if known is None or time.monotonic() - known[0] > _NODES_SECONDS:
        found = kinds.kind(row.kind).nodes(opening.machine(ctx, row))
        known = _nodes[row.id] = (time.monotonic(), [MachineNode.model_validate(node) for node in found])
    return known[1]


def tick(ctx: Context) -> bool:
    """Note which machines answer this controller and which do not; True when that changed."""
    with ctx.db.glance() as tx:
        rows = repository.all_(tx, ctx.workspace_id)
    changed = False
    for row in rows:
        reason = kinds.kind(row.kind).silent(row.id)
        if (reason is None) == (row.silent_since is None) and (reason or None) == row.silent_reason:
            continue
        since = (row.silent_since or ctx.clock.now()) if reason else None
        with ctx.db.begin() as tx:
            repository.change(tx, row.id, {"silent_since": since, "silent_reason": reason})
            whole = f"{reason}{'' if (reason or '').endswith(('.', '?', '!')) else '.'}"
            said = f"Does not answer: {whole} Its jobs go on; no new ones are sent." if reason else "Answers."
            telling.of_machine(tx, ctx, (row.id, row.name), said, silent=reason is not None)
        changed = True
    return changed


def _tried(ctx: Context, kind: str, machine: Opened) -> tuple[MachineCheck, Mapping[str, Any] | None]:
    begun = time.monotonic()
    try:
        facts = kinds.kind(kind).probe(machine)
    except StudioloError as error:
        return _failed(ctx, error, (time.monotonic() - begun) * 1000), None
    return (
        MachineCheck(
            ok=True,
            milliseconds=round((time.monotonic() - begun) * 1000, 1),
            at=ctx.clock.now(),
            host=facts["host"],
            system=facts["system"],
            python=facts["version"],
            cores=facts["cores"],
            memory_bytes=facts["memory_bytes"],
            disk_free_bytes=facts["disk_free_bytes"],
        ),
        facts,
    )


def _failed(ctx: Context, error: StudioloError, milliseconds: float) -> MachineCheck:
    return MachineCheck(
        ok=False,
        cause=error.detail,
        hint=error.hint,
        code=error.code,
        milliseconds=round(milliseconds, 1),
        at=ctx.clock.now(),
    )


def _of_try(found: MachineCheck) -> str:
    """Say what came of trying the connection."""
    if not found.ok:
        return f"The connection was tried: {found.cause}"
    has = f"{found.cores} cores, {(found.memory_bytes or 0) / 2**30:.1f} GiB"
    return f"The connection was tried: {found.host or 'it'} answers in {found.milliseconds:.0f} ms, with {has}."


def _check_place(ctx: Context, kind: str, config: Mapping[str, Any]) -> None:
    """Refuse the studio's own machine to those whose jobs may not run on it, and there the studio's own folder."""
    if kinds.kind(kind).SPEC.programs_here:
        ctx.actor.must("experiments.write")  # its Python is run here
    if config["host"]:
        return
    ctx.actor.must("experiments.write")
    folder = Path("/", os.path.expanduser(config["folder"]))  # noqa: PTH111 - as the agent does, also of nobody's home
    if folder.resolve().is_relative_to(ctx.settings.home.resolve()):
        raise MachineInvalid("The folder is the studio's own.", "Write another folder.", field="folder")


def _checked(kind: str, given: MachineCredentials, config: Mapping[str, Any]) -> dict[str, str]:
    """Return what is sealed; raises MachineInvalid and KeyInvalid."""
    found = {key: str(value) for key, value in given.model_dump(exclude_none=True).items()}
    known = kinds.kind(kind).SPEC
    for name in found:
        if name not in known.signs_in and not (name == "passphrase" and "private_key" in known.signs_in):
            ways = " or ".join(known.signs_in).replace("_", " ")
            raise MachineInvalid(
                f"Nobody signs in to a machine of kind '{kind}' by a {name.replace('_', ' ')}.",
                f"It takes a {ways}.",
                field=f"credentials.{name}",
            )
    if known.signs_in == ("kubeconfig",):
        return found
    if known.signs_in == ("token",):
        if not found and not known.may_be_open:
            raise MachineInvalid("The token is missing.", "Give its token.", field="credentials.token")
        return found
    if not config["host"]:
        if found:
            raise MachineInvalid(
                "Nobody signs in to the studio's own machine.", "Leave out the credentials.", field="credentials"
            )
        return {}
    if ("private_key" in found) == ("password" in found):
        raise MachineInvalid(
            "One signs in by a private key or by a password.", "Give one of the two.", field="credentials.private_key"
        )
    if "private_key" in found:
        ssh.read_key(found["private_key"], found.get("passphrase"))
    return found


def _row(tx: Connection, ctx: Context, name: str) -> Row[Any]:
    found = repository.find(tx, ctx.workspace_id, name)
    if found is None:
        raise ComputeNotFound(name, [row.name for row in repository.all_(tx, ctx.workspace_id)] or ["local"])
    return found


def _shown(tx: Connection, ctx: Context, rows: list[Row[Any]]) -> list[Machine]:
    """Make nouns of rows, in as many queries for many as for one."""
    fields: dict[str, set[str]] = {row.id: set() for row in rows}
    for one in repository.credentials(tx, [row.id for row in rows]):
        fields[one.machine].add(one.field)
    holdings = held.list_of(tx, [row.id for row in rows])
    return [_one(ctx, row, fields[row.id], holdings[row.id]) for row in rows]


def _one(ctx: Context, row: Row[Any], fields: set[str], holdings: list[Row[Any]]) -> Machine:
    config = opening.config_of(row)
    known = bool(config["cores"])
    jobs = []
    for job in holdings:
        used = kinds.kind(row.kind).used(ctx.settings.attempts / job.holder)
        jobs.append(
            MachineJob(
                title=job.title,
                run_id=job.run_id,
                attempt=held.attempt_of(job.holder),
                cores=job.cores,
                memory_limit_bytes=job.memory_bytes,
                since=job.since,
                memory_bytes=used.memory_bytes if used else None,
                processes=used.processes if used else None,
                waits_for=kinds.kind(row.kind).why(ctx.settings.attempts / job.holder),
            )
        )
    return Machine(
        name=row.name,
        kind=row.kind,
        state="silent" if row.silent_since is not None else "ready" if known else "new",
        **{key: config[key] for key in _CONFIG},
        sign_in=next((one for one in ("kubeconfig", "private_key", "password", "token") if one in fields), "none"),
        description=row.description,
        tags=row.tags,
        cores=config["cores"] or None,
        cores_free=max(0, config["cores"] - sum(job.cores for job in holdings)) if known else None,
        memory_bytes=config["memory_bytes"] or None,
        own_cores=row.cores,
        own_memory_bytes=row.memory_bytes,
        check=MachineCheck.model_validate(row.checked) if row.checked else None,
        silent_since=row.silent_since,
        silent_reason=row.silent_reason,
        jobs=jobs,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
    )


def _told(tx: Connection, ctx: Context, action: str, name: str, detail: dict[str, Any]) -> None:
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, f"compute.{action}", name, detail)
