"""The verbs of published pipelines: publish, look at, change, start, rotate keys, remove."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.auth.secrets import digest, new_secret
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, StudioloError
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.experiments import service as experiments
from studiolo.studio.pipelines import service as pipelines
from studiolo.studio.pipelines.errors import PipelineNotFound
from studiolo.studio.pipelines.published import repository, usage
from studiolo.studio.pipelines.published.errors import BadStart, PublishedDisabled, PublishedInUse, PublishedNotFound
from studiolo.studio.pipelines.published.schemas import (
    MadeKey,
    Publish,
    Published,
    PublishedDetail,
    PublishedKey,
    PublishedMade,
    PublishedPatch,
    PublishedRun,
    PublishedVersion,
    Slot,
    Start,
)
from studiolo.studio.pipelines.schemas import PipelineSpec, Port, Scalar
from studiolo.studio.pipelines.service import Ready
from studiolo.studio.workspace.notices.posting import address

PREFIX = "published"  # of keys
TAG = "studiolo.published"
SLOTS: tuple[Slot, ...] = ("primary", "secondary")
_SAMPLES: dict[str, Scalar] = {"string": "x", "boolean": False, "number": 0, "integer": 0}


def publish(ctx: Context, given: Publish) -> PublishedMade:
    """Publish a pipeline: a new name with its keys, or the next version. Raises what submitting it would, but for missing inputs."""
    spec = _fixed(ctx, given.spec)
    now = ctx.clock.now()
    made: list[MadeKey] = []
    with ctx.db.begin() as tx:
        row = repository.by_name(tx, ctx, given.name, lock=True)
        number = row.newest + 1 if row else 1
        published = row.id if row else new_id()
        if row is None:
            about = {"description": given.description or "", "enabled": True, "default_version": 1, "newest": 1}
            about |= {"created_at": now, "created_by": ctx.actor.name, "updated_at": now}
            repository.add(tx, {"id": published, "workspace_id": ctx.workspace_id, "name": given.name, **about})
            made = [_new_key(tx, ctx, published, slot) for slot in SLOTS]
        else:
            values: dict[str, Any] = {"newest": number, "updated_at": now}
            values |= {"default_version": number} if given.default else {}
            values |= {"description": given.description} if given.description is not None else {}
            repository.change(tx, published, values)
        scopes = sorted(ctx.actor.scopes) if ctx.actor.scopes is not None else None
        version = {
            "published": published,
            "number": number,
            "spec": spec.model_dump(mode="json", exclude_defaults=True),
        }
        version |= {"note": given.note, "owner_id": ctx.actor.id, "owner": ctx.actor.name, "scopes": scopes}
        repository.add_version(tx, {**version, "created_at": now})
        _note(tx, ctx, "published.updated" if row else "published.created", given.name, version=number)
    return PublishedMade(**get(ctx, given.name).model_dump(), new_keys=made)


def get(ctx: Context, name: str) -> PublishedDetail:
    """Return a published pipeline with its versions and keys; raises PublishedNotFound."""
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
        versions = [_version(one) for one in repository.versions(tx, row.id)]
        keys = [
            PublishedKey(slot=one.slot, hint=one.hint, created_at=one.created_at, used_at=one.used_at)
            for one in repository.keys(tx, row.id)
        ]
    return PublishedDetail(**_shown(ctx, row).model_dump(), versions=versions, keys=keys)


def list_(ctx: Context, cursor: str | None = None, limit: int = 100) -> Page[Published]:
    """Return a page of published pipelines by name."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.all_(tx, ctx, str(keys[0]) if keys else None, limit + 1)
    more = encode(rows[limit - 1].name) if len(rows) > limit else None
    return Page(items=[_shown(ctx, row) for row in rows[:limit]], next=more)


def change(ctx: Context, name: str, given: PublishedPatch) -> PublishedDetail:
    """Change a published pipeline: description, whether it starts anything, its default version."""
    told = given.model_dump(exclude_unset=True, exclude_none=True)
    with ctx.db.begin() as tx:
        row = find(tx, ctx, name, lock=True)
        if given.default_version is not None and repository.version(tx, row.id, given.default_version) is None:
            raise PublishedNotFound(f"{name}:{given.default_version}", field="default_version")
        repository.change(tx, row.id, {**told, "updated_at": ctx.clock.now()})
        _note(tx, ctx, "published.updated", name, **told)
    return get(ctx, name)


