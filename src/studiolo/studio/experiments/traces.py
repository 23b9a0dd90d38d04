"""Traces: rows and what belongs to them, read, tagged, linked and deleted. They are written in `trace_writing`."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.errors import MISSING, MlflowError, invalid_value
from studiolo.kernel.mlflow.names import problem
from studiolo.studio.experiments import artifacts, catalog, client_runs
from studiolo.studio.experiments.errors import TraceNotFound
from studiolo.studio.experiments.trace_tables import trace_assessments, trace_labels, trace_spans, traces

NAME, LOCATION, SPANS_LOCATION = "mlflow.traceName", "mlflow.artifactLocation", "mlflow.trace.spansLocation"
RUN, SESSION, TOKENS, COST = "mlflow.sourceRun", "mlflow.trace.session", "mlflow.trace.tokenUsage", "mlflow.trace.cost"
SIZES = "mlflow.trace.sizeStats"
TAG, METADATA, LINKED_RUN, LINKED_PROMPT = "t", "m", "r", "p"
HEAD = 200
MAX_LINKS = 100
MAX_TAG = 8_000
_IMMUTABLE = {SPANS_LOCATION, LOCATION, "mlflow.trace.archiveLocation"}
_CHUNK = 500
_TELL_EVERY = 1.0  # seconds between events that say an experiment has new traces
_told: dict[tuple[str, int], float] = {}


class Labels(NamedTuple):
    """What is written on a trace, by kind."""

    tags: dict[str, str]
    metadata: dict[str, str]
    runs: list[str]
    prompts: list[str]


def find(tx: Connection, ctx: Context, trace_id: str, *, lock: bool = False) -> Any:
    """Return the row of a trace; raises TraceNotFound."""
    query = select(traces).where(traces.c.workspace_id == ctx.workspace_id, traces.c.id == trace_id)
    if lock and ctx.db.dialect == "postgresql":
        query = query.with_for_update()
    row = tx.execute(query).first() if trace_id.isprintable() else None
    if row is None:
        raise TraceNotFound(trace_id)
    return row


def find_many(tx: Connection, ctx: Context, trace_ids: Sequence[str]) -> list[Any]:
    """Return the rows of those that are there, in the order asked for."""
    found: dict[str, Any] = {}
    wanted = [trace_id for trace_id in dict.fromkeys(trace_ids) if trace_id.isprintable()]
    for start in range(0, len(wanted), _CHUNK):
        query = select(traces).where(traces.c.workspace_id == ctx.workspace_id)
        found |= {row.id: row for row in tx.execute(query.where(traces.c.id.in_(wanted[start : start + _CHUNK])))}
    return [found[trace_id] for trace_id in wanted if trace_id in found]


def labels_of(tx: Connection, seqs: Sequence[int]) -> dict[int, Labels]:
    """Return what is written on traces."""
    found = {seq: Labels({}, {}, [], []) for seq in seqs}
    for start in range(0, len(seqs), _CHUNK):
        query = select(trace_labels).where(trace_labels.c.trace.in_(seqs[start : start + _CHUNK]))
        for row in tx.execute(query.order_by(trace_labels.c.trace, trace_labels.c.kind, trace_labels.c.key)):
            labels = found[row.trace]
            if row.kind == TAG:
                labels.tags[row.key] = row.value
            elif row.kind == METADATA:
                labels.metadata[row.key] = row.value
            else:
                (labels.runs if row.kind == LINKED_RUN else labels.prompts).append(row.key)
    return found


def assessments_of(tx: Connection, seqs: Sequence[int]) -> dict[int, list[Any]]:
    """Return the rows of assessments by trace, in the order they were made."""
    found: dict[int, list[Any]] = {}
    for start in range(0, len(seqs), _CHUNK):
        query = select(trace_assessments).where(trace_assessments.c.trace.in_(seqs[start : start + _CHUNK]))
        for row in tx.execute(query.order_by(trace_assessments.c.created, trace_assessments.c.id)):
            found.setdefault(row.trace, []).append(row)
    return found


def spans_of(tx: Connection, seqs: Sequence[int]) -> dict[int, list[str]]:
    """Return the contents of the spans of traces, by start."""
    found: dict[int, list[str]] = {seq: [] for seq in seqs}
    for start in range(0, len(seqs), _CHUNK):
        query = select(trace_spans.c.trace, trace_spans.c.content).where(
            trace_spans.c.trace.in_(seqs[start : start + _CHUNK])
        )
        for row in tx.execute(query.order_by(trace_spans.c.trace, trace_spans.c.start, trace_spans.c.id)):
            found[row.trace].append(row.content)
    return found


def folder(experiment: int, trace_id: str) -> str:
    """Return where the files of a trace are, for clients that store spans and attachments as files."""
    return f"{experiment}/traces/{trace_id}/artifacts"


def write_labels(tx: Connection, ctx: Context, seq: int, kind: str, values: Mapping[str, str]) -> None:
    """Write tags, metadata or links; a key that is there gets the new value."""
    rows = [
        {"trace": seq, "kind": kind, "key": key, "value": value, "head": value[:HEAD]} for key, value in values.items()
    ]
    if not rows:
        return
    change = ctx.db.upsert(trace_labels)
    change = change.on_conflict_do_update(
        index_elements=["trace", "kind", "key"], set_={name: change.excluded[name] for name in ("value", "head")}
    )
    tx.execute(change, rows)


def checked_tag(key: str, value: str, field: str = "key") -> tuple[str, str]:
    """Return a tag as it is stored; a long value is cut, as MLflow does it."""
    why = problem(key)
    if why:
        raise invalid_value(field, key, why)
    return key, value[:MAX_TAG].replace("\x00", "")


def set_tag(ctx: Context, trace_id: str, key: str, value: str) -> None:
    """Write a tag of a trace."""
    if key in _IMMUTABLE:
        raise MlflowError(f"Tag '{key}' is immutable and cannot be set on a trace.")
    key, value = checked_tag(key, value)

    def work(tx: Connection) -> None:
        row = find(tx, ctx, trace_id)
        if key == NAME:
            tx.execute(update(traces).where(traces.c.seq == row.seq).values(name=value[:500]))
        else:
            write_labels(tx, ctx, row.seq, TAG, {key: value})
        tell(tx, ctx, row.experiment)

    ctx.db.write(work)


def delete_tag(ctx: Context, trace_id: str, key: str) -> None:
    """Remove a tag of a trace; raises MlflowError when it has none of this name."""
    if key in _IMMUTABLE:
        raise MlflowError(f"Tag '{key}' is immutable and cannot be deleted on a trace.")

    def work(tx: Connection) -> None:
        row = find(tx, ctx, trace_id)
        if key == NAME and row.name:
            gone = tx.execute(update(traces).where(traces.c.seq == row.seq).values(name="")).rowcount
        else:
            where = (trace_labels.c.trace == row.seq, trace_labels.c.kind == TAG, trace_labels.c.key == key)
            gone = tx.execute(delete(trace_labels).where(*where)).rowcount
        if not gone:
            raise MlflowError(f"No trace tag with key '{key[:250]}' for trace with ID '{trace_id}'", MISSING)
        tell(tx, ctx, row.experiment)

    ctx.db.write(work)


def change_tags(ctx: Context, trace_id: str, tags: Mapping[str, str | None]) -> None:
    """Write tags of a trace, and remove those that are None; one that is not there is no error."""
    for key, value in tags.items():
        if value is not None:
            set_tag(ctx, trace_id, key, value)
            continue
        try:
            delete_tag(ctx, trace_id, key)
        except MlflowError as error:
            if error.error_code != MISSING:
                raise


def link_to_run(ctx: Context, trace_ids: Sequence[str], run_id: str) -> None:
    """Say that traces belong to a run; ids of traces that are not there are passed over, as MLflow does it."""
    if len(trace_ids) > MAX_LINKS:
        raise MlflowError(
            f"Cannot link more than {MAX_LINKS} traces to a run in a single request. Provided {len(trace_ids)} traces."
        )

    def work(tx: Connection) -> None:
        run = client_runs.writable(tx, ctx, run_id)
        for row in find_many(tx, ctx, trace_ids):
            write_labels(tx, ctx, row.seq, LINKED_RUN, {run_id: ""})
            tell(tx, ctx, row.experiment)
        client_runs.tell(tx, ctx, run.id)

    ctx.db.write(work)


def link_prompts(ctx: Context, trace_id: str, versions: Iterable[tuple[str, str]]) -> None:
    """Say which versions of prompts a trace used."""
    keys = {f"{name}/{version}": "" for name, version in versions}

    def work(tx: Connection) -> None:
        row = find(tx, ctx, trace_id)
        write_labels(tx, ctx, row.seq, LINKED_PROMPT, keys)

    ctx.db.write(work)


def remove(
    ctx: Context,
    experiment_id: str,
    *,
    trace_ids: Sequence[str] | None = None,
    until: int | None = None,
    most: int | None = None,
) -> int:
    """Delete traces of an experiment for good: by id, or those that began up to a time; returns how many went."""
    with ctx.db.begin() as tx:
        experiment = catalog.find(tx, ctx, experiment_id)
        query = select(traces.c.seq, traces.c.id).where(traces.c.experiment == experiment.number)
        if trace_ids is not None:
            query = query.where(traces.c.id.in_(list(trace_ids)))
        if until is not None:
            query = query.where(traces.c.started <= until)
        query = query.order_by(traces.c.started, traces.c.id)
        rows = tx.execute(query.limit(most) if most is not None else query).all()
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            tx.execute(delete(traces).where(traces.c.seq.in_([row.seq for row in part])))
        for row in rows:
            artifacts.remove_at(tx, ctx, folder(experiment.number, row.id).removesuffix("/artifacts"))
        if rows:
            ctx.events.emit(tx, "trace.deleted", str(experiment.number), {"count": len(rows)})
        return len(rows)


def remove_many(ctx: Context, trace_ids: Sequence[str]) -> int:
    """Delete traces for good, of whatever experiment; returns how many went."""
    with ctx.db.read() as tx:
        rows = find_many(tx, ctx, trace_ids)
    experiments = sorted({row.experiment for row in rows})
    return sum(
        remove(ctx, str(number), trace_ids=[row.id for row in rows if row.experiment == number])
        for number in experiments
    )


def tell(tx: Connection, ctx: Context, experiment: int) -> None:
    """Say that an experiment has new or other traces, at most once a second: pages read again, nobody counts these."""
    now = time.monotonic()
    key = (ctx.workspace_id, experiment)
    if now - _told.get(key, -_TELL_EVERY) < _TELL_EVERY:
        return
    if len(_told) > 10_000:
        _told.clear()
    _told[key] = now
    ctx.events.emit(tx, "trace.logged", str(experiment), {})


def insert_new(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> bool:
    """Insert a trace unless one of its id is there; says whether it did."""
    change = ctx.db.upsert(traces).on_conflict_do_nothing(index_elements=["workspace_id", "id"])
    return tx.execute(change, dict(values)).rowcount == 1


def replace_spans(tx: Connection, seq: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write spans; those of the same id go first."""
    ids = [row["id"] for row in rows]
    for start in range(0, len(ids), _CHUNK):
        pairs = [(seq, span_id) for span_id in ids[start : start + _CHUNK]]
        tx.execute(delete(trace_spans).where(tuple_(trace_spans.c.trace, trace_spans.c.id).in_(pairs)))
    tx.execute(insert(trace_spans), [dict(row) for row in rows])
