"""MLflow's hot endpoints: metrics, params, tags, alone and in batches. Read by msgspec, written by one shared commit."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MISSING, MlflowError, invalid_value, missing_value
from studiolo.kernel.mlflow.fields import Fields, of_body
from studiolo.kernel.mlflow.names import problem
from studiolo.kernel.mlflow.protocol import endpoint, write_endpoint
from studiolo.kernel.mlflow.writes import Joinable, Work
from studiolo.studio.experiments import client_runs, tracking
from studiolo.studio.experiments.mlflow import logged_models
from studiolo.studio.experiments.mlflow.experiments import WRITE
from studiolo.studio.experiments.mlflow.runs import run_id_of
from studiolo.studio.experiments.points import Measured

MAX_BODY = 1_000_000
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Stamp = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Metric(msgspec.Struct):
    """A point; model_id and the dataset say that it measures a logged model."""

    key: str
    value: float
    timestamp: Stamp
    step: Int64 = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class Pair(msgspec.Struct):
    """A param or a tag."""

    key: str
    value: str = ""


class Batch(msgspec.Struct):
    """What `log-batch` sends."""

    run_id: str
    metrics: list[Metric] = []
    params: list[Pair] = []
    tags: list[Pair] = []


_decoder = msgspec.json.Decoder(Batch)


@write_endpoint("POST", "mlflow/runs/log-batch", WRITE)
def log_batch(ctx: Context, body: bytes) -> Work:
    """Record up to 1,000 metrics, 100 params and 100 tags at once, all or nothing."""
    if len(body) > MAX_BODY:
        raise MlflowError(
            f"Batched logging API requests must be at most {MAX_BODY} bytes, got a request of size {len(body)}."
        )
    try:
        # an escaped NUL is no text that can be kept: the slow way says where it is
        batch = _slowly(of_body(body)) if b"\\u0000" in body else _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):  # text for numbers, NaN, or something wrong: read it slowly
        batch = _slowly(of_body(body))
    return _recording(ctx, batch)


@write_endpoint("POST", "mlflow/runs/log-metric", WRITE)
def log_metric(ctx: Context, body: bytes) -> Work:
    """Record one point."""
    fields = of_body(body)
    return _recording(ctx, Batch(run_id_of(fields), [_metric(fields)]))


@write_endpoint("POST", "mlflow/runs/log-parameter", WRITE)
def log_param(ctx: Context, body: bytes) -> Work:
    """Record one param."""
    fields = of_body(body)
    return _recording(ctx, Batch(run_id_of(fields), params=[Pair(_key(fields), fields.text("value"))]))


@write_endpoint("POST", "mlflow/runs/set-tag", WRITE)
def set_tag(ctx: Context, body: bytes) -> Work:
    """Write one tag."""
    fields = of_body(body)
    return _recording(ctx, Batch(run_id_of(fields), tags=[Pair(_key(fields), fields.text("value"))]))


@endpoint("POST", "mlflow/runs/delete-tag", WRITE)
def delete_tag(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove one tag."""
    run_id, key = run_id_of(fields), fields.required("key")

    def work(tx: Connection) -> None:
        target = client_runs.writable(tx, ctx, run_id)
        if not tracking.delete_tag(tx, ctx, target.seq, key):
            raise MlflowError(f"No tag with name: {key} in run with id {run_id}", MISSING)
        client_runs.tell(tx, ctx, run_id)

    ctx.db.write(work)
    return {}


