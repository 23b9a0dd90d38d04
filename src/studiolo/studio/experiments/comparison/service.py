"""What runs recorded, side by side."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.studio.experiments import run_search, tracking
from studiolo.studio.experiments.comparison.schemas import (
    ComparedRun,
    CompareRequest,
    MetricRow,
    RunComparison,
    TextRow,
)
from studiolo.studio.experiments.comparison.selections import distinct
from studiolo.studio.experiments.metrics import Latest, latest_of
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import input_datasets, run_inputs

SHOWN = 500  # characters of a value
SYSTEM = "mlflow."


def compare(ctx: Context, wanted: CompareRequest) -> RunComparison:
    """Return runs with what they recorded as rows, one value per run, in the order they were named.

    Raises TooManyRuns above 200 different ones. Runs in the bin are compared too; ids without a run are told.
    """
    named = distinct(wanted.run_ids)
    with ctx.db.read() as tx:
        rows = found(tx, ctx, named)
        seqs = [row.seq for row in rows]
        params, tags = tracking.params_of(tx, seqs), tracking.tags_of(tx, seqs)
        latest, datasets = latest_of(tx, seqs), _datasets(tx, seqs)
    own = {
        seq: {key: value for key, value in of.items() if wanted.system_tags or not key.startswith(SYSTEM)}
        for seq, of in tags.items()
    }
    here = {row.id for row in rows}
    return RunComparison(
        runs=[_head(ctx, row, tags.get(row.seq, {}), datasets.get(row.seq, [])) for row in rows],
        params=text_rows(seqs, params),
        metrics=_metric_rows(seqs, latest),
        tags=text_rows(seqs, own),
        missing=[run_id for run_id in named if run_id not in here],
        duplicates=sorted({run_id for run_id in named if wanted.run_ids.count(run_id) > 1}),
    )


def found(tx: Connection, ctx: Context, run_ids: Sequence[str]) -> list[Any]:
    """Return the rows of those runs that are there, in the order they were named."""
    query = run_search.RUN_ROWS.where(runs.c.workspace_id == ctx.workspace_id, runs.c.id.in_(run_ids))
    by_id = {row.id: row for row in tx.execute(query)}
    return [by_id[run_id] for run_id in run_ids if run_id in by_id]


def text_rows(order: Sequence[int], values: Mapping[int, Mapping[str, str]]) -> list[TextRow]:
    """Turn texts by run into rows by key, in order of key."""
    rows = []
    for key in sorted({key for of in values.values() for key in of}):
        row = [values.get(seq, {}).get(key) for seq in order]
        rows.append(TextRow(key=key, values=[_short(value) for value in row], differs=len(set(row)) > 1))
    return rows


def _short(value: str | None) -> str | None:
    return value if value is None or len(value) <= SHOWN else f"{value[:SHOWN]}…"


def _metric_rows(order: Sequence[int], latest: Mapping[int, Sequence[Latest]]) -> list[MetricRow]:
    by_run = {seq: {item.key: item for item in items} for seq, items in latest.items()}
    rows = []
    for key in sorted({key for items in by_run.values() for key in items}):
        items = [by_run.get(seq, {}).get(key) for seq in order]
        last = [item.value if item else None for item in items]
        low, high = ([getattr(item, name) if item else None for item in items] for name in ("low", "high"))
        # NaN is not equal to itself: two runs that both came to nothing do not differ
        distinct_values = {"NaN" if value is not None and math.isnan(value) else value for value in last}
        rows.append(
            MetricRow(
                key=key,
                last=[_finite(value) for value in last],
                low=[_finite(value) for value in low],
                high=[_finite(value) for value in high],
                special=_specials(last),
                low_special=_specials(low),
                high_special=_specials(high),
                points=max(item.points for item in items if item),
                differs=len(distinct_values) > 1,
            )
        )
    return rows


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _specials(values: Sequence[float | None]) -> dict[int, str]:
    return {n: _special(v) for n, v in enumerate(values) if v is not None and not math.isfinite(v)}


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _head(ctx: Context, row: Any, tags: Mapping[str, str], datasets: list[str]) -> ComparedRun:
    started = row.started_at or row.created_at
    ended = row.ended_at or (None if row.state in TERMINAL else ctx.clock.now())
    return ComparedRun(
        id=row.id,
        name=row.name,
        experiment=row.experiment_name,
        experiment_id=str(row.experiment),
        parent_id=row.parent_id,
        kind=row.kind,
        state=row.state,
        lifecycle=row.lifecycle,
        user=row.user,
        started_at=started,
        duration_s=(ended - started).total_seconds() if ended and row.started_at else None,
        source=tags.get("mlflow.source.name"),
        commit=tags.get("mlflow.source.git.commit"),
        datasets=datasets,
    )


def _datasets(tx: Connection, seqs: Sequence[int]) -> dict[int, list[str]]:
    d = input_datasets.c
    query = select(run_inputs.c.run, d.name, d.digest).join(run_inputs, run_inputs.c.dataset == d.id)
    of: dict[int, list[str]] = {}
    for run, name, digest in tx.execute(query.where(run_inputs.c.run.in_(seqs)).order_by(d.name, d.digest)):
        of.setdefault(run, []).append(f"{name} ({digest[:8]})")
    return of