def remove(ctx: Context, name: str) -> None:
    """Remove a published pipeline with its versions and keys; its runs stay. Raises PublishedInUse."""
    with ctx.db.begin() as tx:
        row = find(tx, ctx, name, lock=True)
        if users := usage.users(tx, ctx, name):
            raise PublishedInUse(name, users)
        repository.remove(tx, row.id)
        _note(tx, ctx, "published.deleted", name)


def rotate(ctx: Context, name: str, slot: Slot) -> MadeKey:
    """Make a key anew; the one before opens nothing any more. Its text is returned this once."""
    with ctx.db.begin() as tx:
        made = _new_key(tx, ctx, find(tx, ctx, name, lock=True).id, slot)
        _note(tx, ctx, "published.updated", name, slot=slot)
    return made


def start(ctx: Context, name: str, asked: Start, by: str, slot: Slot | None = None) -> PublishedRun:
    """Start a published pipeline, with the rights of who published the version.

    by: who starts it, as it is written down; slot: of the key that it is started with.

    Raises BadStart, which names the input; PublishedDisabled; Denied when who published it may not any more.
    """
    row, version = chosen(ctx, name, asked.version)
    mine = _owner(ctx, version)
    made = ready(mine, version, {**asked.inputs}, asked.name or name, {**asked.tags, TAG: f"{name}:{version.number}"})
    with ctx.db.begin() as tx:
        run_id = begin(tx, mine, row, version, made, by)
        if slot is not None:
            repository.used(tx, row.id, slot, ctx.clock.now())
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, "pipeline.started", name, {"run": run_id, "by": by})
    experiments.hurry(ctx)
    return run(ctx, name, run_id)


def chosen(ctx: Context, name: str, number: int | None) -> tuple[Any, Any]:
    """Return a published pipeline and one of its versions, the default one when none is named; raises PublishedDisabled too."""
    with ctx.db.read() as tx:
        row = find(tx, ctx, name)
        if not row.enabled:
            raise PublishedDisabled(name)
        version = repository.version(tx, row.id, number or row.default_version)
    if version is None:
        raise PublishedNotFound(f"{name}:{number}", field="version")
    return row, version


def ready(ctx: Context, version: Any, inputs: Mapping[str, Any], name: str, tags: Mapping[str, str]) -> Ready:
    """Make a version ready to begin with these inputs; raises BadStart."""
    spec = PipelineSpec.model_validate(version.spec)
    for wrong in sorted(inputs.keys() - spec.graph.inputs.keys()):
        has = f"It has: {', '.join(spec.graph.inputs)}." if spec.graph.inputs else "It has none."
        raise BadStart(f"The pipeline has no input '{wrong[:80]}'.", has, field=f"inputs.{wrong[:80]}")
    changes = {"name": name, "values": {**spec.values, **inputs}, "tags": {**spec.tags, **tags}}
    try:
        return pipelines.ready(ctx, spec.model_copy(update=changes))
    except StudioloError as error:
        problems = error.extra.get("problems") or [{"field": error.field}]
        field = str(problems[0].get("field", "")).replace("values.", "inputs.", 1)
        if not field.startswith("inputs."):
            raise
        raise BadStart(error.detail, error.hint, field=field, extra=error.extra) from error


def begin(tx: Connection, ctx: Context, row: Any, version: Any, made: Ready, by: str) -> str:
    """Begin a run in the caller's transaction, and write down that it was started so; returns its id."""
    run_id = pipelines.begin(tx, ctx, made)
    values = {"run_id": run_id, "published": row.id, "number": version.number, "by": by[:160]}
    repository.add_run(tx, {**values, "created_at": ctx.clock.now()})
    return run_id


def run(ctx: Context, name: str, run_id: str) -> PublishedRun:
    """Return a run that was started by a published pipeline; raises PipelineNotFound for any other."""
    with ctx.db.read() as tx:
        row = repository.run(tx, find(tx, ctx, name).id, run_id)
    found = _runs(ctx, name, [row]) if row is not None else []
    if not found:
        raise PipelineNotFound(run_id)
    return found[0]


