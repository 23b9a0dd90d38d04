"""Starts a step, as far as that can be decided outside of a transaction: an earlier result is taken, a job or a pipeline is made ready,
or it is found that it cannot run. Nothing is written here but blobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments import job_resolution
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.job_schemas import JobOutput
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.pipelines import (
    giving,
    held,
    keys,
    known,
    led_above,
    loops,
    plans,
    recalled,
    repository,
    reuse,
    typing_rules,
)
from studiolo.studio.pipelines.giving import Around, Ungiven
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.plans import Plan
from studiolo.studio.pipelines.schemas import Graph, Reuse, Scalar, Settings, Step

_PIPELINES = 64
_made: dict[str, dict[str, dict[str, Held]]] = {}  # outputs by run and step: what ended well never changes
STEP_TAG, ROOT_TAG = "studiolo.step", "studiolo.pipeline"


@dataclass(frozen=True, slots=True)
class Child:
    """A nested pipeline that is to begin. items: of a fan-out, or the plan of a loop; declared: where its outputs go."""

    graph: Graph
    held: Mapping[str, Held]
    items: list[dict[str, Scalar]] | dict[str, Any] | None = None
    at_once: int = 0
    declared: Mapping[str, JobOutput] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """What becomes of a step now. values: of its row; spec: its job; child: its pipeline; outputs: of one that is over.

    waits: the same result is being computed by another step, so nothing is done yet.
    """

    values: dict[str, Any]
    spec: JobSpec | None = None
    child: Child | None = None
    outputs: Mapping[str, Held] | None = None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline that is being advanced: its row, its plan, and the acting user's context. flights: keys that were begun just now."""

    ctx: Context
    row: Any
    plan: Plan
    settings: Settings
    held: Mapping[str, Held]
    kept: Mapping[str, JobOutput]
    flights: set[str]

    def path(self, name: str) -> str:
        """Return the path of a step from the topmost pipeline."""
        return f"{self.row.path}/{name}" if self.row.path else name


def start(pipeline: Pipeline, name: str, made: Mapping[str, Mapping[str, Held]], taken: Mapping[str, Any]) -> Begun:
    """Return what becomes of a step whose needs are met. made: outputs of the steps before it; taken: finished steps of the run
    that this one goes on from, by path."""
    step, now = pipeline.plan.step(name), pipeline.ctx.clock.now()
    if (old := taken.get(pipeline.path(name))) is not None and step.kind != "if_else":
        begun = reuse.take_over(pipeline.ctx, old, now)
        if begun is not None:
            return Begun(*begun)
    around = Around(pipeline.ctx.blobs, pipeline.plan.graph, pipeline.held, made)
    try:
        pipeline.ctx.actor.must("pipelines.write")  # who started it may have lost that since
        led_above.must(pipeline.ctx, step)
        return _start(pipeline, name, step, around, now)
    except Ungiven as error:
        return failed(now, error.failure, str(error))
    except StudioloError as error:
        return failed(now, "environment" if error.code.startswith("environments.") else "user_error", str(error))


def failed(now: datetime, failure: str, error: str) -> Begun:
    """Return what becomes of a step that cannot run."""
    return Begun({"state": "Failed", "failure": failure, "error": error[:4000], "started_at": now, "ended_at": now})


def _start(pipeline: Pipeline, name: str, step: Step, around: Around, now: datetime) -> Begun:
    if step.kind == "if_else":
        answer = giving.truth(around, step)
        return Begun({"state": "Completed", "answer": answer, "started_at": now, "ended_at": now}, outputs={})
    if step.kind == "parallel_for":
        return _fan(pipeline, step, around, now)
    if step.kind == loops.KIND:
        return _loop(pipeline, step, around, now)
    item, items = None, pipeline.row.items
    if loops.is_one(items):
        around = around._replace(held={**around.held, **loops.brought(items, around.made, int(name))})
    elif items is not None:
        item = items[int(name)]
    given = giving.all_(around, step, item)
    shown = [held.shown(port, value).model_dump(mode="json", exclude_defaults=True) for port, value in given.items()]
    if step.kind == "pipeline":
        assert step.graph is not None
        child = Child(step.graph, given, declared=_declared(pipeline, step))
        return Begun({"state": "Queued", "inputs": shown, "started_at": now}, child=child)
    return _job(pipeline, name, step, around, given, shown, now)


def _fan(pipeline: Pipeline, step: Step, around: Around, now: datetime) -> Begun:
    body = pipeline.plan.graph.steps[step.body]
    items = giving.items(around, step)
    if not items:
        empty = {out: held.folder(pipeline.ctx.blobs, "uri_folder", (), label=out, output=out) for out in body.makes}
        kept = {out: value.model_dump(mode="json") for out, value in empty.items()}
        return Begun({"state": "Completed", "outputs": kept, "started_at": now, "ended_at": now}, outputs=empty)
    given: dict[str, Held] = {}
    for port, declared in body.declares.items():
        if all(port in item for item in items) and port not in body.inputs:
            continue
        soft = declared.model_copy(update={"optional": True})
        if (value := giving.one(around, port, soft, body.inputs.get(port))) is not None:
            given[port] = value
    graph = plans.fan_out(pipeline.plan.graph, step)
    child = Child(graph, given, items, step.max_concurrency, _declared(pipeline, step))
    shown = [{"name": "items", "type": "string", "label": f"{len(items)} items"}]
    return Begun({"state": "Queued", "inputs": shown, "started_at": now}, child=child)