@endpoint("POST", "mlflow/runs/log-model", WRITE)
def log_model(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Add to the list of models that clients before MLflow 3 keep in a tag."""
    import json

    run_id, text = run_id_of(fields), fields.required("model_json")
    try:
        model = json.loads(text)
    except ValueError:
        raise MlflowError(f"Malformed model info. \n {text[:500]} \n is not valid JSON.") from None
    absent = {"artifact_path", "flavors", "utc_time_created", "run_id"} - set(model if isinstance(model, dict) else ())
    if absent:
        raise MlflowError(f"Model json is missing mandatory fields: {sorted(absent)}")
    known = {name: model.get(name) for name in ("run_id", "artifact_path", "utc_time_created", "model_uuid", "flavors")}

    def work(tx: Connection) -> None:
        target = client_runs.writable(tx, ctx, run_id)
        name = "mlflow.log-model.history"
        before = tracking.tags_of(tx, [target.seq]).get(target.seq, {}).get(name, "[]")
        history = json.dumps([*json.loads(before), known])
        if len(history) <= tracking.MAX_TAG:  # a cut list would be no list
            tracking.record(tx, ctx, target.seq, tags={name: history})

    ctx.db.write(work)
    return {}


def _recording(ctx: Context, batch: Batch) -> Work:
    """Check a batch; returns what writes it."""
    params = _unique_params(batch)
    _check_count("metrics", 1000, len(batch.metrics))
    _check_count("params", 100, len(batch.params))
    _check_count("tags", 100, len(batch.tags))
    _check_count("metrics, params, and tags", 1000, len(batch.metrics) + len(batch.params) + len(batch.tags))
    _check_names(batch)
    points = [(m.key, m.value, m.step, m.timestamp) for m in batch.metrics]
    of_models = [m for m in batch.metrics if m.model_id]
    if points and not (params or batch.tags or of_models) and ctx.actor.run_id is None:
        return _Points(ctx, [(batch.run_id, points)])
    tags = {tag.key: tag.value for tag in batch.tags}

    def work(tx: Connection) -> None:
        target = client_runs.writable(tx, ctx, batch.run_id)
        tracking.record(tx, ctx, target.seq, params=params, metrics=points)
        if tags:
            client_runs.set_tags(tx, ctx, target, tags)
        if of_models:
            logged_models.record_metrics(tx, ctx, target.seq, of_models)
        client_runs.tell(tx, ctx, batch.run_id)

    return work


class _Points:
    """A work that writes points and nothing else, of a user who may write to all runs of the workspace."""

    def __init__(self, ctx: Context, batches: "list[tuple[str, list[Measured]]]") -> None:
        self._ctx = ctx
        self.batches = batches

    @property
    def like(self) -> tuple[type, str]:
        """Those of one workspace."""
        return (_Points, self._ctx.workspace_id)

    def join(self, others: Sequence[Joinable]) -> Work:
        """Write those of several requests."""
        more = [batch for other in others if isinstance(other, _Points) for batch in other.batches]
        return _Points(self._ctx, self.batches + more)

    def __call__(self, tx: Connection) -> None:
        targets = client_runs.writable_all(tx, self._ctx, {run_id for run_id, _ in self.batches})
        points: dict[int, list[Measured]] = {}
        for run_id, measured in self.batches:
            points.setdefault(targets[run_id], []).extend(measured)
        tracking.record_points(tx, self._ctx, points)
        for run_id in targets:
            client_runs.tell(tx, self._ctx, run_id)


def _check_count(what: str, most: int, count: int) -> None:
    if count > most:
        raise MlflowError(
            f"A batch logging request can contain at most {most} {what}. Got {count} {what}. Please split up {what} "
            "across multiple requests and try again."
        )


def _check_names(batch: Batch) -> None:
    """Check each name once; the message says where a bad one is."""
    parts: tuple[tuple[str, Sequence[Metric | Pair], str], ...] = (
        ("metrics", batch.metrics, "name"),
        ("params", batch.params, "key"),
        ("tags", batch.tags, "key"),
    )
    for field, items, part in parts:
        for name in {item.key for item in items}:
            why = problem(name)
            if why:
                place = next(n for n, item in enumerate(items) if item.key == name)
                raise invalid_value(f"{field}[{place}].{part}" if len(items) > 1 else part, name, why)
    for field, pairs in (("params", batch.params), ("tags", batch.tags)):
        for place, pair in enumerate(pairs):
            if "\x00" in pair.value:
                raise invalid_value(f"{field}[{place}].value", pair.value, "it has a NUL.")


def _unique_params(batch: Batch) -> dict[str, str]:
    params = {param.key: param.value for param in batch.params}
    if len(params) != len(batch.params):
        names = [param.key for param in batch.params]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise MlflowError(
            f"Duplicate parameter keys have been submitted: {twice}. Please ensure the request contains only one param "
            "value per param key."
        )
    return params


def _slowly(fields: Fields) -> Batch:
    return Batch(
        run_id_of(fields),
        [_metric(item) for item in fields.objects("metrics")],
        [Pair(_key(item), item.text("value")) for item in fields.objects("params")],
        [Pair(_key(item), item.text("value")) for item in fields.objects("tags")],
    )


def _key(fields: Fields) -> str:
    key = fields.text("key")
    if not fields.has("key"):
        raise missing_value(fields.name("key"))
    why = problem(key)
    if why:
        raise invalid_value(fields.name("key"), key, why)
    return key


def _metric(fields: Fields) -> Metric:
    if not fields.has("key"):
        raise missing_value(fields.name("key"))
    key, value = fields.text("key"), fields.number("value")
    timestamp = fields.integer("timestamp")
    if timestamp is None:
        raise missing_value(fields.name("timestamp"))
    if timestamp < 0:
        raise invalid_value(
            fields.name("timestamp"),
            timestamp,
            f"metric '{key}'. Timestamp must be a nonnegative long (64-bit integer)",
        )
    optional = [fields.text(name) or None for name in ("model_id", "dataset_name", "dataset_digest")]
    return Metric(key, value, timestamp, fields.integer("step", 0) or 0, *optional)
