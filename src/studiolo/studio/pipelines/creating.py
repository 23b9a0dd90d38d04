"""Makes the rows of a pipeline's run: the topmost one when it is submitted, nested ones and fan-outs when their step starts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.experiments import led
from studiolo.studio.experiments.job_schemas import JobOutput
from studiolo.studio.experiments.led import Led
from studiolo.studio.pipelines import loops, plans, repository, starting
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.plans import BODY
from studiolo.studio.pipelines.schemas import Graph, PipelineSpec
from studiolo.studio.pipelines.starting import Child, Pipeline

KIND = "pipeline"


def topmost(tx: Connection, ctx: Context, spec: PipelineSpec, held: Mapping[str, Held], rerun_of: str | None) -> str:
    """Make the run of a pipeline that was submitted; returns its id. spec: checked and filled; held: its values, found and pinned."""
    run_id = new_id()
    name = spec.name or f"pipeline-{run_id[-6:]}"
    values = {
        "run_id": run_id,
        "root_id": run_id,
        "parent_seq": None,
        "path": "",
        "items": None,
        "at_once": 0,
        "name": name,
        "experiment": spec.experiment,
        "description": spec.description,
        "tags": dict(spec.tags),
        "priority": spec.priority,
        "settings": spec.settings.model_dump(mode="json"),
        "given": spec.model_dump(mode="json", include={"values"})["values"],
        "declared": _declared(spec.outputs),
        "rerun_of": rerun_of,
    }
    note = {"mlflow.note.content": spec.description} if spec.description else {}
    tags = {"mlflow.runName": name, **note, **spec.tags}
    one = Led(
        id=run_id,
        kind=KIND,
        name=name,
        experiment=spec.experiment,
        parent_id=None,
        state="Queued",
        params=starting.text_values(held),
        tags=tags,
        sources={value.source for value in held.values() if value.source},
    )
    _begin(tx, ctx, one, spec.graph, values, held, spec.outputs)
    return run_id


def nested(tx: Connection, ctx: Context, outer: Pipeline, name: str, child: Child) -> tuple[str, int]:
    """Make the run of a nested pipeline or fan-out; returns its id and number."""
    run_id = new_id()
    row, step = outer.row, outer.plan.step(name)
    values = {
        "run_id": run_id,
        "root_id": row.root_id,
        "parent_seq": row.run_seq,
        "path": outer.path(name),
        "items": child.items,
        "at_once": child.at_once,
        "name": row.name,
        "experiment": row.experiment,
        "description": "",
        "tags": {},
        "priority": row.priority if step.priority is None else step.priority,
        "settings": {
            **row.settings,
            **({"default_compute": step.compute} if step.compute and "{" not in step.compute else {}),
        },
        "given": {},
        "declared": _declared(child.declared),
        "rerun_of": row.rerun_of,
    }
    one = Led(
        id=run_id,
        kind=KIND,
        name=step.title or name,
        experiment=row.experiment,
        parent_id=row.run_id,
        state="Queued",
        params=starting.text_values(child.held),
        tags={starting.ROOT_TAG: row.root_id, starting.STEP_TAG: outer.path(name)},
    )
    seq = _begin(tx, ctx, one, child.graph, values, child.held, child.declared)
    return run_id, seq


def _declared(outputs: Mapping[str, JobOutput]) -> dict[str, Any]:
    return {name: given.model_dump(mode="json", exclude_defaults=True) for name, given in outputs.items()}


def _begin(
    tx: Connection,
    ctx: Context,
    one: Led,
    graph: Graph,
    values: Mapping[str, Any],
    held: Mapping[str, Held],
    outputs: Mapping[str, JobOutput],
) -> int:
    seq = led.begin(tx, ctx, [one])[one.id]
    led.tell(tx, ctx, one)
    registered = {
        name: given.model_copy(update={"type": graph.outputs[name].type})
        for name, given in outputs.items()
        if given.name and name in graph.outputs
    }
    led.declare(tx, ctx, seq, one.id, registered)
    definition = starting.definition(ctx, tx, graph)
    plan = plans.keep(ctx, definition, graph)
    items = values["items"]
    row = {
        **values,
        "run_seq": seq,
        "workspace_id": ctx.workspace_id,
        "definition": definition,
        "held": {name: value.model_dump(mode="json", exclude_defaults=True) for name, value in held.items()},
        "user": ctx.actor.name,
        "scopes": sorted(ctx.actor.scopes) if ctx.actor.scopes is not None else None,
        "live": True,
        "version": 0,
        "created_at": ctx.clock.now(),
    }
    count = loops.turns(items, 1)
    names = [node.name for node in plan.nodes] if count is None else [str(number) for number in range(count)]
    steps = [
        _step(row, name, position, graph.steps[name if items is None else BODY].kind)
        for position, name in enumerate(names)
    ]
    repository.insert_run(tx, row, steps)
    return seq


def turn(tx: Connection, row: Any, graph: Graph, number: int) -> None:
    """Add the next turn of a loop. row: of its run."""
    repository.insert_steps(tx, [_step(row._asdict(), str(number), number, graph.steps[BODY].kind)])


def _step(row: Mapping[str, Any], name: str, position: int, kind: str) -> dict[str, Any]:
    """Return the row of a step that has not started. row: of its pipeline."""
    return {
        **{column: row[column] for column in ("run_seq", "workspace_id", "root_id")},
        "name": name,
        "position": position,
        "path": f"{row['path']}/{name}" if row["path"] else name,
        "kind": kind,
        "state": repository.WAITING,
        "slot": "",
    }
