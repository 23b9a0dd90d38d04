"""Ready-made documents of runs: whatever is done to a run, a document that is there says what the rows say."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.studio.experiments import client_runs, purging, ready_docs, run_search
from studiolo.studio.experiments.mlflow import ready, shapes
from studiolo.testing.context import context_in

API = "/api/2.0/mlflow"
_KEYS = st.sampled_from(["a", "b/c", "ü"])
_DATASET = {"name": "d", "digest": "1", "source_type": "local", "source": "{}", "schema": "s"}
_STEPS = st.one_of(
    st.tuples(
        st.just("runs/log-metric"),
        st.fixed_dictionaries({"key": _KEYS, "value": st.floats(), "step": st.integers(-3, 3)}),
    ),
    st.tuples(
        st.just("runs/log-parameter"), st.fixed_dictionaries({"key": _KEYS, "value": st.sampled_from(["1", ""])})
    ),
    st.tuples(st.just("runs/set-tag"), st.fixed_dictionaries({"key": _KEYS, "value": st.text(max_size=5)})),
    st.tuples(st.just("runs/set-tag"), st.just({"key": "mlflow.parentRunId", "value": "f" * 32})),
    st.tuples(st.just("runs/delete-tag"), st.fixed_dictionaries({"key": _KEYS})),
    st.tuples(st.just("runs/update"), st.just({"run_name": "other", "status": "FINISHED"})),
    st.tuples(
        st.just("runs/log-inputs"), st.just({"datasets": [{"dataset": _DATASET, "tags": [{"key": "t", "value": "v"}]}]})
    ),
    st.tuples(st.just("runs/outputs"), st.fixed_dictionaries({"step": st.integers(0, 2)})),
    st.tuples(st.sampled_from(["runs/delete", "runs/restore", "make"]), st.just({})),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEPS, min_size=1, max_size=12))
def test_a_document_that_is_there_is_true(any_services: Services, any_client: TestClient, steps: list[Any]) -> None:
    ctx = context_in(any_services)
    run_id = any_client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
    model = {"experiment_id": "0", "name": "m", "source_run_id": run_id}
    model_id = any_client.post(f"{API}/logged-models", json=model).json()["model"]["info"]["model_id"]
    for path, body in [*steps, ("make", {})]:
        if path == "make":
            with ctx.db.read() as tx:
                seq = run_search.row(tx, ctx, run_id).seq
            ready_docs.make(ctx, [seq], shapes.documents)
        else:
            more = {"timestamp": 5} if path == "runs/log-metric" else {}
            if path == "runs/outputs":
                more = {"models": [{"model_id": model_id, "step": body["step"]}]}
            sent = {k: str(v) if isinstance(v, float) else v for k, v in body.items()}
            any_client.post(f"{API}/{path}", json={"run_id": run_id, **sent, **more})
        with ctx.db.read() as tx:
            row = run_search.row(tx, ctx, run_id)
            written = shapes.documents(tx, [row.seq])[row.seq]
        assert row.doc is None or row.doc == written
        one = any_client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]
        for _ in range(2):  # the second one finds what the first one kept
            wanted = {"experiment_ids": ["0"], "run_view_type": "ALL"}
            found = any_client.post(f"{API}/runs/search", json=wanted).json()["runs"]
            assert [run for run in found if run["info"]["run_id"] == run_id] == [one]
    assert row.doc is not None
    assert one["info"]["run_id"] == run_id
    assert one["data"]["tags"]


def test_documents_are_made_once_a_run_is_quiet(any_ctx: Context) -> None:
    clock = FakeClock()
    ctx = Context(any_ctx.db, any_ctx.settings, any_ctx.blobs, clock, any_ctx.actor, any_ctx.workspace_id)
    run_id = client_runs.create(ctx, "0", name="r", start=clock.now(), user="", tags={}).id

    def doc() -> bytes | None:
        with ctx.db.read() as tx:
            found: bytes | None = run_search.row(tx, ctx, run_id).doc
            return found

    assert ready.make(ctx) == 0
    client_runs.change(ctx, run_id, state="Completed", end=clock.now(), name=None)
    clock.advance(3)
    assert ready.make(ctx) == 1
    assert doc() is not None
    with ctx.db.begin() as tx:
        client_runs.set_tags(tx, ctx, client_runs.find(tx, ctx, run_id), {"late": "1"})
    assert doc() is None
    assert ready.make(ctx) == 0  # it has just changed
    clock.advance(3)
    assert ready.make(ctx) == 1
    assert b"late" in (doc() or b"")


def test_a_run_that_stays_names_no_model_that_was_purged(any_services: Services, any_client: TestClient) -> None:
    ctx = context_in(any_services)
    run_id = any_client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
    made = any_client.post(f"{API}/logged-models", json={"experiment_id": "0", "name": "m", "source_run_id": run_id})
    model_id = made.json()["model"]["info"]["model_id"]
    wanted = {"run_id": run_id, "models": [{"model_id": model_id, "step": 1}]}
    assert any_client.post(f"{API}/runs/outputs", json=wanted).status_code == 200
    with ctx.db.read() as tx:
        seq = run_search.row(tx, ctx, run_id).seq
    ready_docs.make(ctx, [seq], shapes.documents)
    assert any_client.delete(f"{API}/logged-models/{model_id}").status_code == 200
    assert purging.remove_models(ctx, ctx.clock.now() + timedelta(days=1)) == 1
    got = any_client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]
    assert got["outputs"] == {}
