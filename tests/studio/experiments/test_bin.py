"""What is deleted can be restored for a while; then it is gone with all that was its own, and nothing else."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.storage import references
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import recycling
from studiolo.studio.experiments import (
    artifacts,
    catalog,
    cleanup,
    client_runs,
    lineage,
    overview,
    purging,
    ready_docs,
    reconcile,
    repository,
    service,
    sweeping,
    tracking,
)
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.experiments.mlflow import shapes
from studiolo.studio.experiments.schemas import Cleanup, CleanupRequest, InputFile, JobSpec
from studiolo.studio.experiments.tables import experiments, runs
from studiolo.studio.experiments.tracking_tables import artifacts as files
from studiolo.studio.experiments.tracking_tables import logged_models, metrics, params, run_docs, run_models
from studiolo.testing.client import make_client, member_token
from studiolo.testing.context import context_in
from tests.studio.experiments.runs import a_run

DAY = 86400.0


def _recorded(ctx: Context, experiment: str = "first", content: bytes = b"weights") -> str:
    run_id, seq = a_run(ctx, experiment)
    with ctx.db.begin() as tx:
        points = [("loss", float(n), n, n) for n in range(7)]
        tracking.record(tx, ctx, seq, params={"depth": "3"}, metrics=points, tags={"a": "b"})
        artifacts.put(tx, ctx, run_id, "model/weights", ctx.blobs.put(content))
    return run_id


def _old(ctx: Context, days: float = 2) -> None:
    """Let every blob be so old."""
    moment = ctx.clock.now().timestamp() - days * DAY
    for path in ctx.blobs.root.glob("??/*"):
        os.utime(path, (moment, moment))


def _all(ctx: Context, **asked: object) -> Cleanup:
    total = Cleanup()
    position: str | None = None
    while True:
        part = cleanup.step(ctx, CleanupRequest.model_validate({**asked, "position": position}))
        for name in ("runs", "experiments", "logged_models", "files", "bytes", "waiting_bytes", "held"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
        position = part.next
        if position is None:
            return total


def test_a_removed_run_takes_its_rows_and_files_and_nothing_of_others(any_ctx: Context) -> None:
    ctx = any_ctx
    gone, stays = _recorded(ctx, content=b"only mine"), _recorded(ctx, content=b"shared")
    with ctx.db.begin() as tx:
        artifacts.put(tx, ctx, gone, "same", ctx.blobs.put(b"shared"))
    client_runs.move(ctx, [gone], "deleted")
    _old(ctx)
    assert _all(ctx).runs == 0  # its time is not over
    assert _all(ctx, older_than_days=0, dry_run=True) == Cleanup(runs=1, files=1, bytes=9)
    assert overview.overview(ctx, gone).params == {"depth": "3"}
    assert _all(ctx, older_than_days=0) == Cleanup(runs=1, files=1, bytes=9)
    with pytest.raises(RunNotFound):
        service.get(ctx, gone)
    assert overview.overview(ctx, stays).params == {"depth": "3"}
    with ctx.db.read() as tx:
        counts = [tx.execute(select(func.count()).select_from(table)).scalar_one() for table in (runs, params, metrics)]
        assert counts == [1, 1, 7]
        assert list(artifacts.below(tx, ctx, artifacts.root_of_run(tx, ctx, stays)))
    assert artifacts.open_(ctx, stays, "model/weights").read_bytes() == b"shared"
    assert _all(ctx, older_than_days=0) == Cleanup()


def test_the_page_can_say_how_long_it_can_be_restored(ctx: Context) -> None:
    run_id = _recorded(ctx)
    assert service.get(ctx, run_id).remove_at is None
    client_runs.move(ctx, [run_id], "deleted")
    run = service.get(ctx, run_id)
    assert run.deleted_at
    assert run.remove_at == run.deleted_at + timedelta(days=30)
    client_runs.move(ctx, [run_id], "active")
    assert service.get(ctx, run_id).deleted_at is None


def test_an_experiment_comes_back_with_the_runs_that_went_with_it(any_services: Services) -> None:
    clock = FakeClock()
    ctx = context_in(Services(any_services.db, any_services.settings, any_services.blobs, clock))
    before, with_it = _recorded(ctx), _recorded(ctx)
    client_runs.move(ctx, [before], "deleted")
    clock.advance(60)
    number = service.get(ctx, with_it).experiment_id
    catalog.delete(ctx, number)
    assert service.get(ctx, with_it).lifecycle == "deleted"
    catalog.restore(ctx, number)
    assert [service.get(ctx, run).lifecycle for run in (before, with_it)] == ["deleted", "active"]


def test_an_experiment_goes_when_its_last_run_has_gone_and_its_name_is_free(any_services: Services) -> None:
    clock = FakeClock()
    ctx = context_in(Services(any_services.db, any_services.settings, any_services.blobs, clock))
    run_id = _recorded(ctx, "old")
    catalog.delete(ctx, service.get(ctx, run_id).experiment_id)
    clock.advance(31 * DAY)
    assert _all(ctx, dry_run=True).experiments == 1
    while cleanup.empty_some(ctx):
        pass
    with ctx.db.read() as tx:
        assert repository.experiment_by_name(tx, ctx.workspace_id, "old") is None
        assert tx.execute(select(func.count()).select_from(files)).scalar_one() == 0
    assert catalog.create(ctx, "old")


def test_a_run_that_a_model_version_was_made_from_stays_until_the_version_is_gone(any_ctx: Context) -> None:
    ctx = any_ctx
    run_id = _recorded(ctx)
    with ctx.db.begin() as tx:
        lineage.link(tx, ctx, f"run:{run_id}", "model:titanic:1")
    client_runs.move(ctx, [run_id], "deleted")
    freed = _all(ctx, older_than_days=0)
    assert (freed.runs, freed.held) == (0, 1)
    with ctx.db.begin() as tx:
        lineage.forget(tx, ctx, "model:titanic:1")
    assert _all(ctx, older_than_days=0).runs == 1


def test_trials_follow_their_job_and_runs_of_clients_do_not(ctx: Context) -> None:
    (job, _), (trial, one), (nested, two) = a_run(ctx), a_run(ctx), a_run(ctx)
    with ctx.db.begin() as tx:
        tx.execute(update(runs).where(runs.c.seq.in_([one, two])).values(parent_id=job))
        tx.execute(update(runs).where(runs.c.seq == one).values(kind="trial"))
    client_runs.move(ctx, [job], "deleted")
    assert [service.get(ctx, run).lifecycle for run in (trial, nested)] == ["deleted", "active"]
    client_runs.move(ctx, [job], "active")
    assert service.get(ctx, trial).lifecycle == "active"
    client_runs.move(ctx, [job], "deleted")
    assert _all(ctx, older_than_days=0).runs == 2
    assert service.get(ctx, nested).parent_id is None


def test_a_job_that_still_runs_is_left_alone(ctx: Context) -> None:
    run = service.submit(ctx, JobSpec(command=["true"]))
    client_runs.move(ctx, [run.id], "deleted")
    assert _all(ctx, older_than_days=0).runs == 0


def test_a_process_that_died_after_the_burial_leaves_nothing(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = any_ctx
    run_id = _recorded(ctx)
    attempt = ctx.settings.attempts / run_id / "1"
    attempt.mkdir(parents=True)
    client_runs.move(ctx, [run_id], "deleted")
    assert purging.bury(ctx, ctx.clock.now()) == 1
    with pytest.raises(RunNotFound):
        service.get(ctx, run_id)
    monkeypatch.setattr(purging, "ROWS", 3)  # several statements for one table
    while cleanup.empty_some(ctx):
        pass
    with ctx.db.read() as tx:
        assert [tx.execute(select(func.count()).select_from(t)).scalar_one() for t in (runs, metrics, params)] == [
            0
        ] * 3
    assert not attempt.parent.exists()


def test_blobs_that_something_names_stay_however_old(any_ctx: Context) -> None:
    ctx = any_ctx
    run_id = _recorded(ctx, content=b"artifact")
    code = ctx.blobs.put(b"print(1)")
    service.submit(ctx, JobSpec(command=["true"], code=[InputFile(path="a.py", digest=code.digest)]))
    lost = ctx.blobs.put(b"nobody")
    _old(ctx)
    fresh = ctx.blobs.put(b"just sent")
    assert _all(ctx) == Cleanup(files=1, bytes=6, waiting_bytes=9)
    assert [ctx.blobs.exists(blob.digest) for blob in (code, lost, fresh)] == [True, False, True]
    assert artifacts.open_(ctx, run_id, "model/weights").read_bytes() == b"artifact"


def test_a_strange_table_stops_the_sweep(ctx: Context) -> None:
    lost = ctx.blobs.put(b"nobody")
    _old(ctx)
    with ctx.db.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE somebody_else (digest TEXT)")
    with pytest.raises(sweeping.UnknownTables, match="somebody_else"):
        _all(ctx)
    assert ctx.blobs.exists(lost.digest)


def test_the_controller_empties_bin_and_store_a_little_at_a_time(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = _recorded(ctx)
    client_runs.move(ctx, [run_id], "deleted")
    with ctx.db.begin() as tx:
        tx.execute(update(runs).values(deleted_at=ctx.clock.now() - timedelta(days=31)))
    _old(ctx)
    monkeypatch.setattr(cleanup, "_STORE_FIRST", 0.0)
    assert reconcile.tick(ctx)
    for _ in range(300):
        reconcile.tick(ctx)
    with pytest.raises(RunNotFound):
        service.get(ctx, run_id)
    assert list(ctx.blobs.root.glob("??/*")) == []


def test_trouble_with_cleaning_up_does_not_stop_jobs(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    with ctx.db.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE somebody_else (digest TEXT)")
    monkeypatch.setattr(cleanup, "_STORE_FIRST", 0.0)
    assert reconcile.tick(ctx) is False


def test_every_column_that_looks_like_a_digest_is_known_to_the_sweep() -> None:
    from studiolo.kernel.db.metadata import metadata
    from studiolo.studio.slices import load_tables

    load_tables()
    no_blobs = {"tokens.hash", "sessions.hash", "login_links.hash", "dataset_versions.digest", "imports.fingerprint"}
    no_blobs |= {"published_keys.hash"}
    no_blobs |= {"import_items.stamp", "audit.actor", "events.actor", "workspaces.name"}
    # of how files are read, and of which files; of what an environment was asked to have, and of what was found for it
    no_blobs |= {"dataset_profile_parts.reading", "dataset_profile_parts.cover"}
    no_blobs |= {"environments.definition_hash", "environments.lock_hash"}
    # hashes of graphs, of components, and of what a step's result depends on
    no_blobs |= {"pipeline_components.digest", "pipeline_definitions.digest", "pipeline_runs.definition"}
    no_blobs |= {"pipeline_steps.key", "pipeline_steps.flight", "pipeline_steps.slot"}
    told = {str(column) for column in references.columns()}
    looks = {
        str(column)
        for table in metadata.sorted_tables
        for column in table.columns
        if getattr(column.type, "length", None) == 64
    }
    assert looks - told - no_blobs == set(), "say NAMES_BLOBS at the column, or list it here if it names no blob"


def test_bad_requests_to_empty_the_bin_name_the_field(client: TestClient) -> None:
    answer = client.post("/w/default/api/experiments/gc", json={"position": "zz"})
    assert (answer.status_code, answer.json()["field"]) == (422, "position")
    assert client.post("/w/default/api/experiments/gc", json={"older_than_days": -1}).status_code == 422


def test_only_an_owner_removes_for_good_and_imports(services: Services) -> None:
    routes = [("POST", "gc"), ("POST", "imports"), ("PUT", "imports/x"), ("POST", "imports/x/experiments")]
    routes += [("POST", "imports/x/known"), ("POST", "imports/x/batches")]
    bodies: dict[str, object] = {
        "imports": {"fingerprint": "0" * 64, "source": "x"},
        "imports/x": {"report": {}},
        "imports/x/experiments": {"experiments": []},
        "imports/x/known": {"kind": "run", "stamps": {}},
    }
    model = {"origin": "0" * 32, "name": "m", "created": 0, "updated": 0, "versions": []}
    for role in Role:
        client = make_client(services, member_token(services, role, f"a {role.value}"))
        answers = {
            path: client.request(method, f"/w/default/api/experiments/{path}", json=bodies.get(path, {})).status_code
            for method, path in routes
        }
        answers["models"] = client.post("/w/default/api/models/imports", json=model).status_code
        denied = [path for path, status in answers.items() if status == 403]
        assert denied == ([] if role is Role.owner else list(answers)), (role, answers)


def test_the_document_of_a_run_that_stays_forgets_a_removed_model(any_ctx: Context) -> None:
    ctx = any_ctx
    _, seq = a_run(ctx)
    now = ctx.clock.now()
    row = {"id": f"m-{'1' * 32}", "workspace_id": ctx.workspace_id, "name": "m", "model_type": "", "status": "READY"}
    life = {"params": {}, "tags": {}, "lifecycle": "deleted", "deleted_at": now, "created_at": now, "updated_at": now}
    with ctx.db.begin() as tx:
        number = tx.execute(select(runs.c.experiment).where(runs.c.seq == seq)).scalar_one()
        tx.execute(insert(logged_models).values(**row, **life, experiment=number))
        tx.execute(insert(run_models).values(run=seq, model_id=row["id"], direction="output", step=0))
    ready_docs.adopt(ctx, 0)
    ready_docs.make(ctx, [seq], shapes.documents)
    assert _all(ctx, older_than_days=0).logged_models == 1
    with ctx.db.read() as tx:
        doc = tx.execute(select(run_docs.c.doc).where(run_docs.c.run == seq)).scalar_one()
        assert doc is None or doc == shapes.documents(tx, [seq])[seq]
        assert row["id"].encode() not in shapes.documents(tx, [seq])[seq]


def test_the_bin_of_another_workspace_is_not_emptied(ctx: Context) -> None:
    run_id = _recorded(ctx)
    client_runs.move(ctx, [run_id], "deleted")
    assert _all(ctx.within("f" * 32, "other"), older_than_days=0).runs == 0
    assert service.get(ctx, run_id)


def test_the_bytes_of_a_deleted_dataset_go_and_those_of_another_stay(
    studio: Studio, ctx: Context, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text(f"a,b\n1,{name}\n2,x\n")
        studio.datasets.create(tmp_path / f"{name}.csv")
    ended = update(runs).where(runs.c.kind == "profile")
    with ctx.db.begin() as tx:
        tx.execute(ended.values(state="Completed"))
    before = {path.name for path in ctx.blobs.root.glob("??/*")}
    studio.datasets.delete("one")
    assert studio.datasets.clean_up(0).versions == 1
    assert [run.name for run in studio.experiments.list(lifecycle="deleted")] == ["profile of one:1"]
    with ctx.db.begin() as tx:  # a day later its row goes too
        tx.execute(text("UPDATE dataset_versions SET deleted_at = '2020-01-01 00:00:00' WHERE lifecycle = 'removed'"))
    recycling.round_of(ctx)
    _old(ctx)
    freed = _all(ctx, older_than_days=0)
    assert freed.runs == 1
    assert freed.files >= 2  # the file and its first rows
    assert len(before) - len({path.name for path in ctx.blobs.root.glob("??/*")}) == freed.files
    assert studio.datasets.preview("two").rows


def test_a_deleted_experiment_with_an_active_run_stays(ctx: Context) -> None:
    with ctx.db.begin() as tx:
        now = ctx.clock.now()
        values = {"workspace_id": ctx.workspace_id, "name": "x", "tags": {}, "artifact_location": ""}
        tx.execute(
            insert(experiments).values(**values, lifecycle="deleted", deleted_at=now, created_at=now, updated_at=now)
        )
    a_run(ctx, "x")
    assert _all(ctx, older_than_days=0).experiments == 0


def test_the_bin_is_listed_emptied_and_left_by_the_commands(cli: Callable[..., Result], ctx: Context) -> None:
    run_id = _recorded(ctx)

    def asked(*words: str) -> str:
        done = cli("experiments", *words)
        assert done.exit_code == 0, done.output
        return done.output

    assert json.loads(asked("delete", run_id, "--output", "json")) == {"deleted": 1}
    assert json.loads(asked("list", "--output", "json")) == []
    assert json.loads(asked("list", "--deleted", "--output", "json"))[0]["remove_at"] is not None
    asked("restore", run_id)
    asked("delete", "--experiment", "1")
    assert "first" in asked("groups", "--deleted")
    asked("restore", "--experiment", "1")
    asked("delete", run_id)
    assert "would remove 1 runs" in asked("gc", "--older-than", "0d", "--dry-run")
    assert "removed 0 runs" in asked("gc")
    assert json.loads(asked("gc", "--older-than", "0d", "--output", "json"))["runs"] == 1
    assert json.loads(asked("list", "--deleted", "--output", "json")) == []
