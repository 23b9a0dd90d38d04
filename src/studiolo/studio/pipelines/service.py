"""The verbs of pipelines: check, submit, look at, cancel, run once more."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page, bounded, encode
from studiolo.studio.compute.clusters import service as compute
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import TERMINAL, Artifact
from studiolo.studio.pipelines import (
    checking,
    creating,
    interfaces,
    known,
    led_above,
    plans,
    preflight,
    reentry,
    repository,
    starting,
)
from studiolo.studio.pipelines import steps as step_views
from studiolo.studio.pipelines.components import service as components
from studiolo.studio.pipelines.components.service import refuse
from studiolo.studio.pipelines.errors import BadPipeline, ComponentNotFound, PipelineNotFound
from studiolo.studio.pipelines.held import Held, content
from studiolo.studio.pipelines.schemas import (
    Checked,
    Counts,
    Given,
    Graph,
    PipelineCost,
    PipelineDetail,
    PipelineRun,
    PipelineSpec,
    Problem,
    Rerun,
    Settings,
    StepDebug,
    StepDetail,
    StepState,
)

_COUNTED = {
    "NotStarted": "waiting",
    "Queued": "running",
    "Completed": "completed",
    "Reused": "reused",
    "Failed": "failed",
    "Lost": "failed",
    "Skipped": "skipped",
    "Canceled": "canceled",
}


def check(ctx: Context, spec: PipelineSpec) -> Checked:
    """Return all that is wrong with a pipeline, and an order of its steps; a component that is not there is a problem too."""
    try:
        graph = interfaces.inferred(components.fill(ctx, spec.graph))
    except ComponentNotFound as error:
        path = (
            error.field.removeprefix("graph.").removesuffix(".component").replace("steps.", "").replace(".graph.", "/")
        )
        missing = Problem(step=path, field="component", message=error.detail, hint=error.hint)
        return Checked(problems=[missing], order=checking.order(spec.graph)[0])
    found = checking.check(graph, spec.values)
    return found.model_copy(update={"problems": [*found.problems, *led_above.problems(ctx, graph, spec.values)]})


class Ready(NamedTuple):
    """A pipeline that was checked: components filled in, what it refers to found and pinned."""

    spec: PipelineSpec
    held: dict[str, Held]


def submit(ctx: Context, spec: PipelineSpec, rerun_of: str | None = None) -> PipelineRun:
    """Queue a pipeline; the controller starts its steps. Raises BadPipeline, ComponentNotFound, and what a step's job would raise."""
    made = ready(ctx, spec)
    with ctx.db.begin() as tx:
        run_id = begin(tx, ctx, made, rerun_of)
    experiments.hurry(ctx)
    return get_run(ctx, run_id)


def ready(ctx: Context, spec: PipelineSpec) -> Ready:
    """Refuse what `submit` would, and return the pipeline ready to begin; nothing is queued."""
    graph, problems = known.graph(components.fill(ctx, spec.graph))
    problems = [*checking.of_values(graph, spec.values), *problems]
    refuse([*problems, *led_above.problems(ctx, graph, spec.values)])
    for name in spec.outputs.keys() - graph.outputs.keys():
        has = f"It has: {', '.join(graph.outputs)}." if graph.outputs else "It has none."
        raise BadPipeline(f"The pipeline has no output '{name}'.", has, field=f"outputs.{name}")
    preflight.kept(ctx, spec.outputs, "outputs.")
    graph = preflight.steps(ctx, graph, spec.settings)
    held = preflight.values(ctx, graph, spec.values)
    return Ready(spec.model_copy(update={"graph": graph}), held)


def begin(tx: Connection, ctx: Context, made: Ready, rerun_of: str | None = None) -> str:
    """Queue a pipeline that was made ready just now, in the caller's transaction; returns its run's id."""
    run_id = creating.topmost(tx, ctx, made.spec, made.held, rerun_of)
    ctx.events.emit(tx, "pipeline.created", run_id, {"rerun_of": rerun_of})
    return run_id


def row(ctx: Context, run_id: str) -> Any:
    """Return the row of a pipeline's run; raises PipelineNotFound."""
    with ctx.db.read() as tx:
        found = repository.by_id(tx, ctx, run_id)
    if found is None:
        raise PipelineNotFound(run_id)
    return found


