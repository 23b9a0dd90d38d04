"""How the steps of a run stand, for who looks: rows of the tree, and of those under way what their runs say."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.experiments import led
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import Artifact, Run
from studiolo.studio.pipelines import bindings, giving, held, loops, plans, repository, starting
from studiolo.studio.pipelines.errors import OutputNotFound, StepNotFound
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import Graph, Reuse, Settings, Step, StepDetail, StepInput, StepState

_MOST_LISTED = 10_000


def all_(ctx: Context, row: Any) -> list[StepState]:
    """Return the steps of a pipeline and of those nested in it, each before what is in it."""
    with ctx.db.read() as tx:
        pipelines, rows = repository.tree(tx, ctx, row.root_id)
    owners = {one.run_seq: _Owner(ctx, one) for one in pipelines}
    under = f"{row.path}/" if row.path else ""
    mine = [one for one in rows if one.path.startswith(under)]
    runs, tries = _runs_of(ctx, mine)
    children: dict[int, list[Any]] = {}
    for one in mine:
        children.setdefault(one.run_seq, []).append(one)
    nested = {one.path: one.run_seq for one in pipelines}
    found: list[StepState] = []

    def walk(seq: int) -> None:
        for one in children.get(seq, []):
            found.append(_state(owners[seq], one, runs.get(one.run_id or ""), tries))
            inner = nested.get(one.path)
            if inner is not None and inner != seq:
                walk(inner)

    walk(row.run_seq)
    return found


def _runs_of(ctx: Context, rows: Sequence[Any]) -> tuple[dict[str, Run], dict[str, int]]:
    """Return the runs of steps under way, and how often the jobs of the others were started, by run."""
    under = [row.run_id for row in rows if row.run_id and row.state == repository.UNDER_WAY]
    over = [row.run_id for row in rows if row.run_id and row.state != repository.UNDER_WAY]
    with ctx.db.read() as tx:
        tries = led.attempts(tx, over) if over else {}
    return experiments.some(ctx, under) if under else {}, tries


class _Owner:
    """The pipeline that steps are of, with what is the same for all of them."""

    def __init__(self, ctx: Context, row: Any) -> None:
        self.row = row
        self.plan = plans.of(ctx, row.definition, loops.turns(row.items, 0))
        self.needs = {node.name: node.needs for node in self.plan.nodes}
        self.settings = Settings.model_validate(row.settings)
        self.nothing = giving.Around(ctx.blobs, Graph(), {}, {})

    def before(self, name: str) -> list[str]:
        """Return the steps that a step waits for; of a loop, the turn before."""
        if loops.is_one(self.row.items):
            return [str(int(name) - 1)] if int(name) else []
        return list(self.needs[name])

    def compute(self, step: Step) -> str:
        """Return where a step is to run, empty where that is not known before."""
        if step.automl is not None:
            return "local"
        known = step.task is not None and not bindings.refs(step.compute)
        return giving.compute(step, self.settings, self.nothing) if known else ""


def _state(of: _Owner, row: Any, run: Run | None, tries: Mapping[str, int]) -> StepState:
    """run: of one that is under way; tries: how often the jobs of others were started, by run."""
    owner, step = of.row, of.plan.step(row.name)
    at = f"{owner.path}/" if owner.path else ""
    ended = row.ended_at if run is None else run.ended_at
    started = row.started_at if run is None else run.started_at
    return StepState(
        path=row.path,
        name=row.name,
        title=step.title,
        parent=owner.path,
        kind=row.kind,
        state=run.state if run is not None else row.state,
        component=step.component,
        needs=[f"{at}{other}" for other in of.before(row.name)],
        run_id=row.run_id,
        pipeline_id=owner.run_id,
        origin_run_id=row.origin_run_id,
        outcome=(row.reuse or {}).get("outcome", ""),
        failure=run.failure if run is not None else row.failure,
        error=run.error if run is not None else row.error,
        waits_for=_waits(run, row),
        compute=(run.compute if run is not None else None) or of.compute(step),
        attempt=run.attempt if run is not None else tries.get(row.run_id or "", 0),
        started_at=started,
        ended_at=ended,
        seconds=starting.seconds(started, ended),
    )


def _waits(run: Run | None, row: Any) -> str | None:
    if run is not None:
        return run.waits_for
    why = row.reuse or {}
    return str(why["text"]) if row.state == repository.WAITING and why.get("outcome") == "waits" else None


def one(ctx: Context, row: Any, path: str) -> StepDetail:
    """Return everything about a step; raises StepNotFound."""
    owner, found = find(ctx, row, path)
    runs, tries = _runs_of(ctx, [found])
    of = _Owner(ctx, owner)
    return StepDetail(
        state=_state(of, found, runs.get(found.run_id or ""), tries),
        step=of.plan.step(found.name),
        inputs=[StepInput.model_validate(item) for item in found.inputs or []],
        outputs={name: held.content(value) for name, value in starting.outputs_of(found).items()},
        reuse=Reuse.model_validate(found.reuse) if found.reuse else None,
        key=found.key or "",
        parts=found.parts or {},
    )


def parts(ctx: Context, row: Any) -> dict[str, dict[str, str]]:
    """Return what the key of each step is made of, by path; steps that have no key yet are left out."""
    with ctx.db.read() as tx:
        rows = repository.tree(tx, ctx, row.root_id)[1]
    under = f"{row.path}/" if row.path else ""
    return {one.path: one.parts for one in rows if one.parts and one.path.startswith(under)}


def find(ctx: Context, row: Any, path: str) -> tuple[Any, Any]:
    """Return the pipeline and the row of a step, or raise StepNotFound; the path counts from the topmost pipeline, or from this one."""
    with ctx.db.read() as tx:
        found = repository.step_by_path(tx, ctx, row.root_id, path)
        if found is None and row.path:
            found = repository.step_by_path(tx, ctx, row.root_id, f"{row.path}/{path}")
        if found is None:
            raise StepNotFound(path, [one.path for one in repository.tree(tx, ctx, row.root_id)[1]])
        return repository.by_seq(tx, found.run_seq), found


def _output(ctx: Context, row: Any, path: str, output: str) -> Held:
    made = starting.outputs_of(find(ctx, row, path)[1])
    if output not in made:
        raise OutputNotFound(output, list(made))
    return made[output]


def files(ctx: Context, row: Any, path: str, output: str, folder: str) -> list[Artifact]:
    """Return what lies directly below a folder of an output, at most ten thousand entries."""
    folder = folder.strip("/")
    prefix = f"{folder}/" if folder else ""
    found: dict[str, Artifact] = {}
    for entry in held.entries(ctx.blobs, _output(ctx, row, path, output)):
        if not entry.path.startswith(prefix):
            continue
        name, slash, _ = entry.path[len(prefix) :].partition("/")
        full = f"{prefix}{name}"
        if full not in found:
            found[full] = (
                Artifact(path=full, is_dir=True)
                if slash
                else Artifact(path=full, is_dir=False, size=entry.size, digest=entry.digest)
            )
        if len(found) >= _MOST_LISTED:
            break
    return [found[name] for name in sorted(found)]


def file(ctx: Context, row: Any, path: str, output: str, name: str) -> tuple[Path, str]:
    """Return a local file with the content of one of an output, and its name."""
    entries = held.entries(ctx.blobs, _output(ctx, row, path, output))
    entry = next((entry for entry in entries if entry.path == name), None)
    if entry is None or entry.digest is None:
        raise OutputNotFound(name, [entry.path for entry in entries])
    return ctx.blobs.path(entry.digest), entry.path.rpartition("/")[2]
