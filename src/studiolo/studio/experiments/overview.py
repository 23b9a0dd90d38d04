"""What pages read of runs: summaries, tables, thinned histories."""

import math
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.experiments import catalog, client_runs, keys, logged, recycling, repository, series, tracking
from studiolo.studio.experiments import service as verbs
from studiolo.studio.experiments.metrics import Latest, latest_of
from studiolo.studio.experiments.packing import Columns
from studiolo.studio.experiments.schemas import (
    ExperimentSummary,
    InputDataset,
    LoggedModel,
    Metric,
    RunOverview,
    Series,
)
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import input_datasets, run_inputs

MAX_POINTS = 2000
MAX_SERIES = 50


def list_experiments(
    ctx: Context, cursor: str | None = None, limit: int = 100, lifecycle: str = "active"
) -> Page[ExperimentSummary]:
    """Return a page of experiments, newest first, with the number of their runs."""
    after = decode(cursor, 1)
    limit = bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.list_experiments(tx, ctx.workspace_id, int(after[0]) if after else None, limit + 1, lifecycle)
        counts = catalog.run_counts(tx, [row.number for row in rows[:limit]])
    items = [
        ExperimentSummary(**repository.to_experiment(row).model_dump(), runs=counts.get(row.number, 0))
        for row in rows[:limit]
    ]
    items = recycling.dated(ctx, items)
    return Page(items=items, next=encode(rows[limit - 1].number) if len(rows) > limit else None)


def get_experiment(ctx: Context, experiment_id: str) -> ExperimentSummary:
    """Return an experiment by its id."""
    with ctx.db.read() as tx:
        row = catalog.find(tx, ctx, experiment_id)
        counts = catalog.run_counts(tx, [row.number])
    found = ExperimentSummary(**repository.to_experiment(row).model_dump(), runs=counts.get(row.number, 0))
    return recycling.dated(ctx, [found])[0]


def overview(ctx: Context, run_id: str) -> RunOverview:
    """Return a run with what was recorded on it."""
    with ctx.db.read() as tx:
        row = verbs.row(tx, ctx, run_id)
        seq = row.seq
        return RunOverview(
            run=recycling.dated(ctx, [repository.to_run(row)])[0],
            params=tracking.params_of(tx, [seq]).get(seq, {}),
            metrics=[to_metric(item) for item in latest_of(tx, [seq]).get(seq, [])],
            tags=tracking.tags_of(tx, [seq]).get(seq, {}),
            inputs=_inputs(tx, seq),
            models=[LoggedModel.model_validate(it, from_attributes=True) for it in logged.outputs(tx, seq)],
            children=tx.execute(select(func.count()).where(runs.c.parent_id == run_id)).scalar_one(),
        )


def history(ctx: Context, run_id: str, names: Sequence[str], limit: int = MAX_POINTS) -> list[Series]:
    """Return the histories of metrics, each thinned to at most `limit` logged points that keep its peaks."""
    if len(names) > MAX_SERIES:
        raise Invalid(f"At most {MAX_SERIES} metrics at once; {len(names)} were asked for.", field="key")
    limit = max(4, min(limit, MAX_POINTS))
    with ctx.db.read() as tx:
        run = client_runs.find(tx, ctx, run_id)
        numbers = keys.known(tx, names)
        found = series.read(tx, run.seq, sorted(numbers.values()))
    return [
        _series(name, found.get(numbers[name], series.NOTHING), limit)
        for name in dict.fromkeys(names)
        if name in numbers
    ]


def to_metric(item: Latest) -> Metric:
    """Make the noun of a stored summary."""
    return Metric(
        key=item.key,
        value=_finite(item.value),
        special=_special(item.value),
        step=item.step,
        timestamp=item.timestamp,
        low=_finite(item.low),
        low_special=_special(item.low),
        low_step=item.low_step,
        high=_finite(item.high),
        high_special=_special(item.high),
        high_step=item.high_step,
        points=item.points,
    )


def _special(value: float | None) -> str | None:
    if value is None or math.isfinite(value):
        return None
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _series(name: str, columns: Columns, limit: int) -> Series:
    shown = series.thinned(columns, limit)
    return Series(
        key=name,
        steps=shown.steps.tolist(),
        timestamps=shown.stamps.tolist(),
        values=[_finite(value) for value in shown.values.tolist()],
        total=len(columns.steps),
    )


def _inputs(tx: Connection, seq: int) -> list[InputDataset]:
    d = input_datasets.c
    query = select(d.name, d.digest, d.source_type, run_inputs.c.tags).join(run_inputs, run_inputs.c.dataset == d.id)
    return [
        InputDataset(
            name=row.name,
            digest=row.digest,
            source_type=row.source_type,
            context=row.tags.get("mlflow.data.context"),
        )
        for row in tx.execute(query.where(run_inputs.c.run == seq).order_by(d.id))
    ]