def get_run(ctx: Context, run_id: str) -> PipelineRun:
    """Return a pipeline's run with the counts of its steps."""
    return _runs(ctx, [row(ctx, run_id)])[0]


def get(ctx: Context, run_id: str) -> PipelineDetail:
    """Return a pipeline's run with its graph; raises PipelineNotFound."""
    found = row(ctx, run_id)
    run = _runs(ctx, [found])[0]
    with ctx.db.read() as tx:
        parent = repository.by_seq(tx, found.parent_seq) if found.parent_seq else None
    outputs = {name: content(value) for name, value in starting.outputs_of(found).items()}
    return PipelineDetail(
        **run.model_dump(),
        graph=graph_of(ctx, found),
        values=found.given,
        settings=Settings.model_validate(found.settings),
        outputs=outputs,
        parent_id=parent.run_id if parent else None,
        root_id=found.root_id,
        tags=found.tags,
    )


def cost(ctx: Context, run_id: str) -> PipelineCost:
    """Return what the jobs of a pipeline, and of those nested in it, have cost on clusters so far; raises PipelineNotFound."""
    found = row(ctx, run_id)
    with ctx.db.read() as tx:
        jobs = repository.started(tx, ctx, found.root_id, found.path)
    return PipelineCost(run_id=run_id, cost=sum(compute.costs_of(ctx, jobs).values()))


def graph_of(ctx: Context, found: Any) -> Graph:
    """Return the graph of a run as it was checked."""
    return plans.of(ctx, found.definition).graph


def list_runs(
    ctx: Context,
    where: experiments.RunFilter,
    name: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PipelineRun]:
    """Return a page of topmost pipelines, newest first. where: of their runs; name: a part of it."""
    limit = bounded(limit)
    chosen: list[Any] = []
    position = cursor
    while True:  # a name is looked for in one page after the other
        page = experiments.list_runs(ctx, where, position, limit)
        with ctx.db.read() as tx:
            rows = repository.by_run_ids(tx, [run.id for run in page.items])
        fitting = [rows[run.id] for run in page.items if run.id in rows and name.lower() in run.name.lower()]
        room = limit - len(chosen)
        chosen += fitting[:room]
        if len(fitting) > room:
            return Page(items=_with_costs(ctx, _runs(ctx, chosen)), next=encode(chosen[-1].run_seq))
        if page.next is None or len(chosen) >= limit:
            return Page(items=_with_costs(ctx, _runs(ctx, chosen)), next=page.next)
        position = page.next


def _with_costs(ctx: Context, found: list[PipelineRun]) -> list[PipelineRun]:
    """Add what topmost pipelines have cost so far, where anything of the workspace has a price."""
    if not compute.has_price(ctx):
        return found
    with ctx.db.read() as tx:
        roots = repository.started_of(tx, ctx, [one.run.id for one in found])
    spent = dict.fromkeys((one.run.id for one in found), 0.0)
    for run_id, cost_ in compute.costs_of(ctx, roots).items():
        spent[roots[run_id]] += cost_
    return [one.model_copy(update={"cost": spent[one.run.id]}) for one in found]


def _runs(ctx: Context, rows: Sequence[Any]) -> list[PipelineRun]:
    """Return runs of pipelines, with the steps of their trees counted."""
    runs = experiments.some(ctx, [one.run_id for one in rows])
    with ctx.db.read() as tx:
        counted = repository.counts(tx, {one.root_id for one in rows})
    made = []
    for one in rows:
        run = runs.get(one.run_id)
        if run is None:
            continue
        numbers: dict[str, int] = {}
        for state, count in counted.get(one.root_id, {}).items():
            noun = _COUNTED.get(state, "running")
            numbers[noun] = numbers.get(noun, 0) + count
        made.append(
            PipelineRun(
                run=run,
                description=one.description,
                counts=Counts(total=sum(numbers.values()), **numbers),
                rerun_of=one.rerun_of if one.parent_seq is None else None,
                seconds=starting.seconds(run.started_at, run.ended_at),
            )
        )
    return made


