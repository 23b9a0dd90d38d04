"""The verbs of AutoML: submit a run, and read what it has found so far."""

import sys
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid, NotFound
from studiolo.kernel.paging import Page
from studiolo.kernel.plugins import find
from studiolo.studio.automl import metric_names
from studiolo.studio.automl.budget import SMALLEST
from studiolo.studio.automl.errors import (
    BudgetTooSmall,
    NotAutoML,
    TargetMissing,
    TargetUnusable,
    UnknownChoice,
    UnknownMetric,
)
from studiolo.studio.automl.learners.base import LearnerSpec
from studiolo.studio.automl.schemas import (
    AutoMLRun,
    AutoMLSpec,
    Columns,
    Guardrail,
    Importance,
    Leaderboard,
    Learner,
    Options,
    Summary,
    TaskOptions,
)
from studiolo.studio.compute import service as compute
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.errors import ProfileNotReady
from studiolo.studio.datasets.schemas import DatasetVersion
from studiolo.studio.experiments import lineage, tracking
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import JobSpec, Resources, Run, State
from studiolo.studio.models import service as models
from studiolo.studio.models.names import check_name

KIND = "automl"
EXPERIMENT = "AutoML"
LEARNERS = "studiolo.studio.automl.learners"
MODEL_ERROR = "studiolo.model_error"  # tag of a run whose model could not be registered
OF_PIPELINE = (
    "of_pipeline"  # key of a job's context: its model is an output of a step, registered only where that says a name
)
Document = TypeVar("Document", bound=BaseModel)


def options(ctx: Context) -> Options:
    """Return what a form may offer."""
    learners = [module.SPEC for module in find(LEARNERS, LearnerSpec).values()]
    return Options(
        tasks=[
            TaskOptions(task=task, metrics=list(names), default_metric=metric_names.DEFAULT[task])
            for task, names in metric_names.NAMES.items()
        ],
        learners=[
            Learner(name=spec.name, title=spec.title, tasks=list(spec.tasks), missing=spec.missing())
            for spec in learners
        ],
        smallest_time_limit=SMALLEST,
        cores=compute.capacity(ctx, "local").cores,
    )


def submit(ctx: Context, spec: AutoMLSpec) -> AutoMLRun:
    """Queue an AutoML run on a dataset version.

    Raises what is wrong with the spec before anything is made: DatasetNotFound, TargetMissing, TargetUnusable (as far as the
    profile tells), UnknownMetric, UnknownChoice, BudgetTooSmall.
    """
    made = ready(ctx, spec)
    with ctx.db.begin() as tx:
        run = begin(tx, ctx, made)
    experiments.hurry(ctx)
    return _assemble(ctx, run, made)


def ready(ctx: Context, spec: AutoMLSpec, tags: Mapping[str, str] | None = None) -> JobSpec:
    """Return the job of a run that can begin now; raises as `submit`."""
    spec = _settled(spec)
    version = datasets.resolve(ctx, spec.dataset)
    _check(ctx, spec, version)
    part = datasets.part_inputs(ctx, version.name, version.version, spec.split)
    used = f"{version.reference}@{spec.split}" if part else version.reference
    job = JobSpec(
        experiment=spec.experiment or EXPERIMENT,
        name=spec.name or f"{spec.target} of {used}",
        kind=KIND,
        command=[sys.executable, "-m", "studiolo.studio.automl.jobs"],
        inputs={"data": datasets.as_input(ctx, version), **part},
        secrets=datasets.secrets(version),
        env={"STUDIOLO_AUTOML": spec.model_dump_json(), "STUDIOLO_AUTOML_AT": str(ctx.clock.now().timestamp())},
        resources=resources(ctx, spec),
        params={"dataset": version.reference} | ({"split": spec.split} if part else {}),
        tags=dict(tags or {}),
        context={"spec": spec.model_dump(mode="json"), "dataset": used},
    )
    experiments.admit(ctx, job)
    return job


def resources(ctx: Context, spec: AutoMLSpec) -> Resources:
    """Return what a run asks of the machine."""
    have = compute.capacity(ctx, "local").cores
    # one core's place is left for short jobs, such as the profile of the next dataset; the trials may still use it
    return Resources(cores=max(1, min(spec.cores or have, have) - 1))


def begin(tx: Connection, ctx: Context, job: JobSpec) -> Run:
    """Queue a run that was made ready just now, in the caller's transaction."""
    run = experiments.queue(tx, ctx, job)
    lineage.link(tx, ctx, f"dataset:{job.context['dataset']}", f"run:{run.id}")
    return run


