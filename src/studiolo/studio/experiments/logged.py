"""Logged models as the registry and the page of a run see them: where their files are."""

from typing import NamedTuple

from sqlalchemy import Connection, Select, bindparam, select

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments.errors import LoggedModelNotFound
from studiolo.studio.experiments.tracking_tables import logged_models, run_models

MODELS = "models:/"  # no path of an artifact begins so: it would be an address


class Logged(NamedTuple):
    """A logged model. experiment: number of the experiment that has it."""

    experiment: int
    id: str
    source_run_id: str | None


class Output(NamedTuple):
    """A model that a run logged. path: of its files in the run; folder: in the workspace's artifacts; last: of its name."""

    id: str
    name: str
    status: str
    model_type: str | None
    step: int
    path: str
    folder: str
    last: bool


def outputs(tx: Connection, run_seq: int) -> list[Output]:
    """Return the models that a run logged, in order of step; of a name the last has the path `models:/<name>`.

    Those before it, as checkpoints are, have `models:/m-<id>`.
    """
    m = logged_models.c
    query = select(m.id, m.name, m.experiment, m.status, m.model_type, run_models.c.step)
    query = query.join(run_models, run_models.c.model_id == m.id)
    query = query.where(run_models.c.run == run_seq, run_models.c.direction == "output", m.lifecycle == "active")
    rows = tx.execute(query.order_by(run_models.c.step, m.created_at, m.id)).all()
    newest = {row.name: row.id for row in rows}
    return [
        Output(
            row.id,
            row.name,
            row.status,
            row.model_type or None,
            row.step,
            f"{MODELS}{row.name if newest[row.name] == row.id else row.id}",
            artifacts.model_root(row.experiment, row.id),
            newest[row.name] == row.id,
        )
        for row in rows
    ]


_BY_ID = Prepared(
    select(logged_models.c.experiment, logged_models.c.id, logged_models.c.source_run_id).where(
        logged_models.c.workspace_id == bindparam("workspace_id"),
        logged_models.c.lifecycle == bindparam("lifecycle"),
        logged_models.c.id == bindparam("model_id"),
    )
)


def _query(ctx: Context) -> Select[tuple[int, str, str | None]]:
    m = logged_models.c
    active = (m.workspace_id == ctx.workspace_id, m.lifecycle == "active")
    return select(m.experiment, m.id, m.source_run_id).where(*active)


def find(tx: Connection, ctx: Context, model_id: str) -> Logged:
    """Return a logged model; raises LoggedModelNotFound."""
    row = _BY_ID.first(tx, {"workspace_id": ctx.workspace_id, "lifecycle": "active", "model_id": model_id})
    if row is None:
        raise LoggedModelNotFound(model_id)
    return Logged(row.experiment, row.id, row.source_run_id)


def of_run(tx: Connection, ctx: Context, run_id: str, name: str) -> Logged | None:
    """Return the newest model that a run logged under a name, None when there is none."""
    query = _query(ctx).where(logged_models.c.source_run_id == run_id, logged_models.c.name == name)
    row = tx.execute(query.order_by(logged_models.c.created_at.desc(), logged_models.c.id.desc()).limit(1)).first()
    return Logged(row.experiment, row.id, row.source_run_id) if row else None