def spec(ctx: Context, run_id: str) -> PipelineSpec:
    """Return what was submitted, components filled in, to be changed and submitted again."""
    found = row(ctx, run_id)
    return PipelineSpec(
        name=found.name,
        experiment=found.experiment,
        description=found.description,
        tags=found.tags,
        priority=found.priority,
        graph=graph_of(ctx, found),
        values=found.given,
        outputs=found.declared,
        settings=Settings.model_validate(found.settings),
    )


def cancel(ctx: Context, run_id: str) -> PipelineRun:
    """Ask a pipeline to stop: its jobs are ended, its other steps do not start. One that has ended stays as it ended."""
    row(ctx, run_id)
    experiments.cancel(ctx, run_id)
    return get_run(ctx, run_id)


def rerun(ctx: Context, run_id: str, asked: Rerun) -> PipelineRun:
    """Run a pipeline once more, as a new run; `from_failed` takes over the steps that ended well. Raises BadPipeline."""
    found = row(ctx, run_id)
    if found.parent_seq is not None:
        raise BadPipeline("This is a part of a pipeline.", f"Run the whole again: {found.root_id}", field="run_id")
    if asked.from_failed and asked.values:
        raise BadPipeline(
            "Steps can be taken over only with the same values.",
            "Leave out from_failed, or the values.",
            field="values",
        )
    whole = spec(ctx, run_id)
    settings = whole.settings
    if asked.force_rerun is not None:
        settings = settings.model_copy(update={"force_rerun": asked.force_rerun})
    values = {**whole.values, **(_pinned(found) if asked.from_failed else asked.values)}
    changes = {"name": asked.name or whole.name, "values": values, "settings": settings}
    run = experiments.get(ctx, run_id)
    if asked.from_failed and run.state not in TERMINAL:
        raise BadPipeline(f"The run is {run.state}.", "Wait for its end, or cancel it.", field="run_id")
    return submit(ctx, whole.model_copy(update=changes), found.run_id if asked.from_failed else None)


def _pinned(found: Any) -> dict[str, Given]:
    """Return the data of a run at the versions that it had: what is taken over and what runs anew see the same."""
    held = {name: Held.model_validate(value) for name, value in found.held.items()}
    return {name: value.data for name, value in held.items() if value.data is not None and name in found.given}


def steps(ctx: Context, run_id: str, paths: Collection[str] = ()) -> list[StepState]:
    """Return how the steps of a pipeline and of those nested in it stand; paths: only of these."""
    found = step_views.all_(ctx, row(ctx, run_id))
    wanted = set(paths)
    return [one for one in found if one.path in wanted] if wanted else found


def parts(ctx: Context, run_id: str) -> dict[str, dict[str, str]]:
    """Return what the key of each step is made of, by path."""
    return step_views.parts(ctx, row(ctx, run_id))


def step(ctx: Context, run_id: str, path: str) -> StepDetail:
    """Return everything about a step; raises StepNotFound."""
    return step_views.one(ctx, row(ctx, run_id), path)


def files(ctx: Context, run_id: str, path: str, output: str, folder: str = "") -> list[Artifact]:
    """Return what lies directly below a folder of a step's output; raises OutputNotFound."""
    return step_views.files(ctx, row(ctx, run_id), path, output, folder)


def file(ctx: Context, run_id: str, path: str, output: str, name: str) -> tuple[Path, str]:
    """Return a local file with the content of one of a step's output, and its name; raises OutputNotFound."""
    return step_views.file(ctx, row(ctx, run_id), path, output, name)


def debug(ctx: Context, run_id: str, path: str) -> StepDebug:
    """Return what it takes to run a step once more somewhere else; raises StepNotFound, BadPipeline for one that had no job."""
    found = row(ctx, run_id)
    return reentry.of(ctx, found.root_id, step_views.find(ctx, found, path)[1])


def debug_file(ctx: Context, run_id: str, path: str, slot: str, name: str) -> tuple[Path, str]:
    """Return a local file of a step's code (an empty slot) or of one of its inputs, and its name."""
    return reentry.file(ctx, step_views.find(ctx, row(ctx, run_id), path)[1], slot, name)