def register(tx: Connection, ctx: Context, run: Run, job: JobSpec) -> None:
    """Register the model of a completed run, in the caller's transaction; a second time changes nothing, nor does a step's run."""
    if job.context.get(OF_PIPELINE):
        return
    name = _model_name(AutoMLSpec.model_validate(job.context["spec"]), str(job.context["dataset"]))
    board = experiments.document(ctx, run.id, "automl/summary") or {}
    tags = {"studiolo.dataset": str(job.context["dataset"]), "studiolo.kind": KIND}
    if board:
        tags |= {"studiolo.metric": str(board["metric"]), "studiolo.score": f"{board['score']:.6g}"}
    models.register(ctx, name, run.id, "model", tx=tx, tags=tags)


def note_unregistered(tx: Connection, ctx: Context, run_id: str, reason: str) -> None:
    """Keep why the model of a run is not in the registry."""
    tracking.record(tx, ctx, experiments.row(tx, ctx, run_id).seq, tags={MODEL_ERROR: reason})
    ctx.events.emit(tx, "run.updated", run_id, {"kind": KIND, "model_error": reason})


def list_runs(ctx: Context, cursor: str | None = None, limit: int = 50) -> Page[AutoMLRun]:
    """Return a page of AutoML runs, newest first."""
    states = [state for state in get_args(State) if state != "Reused"]  # a step that took a result has trained nothing
    page = experiments.list_runs(ctx, experiments.RunFilter(kinds=[KIND], states=states), cursor, limit)
    return Page(items=[_assemble(ctx, run) for run in page.items], next=page.next)


def get(ctx: Context, run_id: str) -> AutoMLRun:
    """Return an AutoML run; raises RunNotFound, NotAutoML."""
    return _assemble(ctx, experiments.get(ctx, run_id))


def leaderboard(ctx: Context, run_id: str) -> Leaderboard:
    """Return the models so far, best first; empty before the first one."""
    asked = get(ctx, run_id)
    found = _document(ctx, run_id, "leaderboard", Leaderboard)
    if found is not None:
        return found
    task = "classification" if asked.spec.task == "auto" else asked.spec.task
    metric = metric_names.full(asked.spec.metric, task)
    return Leaderboard(metric=metric, greater_is_better=metric_names.greater_is_better(metric), rows=[])


def guardrails(ctx: Context, run_id: str) -> list[Guardrail]:
    """Return the checks of the data; empty before they were made."""
    get(ctx, run_id)
    found: Mapping[str, Any] = experiments.document(ctx, run_id, "automl/guardrails") or {"items": []}
    return [Guardrail.model_validate(item) for item in found["items"]]


def columns(ctx: Context, run_id: str) -> Columns | None:
    """Return how each column is used; None before the table was read."""
    get(ctx, run_id)
    return _document(ctx, run_id, "columns", Columns)


def importance(ctx: Context, run_id: str) -> Importance | None:
    """Return which columns the served model uses; None before the end."""
    get(ctx, run_id)
    return _document(ctx, run_id, "importance", Importance)


def charts(ctx: Context, run_id: str, child: str) -> dict[str, Any] | None:
    """Return the numbers of the charts of one row of the leaderboard; None when it has none (yet)."""
    get(ctx, run_id)
    found: dict[str, Any] | None = experiments.document(ctx, run_id, f"automl/charts/{child}")
    return found


def _settled(spec: AutoMLSpec) -> AutoMLSpec:
    """Return the spec with the part of a split said in one place."""
    plain, _, part = spec.dataset.partition("@")
    if part and spec.split and part != spec.split:
        raise Invalid(
            f"'{spec.dataset[:100]}' names another part than '{spec.split[:60]}'.", "Name it once.", field="split"
        )
    return spec.model_copy(update={"dataset": plain, "split": part or spec.split})


def _check(ctx: Context, spec: AutoMLSpec, version: DatasetVersion) -> None:
    check_table(ctx, spec, version)
    check_settings(ctx, spec)
    check_name(_model_name(spec, version.reference))


def check_table(ctx: Context, spec: AutoMLSpec, version: DatasetVersion) -> None:
    """Refuse columns that a registered table does not have, and a target that its profile shows to be none."""
    names = [column.name for column in version.table.columns]
    if spec.target not in names:
        raise TargetMissing(spec.target, names)
    absent = [name for name in spec.drop if name not in names]
    if absent:
        raise UnknownChoice("drop", absent[0], names)
    _check_target(ctx, spec, version)


