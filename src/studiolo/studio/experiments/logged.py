"""Logged models as the registry sees them: where their files are."""

from typing import NamedTuple

from sqlalchemy import Connection, Select, select

from studiolo.kernel.context import Context
from studiolo.studio.experiments.errors import LoggedModelNotFound
from studiolo.studio.experiments.tracking_tables import logged_models


class Logged(NamedTuple):
    """A logged model. experiment: number of the experiment that has it."""

    experiment: int
    id: str
    source_run_id: str | None


def _query(ctx: Context) -> Select[tuple[int, str, str | None]]:
    m = logged_models.c
    active = (m.workspace_id == ctx.workspace_id, m.lifecycle == "active")
    return select(m.experiment, m.id, m.source_run_id).where(*active)


def find(tx: Connection, ctx: Context, model_id: str) -> Logged:
    """Return a logged model; raises LoggedModelNotFound."""
    row = tx.execute(_query(ctx).where(logged_models.c.id == model_id)).first()
    if row is None:
        raise LoggedModelNotFound(model_id)
    return Logged(row.experiment, row.id, row.source_run_id)


def of_run(tx: Connection, ctx: Context, run_id: str, name: str) -> Logged | None:
    """Return the newest model that a run logged under a name, None when there is none."""
    query = _query(ctx).where(logged_models.c.source_run_id == run_id, logged_models.c.name == name)
    row = tx.execute(query.order_by(logged_models.c.created_at.desc(), logged_models.c.id.desc()).limit(1)).first()
    return Logged(row.experiment, row.id, row.source_run_id) if row else None
