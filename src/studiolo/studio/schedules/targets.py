"""What a schedule runs: it is made ready outside of a transaction, and begins inside of the one that writes the firing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio import slices
from studiolo.studio.experiments import service as experiments
from studiolo.studio.pipelines import service as pipelines
from studiolo.studio.pipelines.published import service as published
from studiolo.studio.schedules import filling
from studiolo.studio.schedules.errors import BadSchedule
from studiolo.studio.schedules.filling import Words
from studiolo.studio.schedules.schemas import AutoMLTarget, JobTarget, PipelineTarget, PublishedTarget, Target, Trigger
from studiolo.studio.schedules.times import Timed

NEEDED = {
    "pipeline": "pipelines.write",
    "published": "pipelines.write",
    "job": "experiments.write",
    "automl": "automl.write",
}  # what its owner must be allowed to
READER: TypeAdapter[Target] = TypeAdapter(Target)
TRIGGERS: TypeAdapter[Trigger] = TypeAdapter(Trigger)
TIMES: TypeAdapter[Timed] = TypeAdapter(Annotated[Timed, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class Ready:
    """Something that can begin now. begin: makes the run in a transaction, returns its id."""

    begin: Callable[[Connection], str]


def ready(ctx: Context, target: Target, known: Words, schedule: str) -> Ready:
    """Make a target ready for one firing, with the rights of the actor; raises what is wrong with it."""
    ctx.actor.must(NEEDED[target.kind])
    if isinstance(target, PipelineTarget):
        made = pipelines.ready(ctx, filling.pipeline(target.spec, known, schedule))
        return Ready(lambda tx: pipelines.begin(tx, ctx, made))
    if isinstance(target, PublishedTarget):
        row, version = published.chosen(ctx, target.name, target.version)
        tags = {filling.TAG: schedule, published.TAG: f"{target.name}:{version.number}"}
        begun = published.ready(ctx, version, filling.given(target.inputs, known), known["name"], tags)
        return Ready(lambda tx: published.begin(tx, ctx, row, version, begun, f"schedule {schedule}"))
    if isinstance(target, AutoMLTarget):
        return Ready(_led(target.kind).ready(ctx, filling.plain(target.spec, known, schedule), {filling.TAG: schedule}))
    job = experiments.check(ctx, filling.job(target.spec, known, schedule))
    return Ready(lambda tx: experiments.queue(tx, ctx, job).id)


def _led(kind: str) -> Any:
    """Return the part of a slice above that makes its own runs for schedules; raises BadSchedule where there is none."""
    found = {module.KIND: module for _, module in slices.parts("scheduled")}.get(kind)
    if found is None:
        raise BadSchedule(f"Nothing here runs what is of the kind '{kind}'.", field="target.kind")
    return found


def about(target: Target) -> dict[str, str]:
    """Return what is shown of a target: its kind, its name and its experiment."""
    if isinstance(target, PublishedTarget):
        return {"what": target.kind, "target_name": target.name, "experiment": ""}
    if isinstance(target, AutoMLTarget):
        name = target.spec.get("name") or f"{target.spec.get('target')} of {target.spec.get('dataset')}"
        return {"what": target.kind, "target_name": str(name), "experiment": str(target.spec.get("experiment") or "")}
    spec = target.spec
    name = spec.name or ("pipeline" if isinstance(target, PipelineTarget) else "job")
    return {"what": target.kind, "target_name": name[:500], "experiment": spec.experiment}


def plain(target: Target) -> Target:
    """Return a target as it is kept: a job without what it was given when it ran."""
    if isinstance(target, JobTarget):
        return target.model_copy(update={"spec": target.spec.model_copy(update={"parent_id": None})})
    return target
