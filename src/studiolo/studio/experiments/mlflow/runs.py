"""MLflow's endpoints of runs: create, get, update, delete, restore, search, inputs and outputs."""

from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import BigInteger, Connection, String, bindparam, select

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import upsert
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.mlflow.errors import MlflowError, invalid_value, missing_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.grammar import Comparison, each, parse_order
from studiolo.kernel.mlflow.protocol import endpoint
from studiolo.kernel.mlflow.tokens import Pages
from studiolo.kernel.mlflow.values import moment, tags_in
from studiolo.studio.experiments import catalog, client_runs, ready_docs, run_conditions, run_search
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.experiments.mlflow import kept, recorded, shapes
from studiolo.studio.experiments.mlflow.experiments import READ, WRITE, view_type
from studiolo.studio.experiments.states import STATE
from studiolo.studio.experiments.tracking_tables import input_datasets, logged_models, run_inputs, run_models

_SHORT = 2_000  # characters of a filter that is read once: lists ask for the same ones again and again
_SIZES = {"name": 500, "digest": 36, "source": 65_535, "schema": 1_048_575, "profile": 16_777_215}


def run_id_of(fields: Fields) -> str:
    """Return the run that a request is about; old clients call it run_uuid."""
    run_id, older = fields.text("run_id"), fields.text("run_uuid")
    run_id = run_id or older
    if not run_id:
        raise missing_value("run_id")
    return run_id


def row_of(tx: Connection, ctx: Context, run_id: str) -> Any:
    """Return the row of a run with its experiment's artifact location and its ready document."""
    row = run_search.row(tx, ctx, run_id)
    if row is None:
        raise RunNotFound(run_id)
    return row


def _one(ctx: Context, run_id: str) -> bytes:
    with ctx.db.glance() as tx:
        found = recorded.run(tx, ctx, run_id)
    if found is None:
        raise RunNotFound(run_id)
    return b'{"run":%b}' % found


@endpoint("POST", "mlflow/runs/create", WRITE)
def create(ctx: Context, fields: Fields) -> bytes:
    """Start a run."""
    tags = tags_in(fields)
    name = fields.text("run_name")
    tagged = tags.get(client_runs.NAME_TAG)
    if name and tagged and name != tagged:
        raise MlflowError(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
            f"(run_name='{name}', mlflow.runName='{tagged}')."
        )
    start = fields.integer("start_time")
    made = client_runs.create(
        ctx,
        fields.text("experiment_id") or "0",
        name=name,
        start=moment(start, "start_time") if start else ctx.clock.now(),
        user=fields.text("user_id"),
        tags=tags,
    )
    recorded_ = shapes.Recorded({}, made.tags, (), (), ())
    return b'{"run":%b}' % shapes.whole(made, shapes.document(made.user, made.parent_id, recorded_))


@endpoint("GET", "mlflow/runs/get", READ)
def get(ctx: Context, fields: Fields) -> bytes:
    """Return a run with all that was recorded."""
    return _one(ctx, run_id_of(fields))


@endpoint("POST", "mlflow/runs/update", WRITE)
def update(ctx: Context, fields: Fields) -> dict[str, Any]:
    """End a run, or rename it."""
    run_id = run_id_of(fields)
    status = fields.raw("status")
    if isinstance(status, int) and not isinstance(status, bool):  # protobuf's numbers
        status = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}.get(status)
    if fields.has("status") and (not isinstance(status, str) or status not in STATE):
        raise invalid_value("status", fields.raw("status"), f"it must be one of {', '.join(STATE)}.")
    end = fields.integer("end_time")
    changed = client_runs.change(
        ctx,
        run_id,
        state=STATE[status] if status else None,
        end=moment(end, "end_time") if end else None,
        name=fields.text("run_name") or None,
    )
    return {"run_info": shapes.info(changed)}


@endpoint("POST", "mlflow/runs/delete", WRITE)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Put a run in the bin."""
    client_runs.move(ctx, [run_id_of(fields)], "deleted")  # again is no error, as with MLflow
    return {}


@endpoint("POST", "mlflow/runs/restore", WRITE)
def restore(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Take a run out of the bin."""
    client_runs.move(ctx, [run_id_of(fields)], "active")
    return {}


@endpoint("POST", "mlflow/runs/search", READ)
def search(ctx: Context, fields: Fields) -> bytes:
    """Find runs by what was recorded."""
    limit = fields.limit("max_results", 1000, 50_000)
    text = fields.text("filter")
    filters = list(_short(text)) if len(text) <= _SHORT else each(text, _checked)
    orders = [parse_order(clause) for clause in fields.texts("order_by")]
    lifecycle = view_type(fields, "run_view_type")
    pages = Pages(fields, "experiment_ids", "filter", "run_view_type", "order_by")
    asked = fields.texts("experiment_ids")
    alone = len(asked) == 1 and run_search.at_once(ctx, filters, pages.place)
    with ctx.db.glance() if alone else ctx.db.read() as tx:
        numbers = catalog.numbers(tx, ctx, asked)
        if not numbers:
            return b"{}"
        if alone:
            rows, following = run_search.beginning(tx, ctx, numbers, lifecycle, filters, orders, limit)
            found = kept.written(tx, ctx, rows)
        else:
            rows, following = run_search.page(tx, ctx, numbers, lifecycle, filters, orders, pages.place, limit)
            found = shapes.runs_of(tx, rows)
    if found is None:  # what a run recorded comes from several tables: in one state
        with ctx.db.read() as tx:
            found = shapes.runs_of(tx, run_search.rows(tx, [row.seq for row in rows]))
    parts = [b'"runs":[%b]' % b",".join(found)] if found else []
    if following:
        parts.append(b'"next_page_token":%b' % orjson.dumps(pages.sealed(following)))
    return b"{%b}" % b",".join(parts)


