"""What an imported run used and made: datasets, logged models, and the points that measure those."""

from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.studio.experiments import ready_docs
from studiolo.studio.experiments.importing.wire import SentRun
from studiolo.studio.experiments.mlflow import logged_models as measured
from studiolo.studio.experiments.tracking_tables import input_datasets, logged_models, run_inputs, run_models


def add(tx: Connection, ctx: Context, seq: int, experiment: int, sent: SentRun) -> None:
    """Write the relations of a run; those to models that are not here are left out, as the sender has reported."""
    if sent.datasets or sent.models_used or sent.models_made:
        ready_docs.spoil(tx, ctx, seq)
    d = input_datasets.c
    for used in sent.datasets:
        values = {"experiment": experiment, "name": used.name[:500], "digest": used.digest[:36]}
        values |= {"source_type": used.source_type, "source": used.source}
        rest = {"schema": used.schema, "profile": used.profile}
        new = ctx.db.upsert(input_datasets).on_conflict_do_nothing(index_elements=["experiment", "name", "digest"])
        tx.execute(new.values(**values, **rest))
        query = select(d.id).where(d.experiment == experiment, d.name == values["name"], d.digest == values["digest"])
        link = ctx.db.upsert(run_inputs).values(run=seq, dataset=tx.execute(query).scalar_one(), tags=used.tags)
        tx.execute(link.on_conflict_do_nothing(index_elements=["run", "dataset"]))
    wanted = {*sent.models_used, *sent.models_made, *(point.model_id or "" for point in sent.model_points)}
    if not wanted:
        return
    m = logged_models.c
    query = select(m.id).where(m.workspace_id == ctx.workspace_id, m.id.in_(sorted(wanted)))
    known = set(tx.execute(query).scalars())
    rows = [(model, "input", 0) for model in sent.models_used]
    rows += [(model, "output", step) for model, step in sent.models_made.items()]
    for model, direction, step in rows:
        if model in known:
            change = ctx.db.upsert(run_models).values(run=seq, model_id=model, direction=direction, step=step)
            keys = ["run", "model_id", "direction"]
            tx.execute(change.on_conflict_do_update(index_elements=keys, set_={"step": change.excluded.step}))
    points = [point for point in sent.model_points if point.model_id in known]
    if points:
        measured.record_metrics(tx, ctx, seq, points)