def _loop(pipeline: Pipeline, step: Step, around: Around, now: datetime) -> Begun:
    body = pipeline.plan.graph.steps[step.body]
    given = giving.all_(around, body)
    shown = [held.shown(port, value).model_dump(mode="json", exclude_defaults=True) for port, value in given.items()]
    graph = plans.fan_out(pipeline.plan.graph, step)
    child = Child(graph, given, loops.plan(step), 1, _declared(pipeline, step))
    return Begun({"state": "Queued", "inputs": shown, "started_at": now}, child=child)


def _declared(pipeline: Pipeline, step: Step) -> dict[str, JobOutput]:
    """Return where the outputs of a nested pipeline go that its own are bound to."""
    found = {}
    for name, given in step.outputs.items():
        outer = pipeline.kept.get(given.bind) if given.bind else None
        if given.path or given.name or (outer and outer.path):
            path = given.path or (outer.path if outer else "")
            found[name] = JobOutput(path=path, name=given.name, version=given.version)
    return found


def _job(
    pipeline: Pipeline,
    name: str,
    step: Step,
    around: Around,
    given: Mapping[str, Held],
    shown: list[dict[str, Any]],
    now: datetime,
) -> Begun:
    ctx, row = pipeline.ctx, pipeline.row
    path, own = pipeline.path(name), step.task.tags if step.task else {}
    values: dict[str, Any] = {"inputs": shown, "slot": reuse.slot(row, step, path), "started_at": now}
    sign = recalled.sign(ctx, pipeline.plan, name, given)
    if step.reuse and not pipeline.settings.force_rerun and (again := recalled.recall(sign)):
        values["parts"], values["key"] = again
        looked = reuse.look(ctx, values["key"], now, pipeline.flights)
        if looked.values is not None:  # so that there is no job to be made
            return Begun({**values, **looked.values}, outputs=looked.outputs)
    spec = giving.job(
        step,
        given,
        pipeline.kept,
        pipeline.settings,
        around,
        experiment=row.experiment,
        name=step.title or (name if row.items is None else f"{path.split('/')[-2]} {name}"),
        parent_id=row.run_id,
        priority=row.priority if step.priority is None else step.priority,
        tags={**own, ROOT_TAG: row.root_id, STEP_TAG: path},
    )
    spec = led_above.made(ctx, step, spec, given)
    sources = {**spec.context.get("sources", {}), **{p: value.source for p, value in given.items() if value.source}}
    spec = job_resolution.resolve(ctx, spec)
    if sources:
        # the context is one that resolving has made, which nobody else has
        spec.context["sources"] = {**spec.context.get("sources", {}), **sources}
    found = keys.parts(step, spec, given)
    values["parts"] = found
    why = _without(step, spec, pipeline.settings)
    if why is not None and why.outcome in ("off", "unknowable"):
        experiments.admit(ctx, spec)
        return Begun({**values, "state": "Queued", "reuse": why.model_dump(mode="json", exclude_none=True)}, spec=spec)
    values["key"] = key = keys.key_of(found)
    recalled.remember(sign, found, key)
    if why is None:
        looked = reuse.look(pipeline.ctx, key, now, pipeline.flights)
        if looked.values is not None:
            return Begun({**values, **looked.values}, outputs=looked.outputs)
        if looked.waits is not None:
            return Begun(
                {"reuse": looked.waits.model_dump(mode="json", exclude_none=True), "inputs": shown}, waits=True
            )
        why = reuse.missed(ctx, step, values)
        values["flight"] = key
        pipeline.flights.add(key)
    experiments.admit(ctx, spec)  # whoever takes a result needs no room, and no compute
    return Begun({**values, "state": "Queued", "reuse": why.model_dump(mode="json", exclude_none=True)}, spec=spec)


def _without(step: Step, spec: JobSpec, settings: Settings) -> Reuse | None:
    """Return why no earlier result is looked for, None when one is."""
    if not step.reuse:
        return Reuse(outcome="off", text="Reuse is off for this step.")
    if name := keys.unknowable(spec):
        said = f"Input '{name}' is at an address whose content the studio does not know before the job has fetched it."
        return Reuse(outcome="unknowable", text=said)
    if settings.force_rerun:
        return Reuse(outcome="forced", text="The pipeline was submitted with force_rerun.")
    return None


def seconds(started: datetime | None, ended: datetime | None) -> float | None:
    """Return a duration."""
    return (ended - started).total_seconds() if started and ended else None


def text_values(given: Mapping[str, Held]) -> dict[str, str]:
    """Return the literals of a pipeline as params of its run."""
    return {name: typing_rules.text(value.value) for name, value in given.items() if value.literal}


def outputs_of(row: Any) -> dict[str, Held]:
    """Return the outputs that a row keeps."""
    return {name: Held.model_validate(value) for name, value in (row.outputs or {}).items()}


def made_by(tx: Connection, row: Any, names: Sequence[str]) -> dict[str, dict[str, Held]]:
    """Return the outputs of steps that have ended well, of a pipeline that is looked at again and again: they are read once."""
    read = _made.pop(row.run_id, {})
    if missing := [name for name in names if name not in read]:
        read |= {found.name: outputs_of(found) for found in repository.outputs(tx, row.run_seq, missing)}
    _made[row.run_id] = read  # the last one now
    if len(_made) > _PIPELINES:
        del _made[next(iter(_made))]
    return {name: read[name] for name in names}


def definition(ctx: Context, tx: Any, graph: Graph) -> str:
    """Keep a graph in the caller's transaction; returns its digest."""
    if (digest := known.digest(graph)) and repository.has_definition(tx, ctx, digest):
        return digest
    document = plans.document(graph)
    digest = digest or plans.digest_of(document)
    repository.put_definition(tx, ctx, digest, document)
    return digest