@lru_cache(256)
def _short(text: str) -> tuple[Comparison, ...]:
    return tuple(each(text, _checked))


def _checked(comparison: Comparison) -> Comparison:
    run_conditions.condition(comparison, {})
    return comparison


@endpoint("POST", "mlflow/runs/log-inputs", WRITE)
def log_inputs(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Record which datasets and models a run used."""
    run_id = run_id_of(fields)
    datasets = [(item.object("dataset"), _input_tags(item)) for item in fields.objects("datasets")]
    described = [(_dataset(dataset), tags) for dataset, tags in datasets]
    models = [item.required("model_id") for item in fields.objects("models")]

    def work(tx: Connection) -> None:
        target = client_runs.writable(tx, ctx, run_id)
        for values, tags in described:
            _add_input(tx, ctx, target, values, tags)
        _add_models(tx, ctx, target, [(model_id, 0) for model_id in models], "input")
        client_runs.tell(tx, ctx, run_id)

    ctx.db.write(work)
    return {}


@endpoint("POST", "mlflow/runs/outputs", WRITE)
def log_outputs(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Record which models a run made."""
    run_id = run_id_of(fields)
    if not fields.has("models"):
        raise missing_value("models")
    models = [(item.required("model_id"), item.integer("step", 0) or 0) for item in fields.objects("models")]

    def work(tx: Connection) -> None:
        _add_models(tx, ctx, client_runs.writable(tx, ctx, run_id), models, "output")
        client_runs.tell(tx, ctx, run_id)

    ctx.db.write(work)
    return {}


def _input_tags(item: Fields) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in item.objects("tags"):
        key, value = tag.required("key"), tag.text("value")
        for name, text, most in (("key", key, 255), ("value", value, 500)):
            if len(text) > most:
                raise MlflowError(f"'{tag.name(name)}' exceeds the maximum length of {most} characters")
        found[key] = value
    return found


def _dataset(fields: Fields) -> dict[str, str | None]:
    values: dict[str, str | None] = {name: fields.required(name) for name in ("name", "digest", "source_type")}
    values["source"] = fields.text("source")
    values |= {name: fields.text(name) or None for name in ("schema", "profile")}
    for name, most in _SIZES.items():
        if len(values[name] or "") > most:
            raise MlflowError(f"'{fields.name(name)}' exceeds the maximum length of {most} characters")
    return values


def _add_input(
    tx: Connection, ctx: Context, target: client_runs.Target, values: dict[str, str | None], tags: dict[str, str]
) -> None:
    ready_docs.spoil(tx, ctx, target.seq)
    insert = ctx.db.upsert(input_datasets).on_conflict_do_nothing(index_elements=["experiment", "name", "digest"])
    tx.execute(insert.values(experiment=target.experiment, **values))
    d = input_datasets.c
    query = select(d.id).where(
        d.experiment == target.experiment, d.name == values["name"], d.digest == values["digest"]
    )
    link = ctx.db.upsert(run_inputs).values(run=target.seq, dataset=tx.execute(query).scalar_one(), tags=tags)
    tx.execute(link.on_conflict_do_nothing(index_elements=["run", "dataset"]))


def _add_models(
    tx: Connection, ctx: Context, target: client_runs.Target, models: list[tuple[str, int]], direction: str
) -> None:
    if not models:
        return
    ready_docs.spoil(tx, ctx, target.seq)
    about = {"workspace": ctx.workspace_id, "of": target.seq, "to": direction}
    for model_id, step in models:
        if _naming_model(ctx.db.dialect).first(tx, {**about, "model": model_id, "at": step}) is None:
            raise MlflowError(f"Logged model with ID '{model_id}' not found.", "RESOURCE_DOES_NOT_EXIST")


@lru_cache
def _naming_model(dialect: str) -> Prepared:
    """Return what names a logged model as input or output of a run, if there is such a model; it returns its id then."""
    m = logged_models.c
    row = select(
        bindparam("of", type_=BigInteger), m.id, bindparam("to", type_=String), bindparam("at", type_=BigInteger)
    )
    row = row.where(m.id == bindparam("model"), m.workspace_id == bindparam("workspace"))
    change = upsert(dialect, run_models)
    change = change.from_select(["run", "model_id", "direction", "step"], row)
    index = ["run", "model_id", "direction"]
    change = change.on_conflict_do_update(index_elements=index, set_={"step": change.excluded.step})
    return Prepared(change.returning(run_models.c.model_id))
