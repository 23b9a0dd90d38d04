"""The verbs of endpoints: deploy, look, keys, logs, delete. What runs is the controller's business."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.auth import service as auth
from studiolo.kernel.auth.secrets import digest, new_secret
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Conflict
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.endpoints import folders, ports, repository
from studiolo.studio.endpoints.errors import BadEndpoint, BeingDeleted, DeploymentNotFound, EndpointNotFound, NoSample
from studiolo.studio.endpoints.repository import Found
from studiolo.studio.endpoints.schemas import (
    Deployment,
    Endpoint,
    EndpointDeploy,
    EndpointDeployed,
    EndpointLog,
    EndpointSample,
    EndpointStats,
    EndpointWindow,
    Key,
    NewKey,
)
from studiolo.studio.endpoints.scoring import telemetry
from studiolo.studio.models import service as models

KeyName = Literal["primary", "secondary"]
KEYS: tuple[KeyName, ...] = ("primary", "secondary")
KEY_PREFIX = "score"
_LOG_BYTES = 256 * 1024
_OPEN = ("Queued", "Starting")


def reference(name: str) -> str:
    """Return how lineage and models call an endpoint."""
    return f"endpoint:{name}"


def deploy(ctx: Context, spec: EndpointDeploy) -> EndpointDeployed:
    """Deploy a model version: a new endpoint, or the next deployment of the one with this name.

    Raises ModelNotFound, VersionNotFound, RiskNotAccepted, PortTaken, BeingDeleted. Keys are in the answer when the endpoint is new.
    """
    name, version = parse_model(spec.model)
    held = models.get_version(ctx, name, version)
    if not models.manifest(ctx, held.name, held.version):
        raise BadEndpoint(
            f"The files of {held.name}:{held.version} are not in the studio.",
            "Register the model from a run of this studio.",
            field="model",
        )
    models.check_risk(ctx, held.name, held.version, spec.accept_risk)
    try:
        return _deploy(ctx, spec, held.name, held.version)
    except IntegrityError:  # another server took the name or the port in this moment
        raise Conflict(f"Endpoint '{spec.name}' was changed just now.", "Deploy again.", field="name") from None


def _deploy(ctx: Context, spec: EndpointDeploy, model: str, version: int) -> EndpointDeployed:
    now = ctx.clock.now()
    keys: list[NewKey] = []
    with ctx.db.begin() as tx:
        row = repository.endpoint(tx, ctx.workspace_id, spec.name, lock=True)
        if row is None:
            row, keys = _found(tx, ctx, spec)
        elif row.desired == "Deleted":
            raise BeingDeleted(spec.name)
        elif spec.port not in (0, row.port):
            raise BadEndpoint(
                f"Endpoint '{spec.name}' has port {row.port}.",
                "Leave the port out, or make another endpoint.",
                field="port",
            )
        number = row.last_number + 1
        values: dict[str, Any] = {"last_number": number, "updated_at": now}
        if spec.description is not None:
            values["description"] = spec.description
        repository.change_endpoint(tx, row.id, **values)
        deployment_id = new_id()
        repository.insert_deployment(
            tx,
            {
                "id": deployment_id,
                "workspace_id": ctx.workspace_id,
                "endpoint_id": row.id,
                "number": number,
                "model": model,
                "version": version,
                "workers": spec.workers,
                "tier": spec.tier,
                "desired": "Live",
                "state": "Queued",
                "message": "waits for the controller",
                "created_by": ctx.actor.name,
                "created_at": now,
            },
        )
        repository.supersede(tx, row.id, deployment_id, _OPEN)  # what has not gone live yet need not any more
        models.mark_used(tx, ctx, model, version, reference(spec.name))
        told = {"deployment": number, "model": model, "version": version}
        if spec.accept_risk:
            told["accepted_risk"] = True
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "endpoint.deploy", spec.name, told)
        ctx.events.emit(tx, "endpoint.updated", spec.name, {"state": "Deploying", **told})
        made = _noun(tx, ctx, spec.name)
    return EndpointDeployed(**made.model_dump(), keys=keys)


def _found(tx: Connection, ctx: Context, spec: EndpointDeploy) -> tuple[Found, list[NewKey]]:
    """Make an endpoint with a port and two keys."""
    now = ctx.clock.now()
    keys = [_new_key(name, now) for name in KEYS]
    repository.insert_endpoint(
        tx,
        {
            "id": new_id(),
            "workspace_id": ctx.workspace_id,
            "name": spec.name,
            "description": spec.description or "",
            "host": ctx.settings.endpoint_host,
            "port": ports.choose(ctx.settings, spec.port, repository.ports(tx)),
            "port_chosen": not spec.port,
            "desired": "Live",
            "keys": {key.name: _stored(key) for key in keys},
            "last_number": 0,
            "created_by": ctx.actor.name,
            "created_at": now,
            "updated_at": now,
        },
    )
    ctx.events.emit(tx, "endpoint.created", spec.name)
    return _row(tx, ctx, spec.name), keys


def parse_model(text: str) -> tuple[str, int | str]:
    """Read `NAME`, `NAME:VERSION` or `NAME@ALIAS`.

    >>> parse_model("titanic:3"), parse_model("titanic"), parse_model("titanic@best")
    (('titanic', 3), ('titanic', 'latest'), ('titanic', '@best'))
    """
    name, colon, version = text.rpartition(":")
    if colon:
        if version.isdigit():
            return name, int(version)
        if version in ("latest", ""):
            return name, "latest"
        raise BadEndpoint(
            f"'{version[:40]}' is no version of a model.",
            "Write NAME:3, NAME@ALIAS, or NAME for the newest.",
            field="model",
        )
    name, at, alias = text.partition("@")
    return (name, f"@{alias}") if at else (text, "latest")


def get(ctx: Context, name: str) -> Endpoint:
    """Return an endpoint; raises EndpointNotFound."""
    with ctx.db.read() as tx:
        return _noun(tx, ctx, name)


def list_(ctx: Context, cursor: str | None = None, limit: int = 100) -> Page[Endpoint]:
    """Return a page of endpoints, by name."""
    keys = decode(cursor, 1)
    limit = bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.list_(tx, ctx.workspace_id, str(keys[0]) if keys else None, limit + 1)
        found = repository.summaries(tx, rows[:limit])
    items = [repository.to_endpoint(row, found[row.id], ctx.workspace) for row in rows[:limit]]
    return Page(items=items, next=encode(rows[limit - 1].name) if len(rows) > limit else None)


def deployments(ctx: Context, name: str) -> list[Deployment]:
    """Return the deployments of an endpoint, newest first; of ended ones the last few."""
    with ctx.db.read() as tx:
        row = _row(tx, ctx, name)
        return [repository.to_deployment(found, name) for found in repository.deployments_of(tx, row.id)]


def delete(ctx: Context, name: str) -> Endpoint:
    """Stop an endpoint and remove it; the controller does so within seconds."""
    with ctx.db.begin() as tx:
        row = _row(tx, ctx, name)
        if row.desired != "Deleted":
            repository.change_endpoint(tx, row.id, desired="Deleted", updated_at=ctx.clock.now())
            auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "endpoint.delete", name)
            ctx.events.emit(tx, "endpoint.updated", name, {"state": "Deleting"})
        return _noun(tx, ctx, name)


def keys(ctx: Context, name: str) -> list[Key]:
    """Return the keys of an endpoint, without their secrets."""
    with ctx.db.read() as tx:
        row = _row(tx, ctx, name)
    return [Key(name=key, hint=row.keys[key]["hint"], created_at=row.keys[key]["created_at"]) for key in KEYS]


def regenerate_key(ctx: Context, name: str, key: KeyName) -> NewKey:
    """Replace a key; the old one is refused within a second or two, the other one stays good meanwhile."""
    made = _new_key(key, ctx.clock.now())
    with ctx.db.begin() as tx:
        row = _row(tx, ctx, name)
        repository.change_endpoint(tx, row.id, keys={**row.keys, key: _stored(made)}, updated_at=ctx.clock.now())
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "endpoint.key_replaced", name, {"key": key})
        ctx.events.emit(tx, "endpoint.updated", name, {"key": key})
    return made


def sample(ctx: Context, name: str) -> EndpointSample:
    """Return the example that the deployed model brought, and the columns that it takes; raises NoSample."""
    with ctx.db.read() as tx:
        row = _row(tx, ctx, name)
        found = [item.ready for item in repository.deployments_of(tx, row.id) if item.ready and item.desired == "Live"]
    if not found:
        raise NoSample(f"No model has been loaded for '{name}' yet.", "Wait until it is live.")
    ready = found[-1] if len(found) == 1 else next((item for item in found if item.get("sample")), found[0])
    rows = ready["sample"]["request"]["data"] if ready.get("sample") else []
    answer = ready["sample"]["response"] if ready.get("sample") else None
    return EndpointSample(rows=rows, columns=ready.get("columns", []), response=answer)


def stats(ctx: Context, name: str, over: int = 60, history: int = 3600) -> EndpointStats:
    """Return counts and durations, from the files of the workers."""
    with ctx.db.read() as tx:
        row = _row(tx, ctx, name)
    found = telemetry.summarise(folders.stats(ctx, row.id), over, history, ctx.clock.now().timestamp())
    return EndpointStats(
        requests=found.requests,
        errors=found.errors,
        statuses=found.statuses,
        over=found.over,
        rate=found.rate,
        rows=found.rows,
        mean=found.mean,
        p50=found.p50,
        p95=found.p95,
        p99=found.p99,
        windows=[
            EndpointWindow(
                at=datetime.fromtimestamp(window.at, UTC),
                requests=window.requests,
                errors=window.errors,
                rows=window.rows,
                p50=window.p50,
                p95=window.p95,
                p99=window.p99,
            )
            for window in found.windows
        ],
    )


def log(
    ctx: Context, name: str, kind: Literal["requests", "process"], number: int | None = None, lines: int = 200
) -> EndpointLog:
    """Return the last lines of a deployment's log; by default of the newest.

    Raises DeploymentNotFound.
    """
    with ctx.db.read() as tx:
        row = _row(tx, ctx, name)
        found = repository.deployments_of(tx, row.id)
    chosen = next((item for item in found if number is None or item.number == number), None)
    if chosen is None:
        raise DeploymentNotFound(name, number or 0)
    if kind == "process":
        text = _tail([folders.of_attempt(ctx, chosen) / "log.txt"], lines)
        if not text and chosen.failure:
            text = chosen.failure.get("traceback") or chosen.failure["error"]
    else:
        text = _tail(sorted((folders.of_deployment(ctx, chosen) / "log").glob("*.log")), lines, by_time=True)
    return EndpointLog(kind=kind, deployment=chosen.number, text=text)


def _tail(paths: list[Path], lines: int, *, by_time: bool = False) -> str:
    found: list[str] = []
    for path in paths:
        try:
            with path.open("rb") as file:
                file.seek(0, 2)
                start = max(0, file.tell() - _LOG_BYTES)
                file.seek(start)
                part = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            continue
        found += part[1:] if start else part
    if by_time and len(paths) > 1:
        found.sort(key=lambda line: line[:24])
    return "\n".join(found[-lines:])


def _new_key(name: KeyName, now: datetime) -> NewKey:
    key = new_secret(KEY_PREFIX)
    return NewKey(name=name, key=key, hint=f"…{key[-4:]}", created_at=now)


def _stored(key: NewKey) -> dict[str, str]:
    return {"hash": digest(key.key), "hint": key.hint, "created_at": key.created_at.isoformat()}


def _row(tx: Connection, ctx: Context, name: str) -> Found:
    row = repository.endpoint(tx, ctx.workspace_id, name)
    if row is None:
        raise EndpointNotFound(name)
    return row


def _noun(tx: Connection, ctx: Context, name: str) -> Endpoint:
    row = _row(tx, ctx, name)
    return repository.to_endpoint(row, repository.summaries(tx, [row])[row.id], ctx.workspace)
