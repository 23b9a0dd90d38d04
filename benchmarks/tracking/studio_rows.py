"""Fills a studio's database with the runs of `fill.a_run`, straight in SQL: 100,000 in about a minute."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fill import EXPERIMENT, START, a_run
from sqlalchemy import insert, select

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.experiments import keys, repository
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import metric_latest, metrics, params, run_tags
from studiolo.testing.context import context_in, make_services

PIECE = 2000


def fill(home: Path, database_url: str, count: int, experiments: int = 1) -> list[str]:
    """Add runs, dealt to the experiments in turn; returns the ids of these."""
    services = make_services(home, database_url=database_url)
    ctx = context_in(services)
    names = [EXPERIMENT if experiments == 1 else f"{EXPERIMENT} {n}" for n in range(experiments)]
    with ctx.db.begin() as tx:
        found = [repository.experiment_number(tx, ctx, name) for name in names]
    for start in range(0, count, PIECE):
        _insert(ctx, found, range(start, min(count, start + PIECE)))
    services.db.close()
    return [str(number) for number in found]


def _insert(ctx: Context, experiments: list[int], part: range) -> None:
    begun = datetime.fromtimestamp(START / 1000, UTC)
    rows: list[dict[str, Any]] = []
    for n in part:
        moment = begun + timedelta(milliseconds=n)
        rows.append(
            {"id": new_id(), "workspace_id": ctx.workspace_id, "experiment": experiments[n % len(experiments)]}
            | {"name": f"run-{n}", "state": "Completed", "user": "me", "created_at": moment, "started_at": moment}
            | {"ended_at": moment + timedelta(seconds=1)}
        )
    made = [a_run(n) for n in part]
    with ctx.db.begin() as tx:
        tx.execute(insert(runs), rows)
        ids = [row["id"] for row in rows]
        seq = {row.id: row.seq for row in tx.execute(select(runs.c.id, runs.c.seq).where(runs.c.id.in_(ids)))}
        numbers = keys.intern(tx, ctx, {name for texts in made for kind in texts for name in kind})
        values: dict[Any, list[dict[str, Any]]] = {params: [], run_tags: [], metrics: [], metric_latest: []}
        for run_id, n, (given, measured, tags) in zip(ids, part, made, strict=True):
            own = {"run": seq[run_id]}
            for table, texts in ((params, given), (run_tags, tags)):
                values[table] += [own | {"key": numbers[k], "value": v, "head": v} for k, v in texts.items()]
            for key, value in measured.items():
                point = own | {"key": numbers[key], "step": 0, "ts": START + n, "value": value, "nan": 0}
                values[metrics].append(point)
                extremes = {"low": value, "low_step": 0, "high": value, "high_step": 0, "points": 1}
                values[metric_latest].append(point | extremes)
        for table, found in values.items():
            tx.execute(insert(table), found)
