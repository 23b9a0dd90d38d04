"""Points of several requests, written by the same statements."""

import json

from sqlalchemy import func, select

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.writes import Queue
from studiolo.studio.experiments import client_runs
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.experiments.metrics import latest_of
from studiolo.studio.experiments.mlflow import records
from studiolo.studio.experiments.tracking_tables import metrics


def _run(ctx: Context) -> str:
    return client_runs.create(ctx, "0", name="", start=ctx.clock.now(), user="me", tags={}).id


def _body(run_id: str, values: list[float], first_step: int = 0) -> bytes:
    points = [{"key": "loss", "value": v, "step": first_step + n, "timestamp": n} for n, v in enumerate(values)]
    return json.dumps({"run_id": run_id, "metrics": points}).encode()


def _commit(ctx: Context, *bodies: bytes) -> list[BaseException | None]:
    queue = Queue(ctx.db, None)  # type: ignore[arg-type] # the loop is not asked: this is the thread's part
    return queue.commit([lambda body=body: records.log_batch(ctx, body) for body in bodies])  # type: ignore[misc]


def _series(ctx: Context, run_id: str) -> tuple[float, float | None, float | None, int]:
    with ctx.db.read() as tx:
        seq = client_runs.find(tx, ctx, run_id).seq
        (found,) = latest_of(tx, [seq])[seq]
        stored = tx.execute(select(func.count()).where(metrics.c.run == seq)).scalar_one()
    assert stored == found.points
    return found.value, found.low, found.high, found.points


def test_points_of_several_requests_are_all_there(any_ctx: Context) -> None:
    first, second = _run(any_ctx), _run(any_ctx)
    assert _commit(any_ctx, _body(first, [3.0, 1.0]), _body(second, [5.0]), _body(first, [2.0], 2)) == [None] * 3
    assert _series(any_ctx, first) == (2.0, 1.0, 3.0, 3)
    assert _series(any_ctx, second) == (5.0, 5.0, 5.0, 1)


def test_points_that_are_there_already_are_not_counted_again(any_ctx: Context) -> None:
    first, second = _run(any_ctx), _run(any_ctx)
    _commit(any_ctx, _body(first, [3.0, 1.0]), _body(second, [4.0]))
    assert _commit(any_ctx, _body(first, [3.0, 1.0, 0.5]), _body(second, [4.0, 6.0])) == [None, None]
    assert _series(any_ctx, first) == (0.5, 0.5, 3.0, 3)
    assert _series(any_ctx, second) == (6.0, 4.0, 6.0, 2)


def test_the_error_of_one_is_not_that_of_the_others(any_ctx: Context) -> None:
    kept, deleted = _run(any_ctx), _run(any_ctx)
    client_runs.move(any_ctx, [deleted], "deleted")
    nobody = "f" * 32
    found = _commit(
        any_ctx, _body(kept, [1.0]), _body(nobody, [1.0]), _body(deleted, [1.0]), _body(kept, [2.0], 1), b"{"
    )
    assert [type(error).__name__ for error in found[:1] + found[3:4]] == ["NoneType", "NoneType"]
    assert isinstance(found[1], RunNotFound)
    assert found[2] is not None
    assert found[4] is not None
    assert _series(any_ctx, kept) == (2.0, 1.0, 2.0, 2)


def test_what_is_not_points_alone_is_written_beside_them(any_ctx: Context) -> None:
    run = _run(any_ctx)
    tagged = json.dumps({"run_id": run, "tags": [{"key": "a", "value": "b"}]}).encode()
    assert _commit(any_ctx, _body(run, [1.0]), tagged, _body(run, [2.0], 1)) == [None] * 3
    assert _series(any_ctx, run)[3] == 2
    with any_ctx.db.read() as tx:
        from studiolo.studio.experiments import tracking

        seq = client_runs.find(tx, any_ctx, run).seq
        assert tracking.tags_of(tx, [seq])[seq]["a"] == "b"


def test_a_run_whose_document_was_made_has_none_after_joined_writes(any_ctx: Context) -> None:
    from studiolo.studio.experiments import ready_docs
    from studiolo.studio.experiments.mlflow import shapes
    from studiolo.studio.experiments.tracking_tables import run_docs

    runs = [_run(any_ctx), _run(any_ctx)]
    ready_docs.adopt(any_ctx, 0)
    with any_ctx.db.read() as tx:
        seqs = [client_runs.find(tx, any_ctx, run).seq for run in runs]
    assert ready_docs.make(any_ctx, seqs, shapes.documents) == 2
    _commit(any_ctx, *(_body(run, [1.0]) for run in runs))
    with any_ctx.db.read() as tx:
        assert tx.execute(select(run_docs.c.doc).where(run_docs.c.run.in_(seqs))).scalars().all() == [None, None]
