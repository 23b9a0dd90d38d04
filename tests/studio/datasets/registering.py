"""Registrations run in this process: the job's work without its process, then the controller's tick."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import update

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.runner.journal import Journal
from studiolo.studio.datasets.registration_schemas import Registration
from studiolo.studio.datasets.registrations import orders, taking
from studiolo.studio.datasets.registrations.job import Registering
from studiolo.studio.datasets.registrations.order import ORDER, PROBLEM, RESULT, Order, Result
from studiolo.studio.datastores import opening
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.schemas import DatastoreCreate
from studiolo.studio.experiments import artifacts, repository
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.tables import runs


def a_folder(ctx: Context, root: Path, name: str = "data") -> str:
    """Register a folder of this machine as a datastore."""
    root.mkdir(parents=True, exist_ok=True)
    datastores.create(ctx, DatastoreCreate(name=name, kind="local", config={"path": str(root)}))
    return name


def order_of(ctx: Context, run_id: str) -> Order:
    spec = experiments.spec(ctx, run_id)
    assert spec is not None
    return Order.model_validate_json(spec.env[ORDER])


def work_on(ctx: Context, run_id: str, folder: Path) -> Result:
    """Do what the job does; raises what it would say."""
    order = order_of(ctx, run_id)
    source: Any = order.source
    if hasattr(source, "datastore"):
        os.environ[opening.variable(source.datastore)] = datastores.for_job(ctx, source.datastore)
    work = folder / run_id
    work.mkdir(parents=True)
    return Registering(order, ctx.settings.home, work, Journal(folder / "journal.jsonl")).run()


def finish(ctx: Context, found: Registration, folder: Path) -> Registration:
    """Do what job and controller do, whatever comes of it."""
    state, error = "Completed", None
    try:
        result = work_on(ctx, found.run_id, folder)
        with ctx.db.begin() as tx:
            artifacts.put(tx, ctx, found.run_id, RESULT, ctx.blobs.put(result.model_dump_json().encode()))
    except StudioloError as problem:
        state, error = "Failed", str(problem)
        told = {"detail": problem.detail, "hint": problem.hint, "field": problem.field, "code": problem.code}
        with ctx.db.begin() as tx:
            repository.put_document(tx, ctx, experiments.row(tx, ctx, found.run_id).seq, PROBLEM, told)
    with ctx.db.begin() as tx:
        tx.execute(update(runs).where(runs.c.id == found.run_id).values(state=state, error=error))
    taking.tick(ctx)
    return orders.get(ctx, found.run_id)
