"""A run to record on."""

from sqlalchemy import insert, select

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.experiments.tables import experiments, runs


def a_run(ctx: Context, experiment: str = "first") -> tuple[str, int]:
    """Make a running run; returns its id and seq."""
    now = ctx.clock.now()
    with ctx.db.begin() as tx:
        number = tx.execute(select(experiments.c.number).where(experiments.c.name == experiment)).scalar()
        if number is None:
            values = {"workspace_id": ctx.workspace_id, "name": experiment, "tags": {}, "artifact_location": ""}
            made = tx.execute(insert(experiments).values(**values, created_at=now, updated_at=now))
            number = made.inserted_primary_key[0]
        run_id = new_id()
        row = {"id": run_id, "workspace_id": ctx.workspace_id, "experiment": number, "state": "Running"}
        seq = tx.execute(insert(runs).values(**row, created_at=now)).inserted_primary_key[0]
    return run_id, seq
