"""Logged models when several clients write one."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event

from studiolo.kernel.context import Context
from studiolo.kernel.db import prepared
from studiolo.kernel.mlflow.fields import Fields
from studiolo.studio.experiments import client_runs
from studiolo.studio.experiments.errors import LoggedModelNotFound, NotActive
from studiolo.studio.experiments.mlflow import artifacts, logged_models
from studiolo.studio.experiments.mlflow.runs import create


def test_texts_that_clients_set_at_once_are_all_kept(any_ctx: Context) -> None:
    model_id = _made(any_ctx, source_run_id=None)["model_id"]

    def write(n: int) -> None:
        logged_models.set_tags(any_ctx, Fields({"model_id": model_id, "tags": [{"key": f"t{n}", "value": str(n)}]}))
        logged_models.log_params(any_ctx, Fields({"model_id": model_id, "params": [{"key": "p", "value": "'\"{}"}]}))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(16)))
    found = logged_models.get(any_ctx, Fields({"model_id": model_id}))
    assert isinstance(found, dict)
    model = found["model"]
    assert {tag["key"]: tag["value"] for tag in model["info"]["tags"]} == {f"t{n}": str(n) for n in range(16)}
    assert model["data"]["params"] == [{"key": "p", "value": "'\"{}"}]


def test_a_deleted_model_and_that_of_a_deleted_run_take_nothing_more(any_ctx: Context) -> None:
    run_id = client_runs.create(any_ctx, "0", name="r", start=any_ctx.clock.now(), user="", tags={}).id
    info = _made(any_ctx, source_run_id=run_id)
    path = info["artifact_uri"].removeprefix("mlflow-artifacts:/") + "/MLmodel"
    artifacts.name(any_ctx, path, any_ctx.blobs.put(b"first"))
    client_runs.move(any_ctx, [run_id], "deleted")
    with pytest.raises(NotActive):
        artifacts.name(any_ctx, path, any_ctx.blobs.put(b"second"))
    client_runs.move(any_ctx, [run_id], "active")
    logged_models.delete(any_ctx, Fields({"model_id": info["model_id"]}))
    with pytest.raises(LoggedModelNotFound):
        artifacts.name(any_ctx, path, any_ctx.blobs.put(b"second"))
    with pytest.raises(LoggedModelNotFound):
        logged_models.finalize(any_ctx, Fields({"model_id": info["model_id"], "status": "LOGGED_MODEL_READY"}))
    with pytest.raises(LoggedModelNotFound):
        logged_models.set_tags(any_ctx, Fields({"model_id": info["model_id"], "tags": [{"key": "a", "value": "b"}]}))


def test_what_a_client_sends_for_each_file_of_a_model_is_one_statement(
    any_ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = client_runs.create(any_ctx, "0", name="r", start=any_ctx.clock.now(), user="", tags={}).id
    info = _made(any_ctx, source_run_id=run_id)
    blob = any_ctx.blobs.put(b"x")
    sent: list[str] = []
    event.listen(any_ctx.db.engine, "before_cursor_execute", lambda *asked: sent.append(asked[2]))
    run = prepared._run
    monkeypatch.setattr(prepared, "_run", lambda tx, made, given: (sent.append(made.text), run(tx, made, given))[1])
    artifacts.name(any_ctx, info["artifact_uri"].removeprefix("mlflow-artifacts:/") + "/MLmodel", blob)
    logged_models.finalize(any_ctx, Fields({"model_id": info["model_id"], "status": "LOGGED_MODEL_READY"}))
    assert [text.split()[0] for text in sent if text != "BEGIN IMMEDIATE"] == ["INSERT", "UPDATE"]


def _made(ctx: Context, source_run_id: str | None) -> dict[str, Any]:
    """Make a logged model of the Default experiment; returns its `info`."""
    create(ctx, Fields({"experiment_id": "0"}))
    found = logged_models.create(ctx, Fields({"experiment_id": "0", "name": "m", "source_run_id": source_run_id}))
    assert isinstance(found, dict)
    info: dict[str, Any] = found["model"]["info"]
    return info
