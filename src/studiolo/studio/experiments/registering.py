"""Outputs of jobs that become datasets or models: noted when the job is submitted, ready when it has completed.

The slices above take what is ready: datasets the data, models the models. Each taking is safe to repeat. What a job of its own
registers is `under_way` until that job has ended.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments.job_schemas import JobOutput
from studiolo.studio.experiments.outputs_tables import run_outputs as table
from studiolo.studio.experiments.schemas import JobSpec, OutputState
from studiolo.studio.experiments.tables import runs

DATA = frozenset({"uri_file", "uri_folder", "mltable"})
_UNDER_WAY = "registering"
MODELS = frozenset({"mlflow_model", "custom_model", "triton_model"})


class Ready(NamedTuple):
    """An output of a completed job. user: who submitted it; path: of its files in the run."""

    run_seq: int
    run_id: str
    name: str
    type: str
    asset: str
    version: str
    description: str
    user: str

    @property
    def path(self) -> str:
        """Where its files are among those of the run."""
        return self.name


def note(tx: Connection, ctx: Context, seq: int, run_id: str, spec: JobSpec) -> None:
    """Write down, with the job, which of its outputs will be registered."""
    note_outputs(tx, ctx, seq, run_id, spec.outputs)


def note_outputs(tx: Connection, ctx: Context, seq: int, run_id: str, outputs: Mapping[str, JobOutput]) -> None:
    """Write down which of the outputs of a run will be registered."""
    rows = [
        {
            "run_seq": seq,
            "name": name,
            "workspace_id": ctx.workspace_id,
            "run_id": run_id,
            "type": given.type,
            "asset": given.name,
            "version": given.version,
            "description": given.description,
            "state": "waiting",
            "reference": "",
            "error": "",
        }
        for name, given in outputs.items()
        if given.name
    ]
    if rows:
        tx.execute(insert(table), rows)


def ended(tx: Connection, seq: int, *, completed: bool) -> None:
    """Say in the transaction that ends a job whether its outputs may be registered."""
    _ENDED.run(tx, {"of_seq": seq, "state": "ready" if completed else "dropped"})


_ENDED = Prepared(
    update(table)
    .where(table.c.run_seq == bindparam("of_seq"), table.c.state == "waiting")
    .values(state=bindparam("state"))
)


@cache
def _ready(types: tuple[str, ...]) -> Prepared:  # asked at every tick
    query = (
        select(
            table.c.run_seq,
            table.c.run_id,
            table.c.name,
            table.c.type,
            table.c.asset,
            table.c.version,
            table.c.description,
            runs.c.user,
        )
        .join(runs, runs.c.seq == table.c.run_seq)
        .where(table.c.workspace_id == bindparam("workspace_id"), table.c.state == "ready", table.c.type.in_(types))
        .order_by(table.c.run_seq, table.c.name)
        .limit(50)
    )
    return Prepared(query)


def ready(ctx: Context, types: Collection[str]) -> list[Ready]:
    """Return at most 50 outputs of some types that can be registered now, oldest first."""
    with ctx.db.glance() as tx:
        return [Ready(*row) for row in _ready(tuple(sorted(types))).all(tx, {"workspace_id": ctx.workspace_id})]


def settle(tx: Connection, ctx: Context, output: Ready, *, reference: str = "", error: str = "") -> None:
    """Say what an output became, or why it did not."""
    _settle(tx, ctx, (output.run_seq, output.run_id, output.name), reference, error)


def _settle(tx: Connection, ctx: Context, output: tuple[int, str, str], reference: str, error: str) -> None:
    seq, run_id, name = output
    change = update(table).where(table.c.run_seq == seq, table.c.name == name)
    tx.execute(change.values(state="failed" if error else "registered", reference=reference, error=error[:2000]))
    ctx.events.emit(tx, "run.updated", run_id, {"output": name})


def under_way(tx: Connection, output: Ready, registration: str) -> None:
    """Say which job registers an output: its end settles it."""
    change = update(table).where(table.c.run_seq == output.run_seq, table.c.name == output.name)
    tx.execute(change.values(state=_UNDER_WAY, reference=_by(registration)))


def settle_by(tx: Connection, ctx: Context, registration: str, *, reference: str = "", error: str = "") -> None:
    """Settle the outputs that a job registered, now that it has ended; there are none for one that a person asked for."""
    query = select(table.c.run_seq, table.c.run_id, table.c.name).where(
        table.c.workspace_id == ctx.workspace_id,
        table.c.state == _UNDER_WAY,
        table.c.reference == _by(registration),
    )
    for seq, run_id, name in tx.execute(query).all():
        _settle(tx, ctx, (seq, run_id, name), reference, error)


def _by(registration: str) -> str:
    return f"registration:{registration}"


def of_run(tx: Connection, seq: int) -> dict[str, OutputState]:
    """Return how the outputs of a run stand that are registered, by name; one that is under way is shown as ready."""
    query = select(table.c.name, table.c.asset, table.c.state, table.c.reference, table.c.error)
    found = {}
    for row in tx.execute(query.where(table.c.run_seq == seq).order_by(table.c.name)):
        waits = row.state == _UNDER_WAY
        state, reference = ("ready", "") if waits else (row.state, row.reference)
        found[row.name] = OutputState(name=row.name, asset=row.asset, state=state, reference=reference, error=row.error)
    return found
