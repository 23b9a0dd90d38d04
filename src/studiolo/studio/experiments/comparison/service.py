"""What runs recorded, side by side."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.studio.experiments import run_search, tracking
from studiolo.studio.experiments.comparison import selections
from studiolo.studio.experiments.comparison.schemas import (
    ComparedRun,
    CompareRequest,
    MetricRow,
    RunComparison,
    Statistic,
    TextRow,
)
from studiolo.studio.experiments.comparison.selections import distinct
from studiolo.studio.experiments.metrics import Amounts, amounts_of
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import input_datasets, run_inputs

SHOWN = 500  # characters of a value
SYSTEM = "mlflow."


def compare(ctx: Context, wanted: CompareRequest) -> RunComparison:
    """Return runs with what they recorded as rows, one value per run, in the order they were named.

    Raises TooManyRuns above 200 different ones. Runs in the bin are compared too; ids without a run are told.
    """
    named = distinct(wanted.run_ids if wanted.selection is None else selections.get(ctx, wanted.selection).run_ids)
    with ctx.db.read() as tx:
        rows = found(tx, ctx, named)
        seqs = [row.seq for row in rows]
        params, tags = tracking.params_of(tx, seqs), tracking.tags_of(tx, seqs)
        (amounts, names), datasets = amounts_of(tx, seqs), _datasets(tx, seqs)
    own = {
        seq: {key: value for key, value in of.items() if wanted.system_tags or not key.startswith(SYSTEM)}
        for seq, of in tags.items()
    }
    here = {row.id for row in rows}
    return RunComparison(
        runs=[_head(ctx, row, tags.get(row.seq, {}), datasets.get(row.seq, [])) for row in rows],
        params=text_rows(seqs, params),
        metrics=_metric_rows(seqs, amounts, names, wanted.statistic),
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


def _metric_rows(
    order: Sequence[int], found: Sequence[Amounts], names: Mapping[int, str], only: Statistic | None
) -> list[MetricRow]:
    at = {seq: n for n, seq in enumerate(order)}
    lasts, lows, highs = (_empty(names, len(order)) for _ in range(3))
    longest = dict.fromkeys(names, 0)
    for run, key, value, nan, low, high, points in found:
        n = at[run]
        lasts[key][n] = math.nan if nan else value
        lows[key][n], highs[key][n] = low, high
        longest[key] = max(longest[key], points)
    rows = []
    for key in sorted(names, key=names.__getitem__):
        last, special = _told(lasts[key])
        # NaN is not equal to itself: two runs that both came to nothing do not differ
        values = {*last, *special.values()} if special else set(last)
        if special and None not in lasts[key]:
            values.discard(None)
        row = MetricRow(key=names[key], points=longest[key], differs=len(values) > 1)
        if only in (None, "last"):
            row.last, row.special = last, special
        if only in (None, "low"):
            row.low, row.low_special = _told(lows[key])
        if only in (None, "high"):
            row.high, row.high_special = _told(highs[key])
        rows.append(row)
    return rows


def _empty(names: Iterable[int], many: int) -> dict[int, list[float | None]]:
    return {key: [None] * many for key in names}


def _told(values: list[float | None]) -> tuple[list[float | None], dict[int, str]]:
    special = {n: _special(v) for n, v in enumerate(values) if v is not None and not math.isfinite(v)}
    return ([None if n in special else v for n, v in enumerate(values)] if special else values), special


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