def runs(ctx: Context, name: str, cursor: str | None = None, limit: int = 50) -> Page[PublishedRun]:
    """Return the runs of a published pipeline, newest first."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.runs(tx, find(tx, ctx, name).id, str(keys[0]) if keys else None, limit + 1)
    more = encode(rows[limit - 1].run_id) if len(rows) > limit else None
    return Page(items=_runs(ctx, name, rows[:limit]), next=more)


def find(tx: Connection, ctx: Context, name: str, *, lock: bool = False) -> Any:
    """Return the row of a published pipeline; raises PublishedNotFound."""
    row = repository.by_name(tx, ctx, name, lock=lock)
    if row is None:
        raise PublishedNotFound(name)
    return row


def _fixed(ctx: Context, spec: PipelineSpec) -> PipelineSpec:
    """Return a pipeline with components and environments fixed; inputs without a value are for who starts it.

    It is looked through with made-up values for them; where data are missing, as if they were optional.
    """
    missing = {
        name: port
        for name, port in spec.graph.inputs.items()
        if name not in spec.values and port.default is None and not port.optional
    }
    literal = {name: _sample(port) for name, port in missing.items() if port.type in _SAMPLES}
    data = {name: port.model_copy(update={"optional": True}) for name, port in missing.items() if name not in literal}
    graph = spec.graph.model_copy(update={"inputs": {**spec.graph.inputs, **data}})
    made = pipelines.ready(ctx, spec.model_copy(update={"graph": graph, "values": {**spec.values, **literal}})).spec
    declared = {**made.graph.inputs, **{name: spec.graph.inputs[name] for name in data}}
    return made.model_copy(update={"graph": made.graph.model_copy(update={"inputs": declared}), "values": spec.values})


def _sample(port: Port) -> Scalar:
    """Return a value that an input would take."""
    if port.enum:
        return port.enum[0]
    if port.type in ("number", "integer"):
        least = port.min if port.min is not None else min(port.max, 0) if port.max is not None else 0
        return math.ceil(least) if port.type == "integer" else least
    return _SAMPLES[port.type]


def _owner(ctx: Context, version: Any) -> Context:
    scopes = frozenset(version.scopes) if version.scopes is not None else None
    with ctx.db.read() as tx:
        actor = auth.standing(tx, ctx.workspace_id, version.owner_id, scopes)
    if actor is None or not actor.may("pipelines.write"):
        raise Denied(
            f"The version was published by '{version.owner}', who may not run pipelines here any more.",
            "Publish it again, as a member who may.",
        )
    return replace(ctx, actor=actor)


def _new_key(tx: Connection, ctx: Context, published: str, slot: Slot) -> MadeKey:
    text = new_secret(PREFIX)
    values = {"published": published, "slot": slot, "hash": digest(text), "hint": f"…{text[-4:]}"}
    repository.put_key(tx, {**values, "created_at": ctx.clock.now()})
    return MadeKey(slot=slot, key=text)


def _note(tx: Connection, ctx: Context, kind: str, name: str, **detail: Any) -> None:
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, kind, name, detail)
    ctx.events.emit(tx, kind, name, detail)


def _shown(ctx: Context, row: Any) -> Published:
    values = {name: getattr(row, name) for name in Published.model_fields if name != "url"}
    return Published(**values, url=address(ctx, f"api/pipelines/published/{row.name}/runs"))


def _version(row: Any) -> PublishedVersion:
    spec = PipelineSpec.model_validate(row.spec)
    return PublishedVersion(
        number=row.number,
        note=row.note,
        inputs=spec.graph.inputs,
        outputs=spec.graph.outputs,
        given=sorted(spec.values),
        values=spec.values,
        steps=len(spec.graph.steps),
        runs_as=row.owner,
        created_at=row.created_at,
    )


def _runs(ctx: Context, name: str, rows: Sequence[Any]) -> list[PublishedRun]:
    found = experiments.some(ctx, [row.run_id for row in rows])
    return [
        PublishedRun(
            run_id=row.run_id,
            name=one.name,
            state=one.state,
            version=row.number,
            by=row.by,
            error=one.error,
            url=address(ctx, f"pipelines/{row.run_id}"),
            state_url=address(ctx, f"api/pipelines/published/{name}/runs/{row.run_id}"),
            created_at=row.created_at,
            started_at=one.started_at,
            ended_at=one.ended_at,
        )
        for row in rows
        if (one := found.get(row.run_id)) is not None
    ]