def check_settings(ctx: Context, spec: AutoMLSpec) -> None:
    """Refuse what is wrong whatever the table: learners and metrics that there are none of, too little time or memory."""
    learners = list(find(LEARNERS, LearnerSpec))
    for field, chosen in (("allowed", spec.allowed), ("blocked", spec.blocked)):
        unknown = [name for name in chosen if name not in learners]
        if unknown:
            raise UnknownChoice(field, unknown[0], learners)
    if spec.time_limit is None and spec.max_trials is None:
        raise BudgetTooSmall(0.0, SMALLEST)
    if spec.time_limit is not None and spec.time_limit < SMALLEST:
        raise BudgetTooSmall(spec.time_limit, SMALLEST)
    _check_metric(spec)
    compute.check(ctx, "local", spec.cores or 1, 0)


def _model_name(spec: AutoMLSpec, dataset: str) -> str:
    return spec.model or dataset.partition("@")[0].rsplit(":", 1)[0]


def _check_metric(spec: AutoMLSpec) -> None:
    tasks = ["classification", "regression"] if spec.task == "auto" else [spec.task]
    known = [name for task in tasks for name in metric_names.NAMES[task]]
    if spec.metric and metric_names.full(spec.metric, tasks[0]) not in known:
        raise UnknownMetric(spec.metric, spec.task if spec.task != "auto" else "classification or regression", known)


def _check_target(ctx: Context, spec: AutoMLSpec, version: DatasetVersion) -> None:
    """Refuse at once what the profile, when it is there, already shows."""
    try:
        profile = datasets.profile(ctx, version.name, version.version)
    except ProfileNotReady:
        return
    column = next((column for column in profile.columns if column.name == spec.target), None)
    if column is None:
        return
    if column.count == 0:
        raise TargetUnusable(spec.target, "is missing in every row", "Choose a column that is filled.")
    if column.distinct <= 1 and column.distinct_exact:
        raise TargetUnusable(
            spec.target, "has the same value in every row", "Choose a column with at least two different values."
        )
    numeric = column.type in ("integer", "number", "decimal")
    if spec.task == "regression" and not numeric:
        raise TargetUnusable(
            spec.target, f"holds {column.type}, not numbers", "Choose task classification, or another column."
        )
    if column.distinct_exact and column.distinct == column.count and (spec.task == "classification" or not numeric):
        hint = "Choose task regression for numbers, or another column."
        raise TargetUnusable(spec.target, "is different in every row: these are no classes", hint)


def _assemble(ctx: Context, run: Run, job: JobSpec | None = None) -> AutoMLRun:
    job = job or experiments.spec(ctx, run.id)
    if run.kind != KIND or job is None:
        raise NotAutoML(run.id, "reused step" if run.kind == KIND else run.kind)
    board = _document(ctx, run.id, "leaderboard", Leaderboard)
    rows = board.rows if board else []
    scored = [row for row in rows if row.score is not None]
    made = models.versions_of_run(ctx, run.id) if run.state == "Completed" else []
    error = None
    if run.state == "Completed" and not made and not job.context.get(OF_PIPELINE):
        with ctx.db.read() as tx:
            seq = experiments.row(tx, ctx, run.id).seq
            error = tracking.tags_of(tx, [seq]).get(seq, {}).get(MODEL_ERROR)
    return AutoMLRun(
        run=run,
        spec=AutoMLSpec.model_validate(job.context["spec"]),
        dataset=str(job.context["dataset"]),
        best=scored[0] if scored else None,
        trials=sum(row.kind == "trial" and row.state in ("completed", "failed") for row in rows),
        summary=_document(ctx, run.id, "summary", Summary),
        model=f"{made[-1].name}:{made[-1].version}" if made else None,
        model_error=error,
        pipeline_id=run.parent_id if job.context.get(OF_PIPELINE) else None,
    )


def _document(ctx: Context, run_id: str, name: str, schema: type[Document]) -> Document | None:
    found = experiments.document(ctx, run_id, f"automl/{name}")
    return None if found is None else schema.model_validate(found)


def not_found(run_id: str, child: str) -> NotFound:
    """Say that a row has no charts."""
    return NotFound(
        f"Row '{child[:40]}' of run {run_id} has no charts.", "Charts come when its folds are done.", field="child"
    )
