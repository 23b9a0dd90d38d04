"""Pipelines from submission to their end, with real processes."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, event, func, select

from studiolo.kernel.auth import members
from studiolo.kernel.auth import repository as accounts
from studiolo.kernel.auth import service as auth
from studiolo.kernel.auth.actor import Actor
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.studio.compute.clusters import service as clusters
from studiolo.studio.compute.clusters.schemas import ClusterCreate
from studiolo.studio.compute.tables import holdings
from studiolo.studio.datasets import service as datasets
from studiolo.studio.experiments import artifacts, at_once, claims, lineage
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.experiments.tracking_tables import artifacts as runs_artifacts
from studiolo.studio.pipelines import plans, reconcile, service
from studiolo.studio.pipelines.schemas import Port
from studiolo.studio.pipelines.tables import pipeline_steps
from studiolo.studio.workspace.vault import service as vault
from studiolo.studio.workspace.vault.schemas import SecretSet
from tests.studio.pipelines.graphs import (
    by_path,
    diamond,
    ended,
    graph_of,
    output,
    parent,
    pipeline,
    states,
    step,
    text_of,
)


def test_a_diamond_runs_in_order_and_its_result_is_the_pipelines(any_ctx: Context) -> None:
    ctx = any_ctx
    run = service.submit(ctx, diamond("x"))
    assert run.run.state == "Queued"
    done = ended(ctx, run)
    assert (done.run.state, done.run.error) == ("Completed", None)
    assert states(ctx, run) == dict.fromkeys(("first", "left", "right", "last"), "Completed")
    assert text_of(ctx, run, "last") == "left-x\nright-x\n"
    assert artifacts.open_(ctx, run.run.id, "result/f.txt").read_text() == "left-x\nright-x\n"
    assert (done.counts.total, done.counts.completed) == (4, 4)
    children = experiments.children(ctx, run.run.id)
    assert [child.name for child in children] == ["first", "left", "right", "last"]
    with ctx.db.read() as tx:
        edges = {(edge.source, edge.target) for edge in lineage.around(tx, ctx, f"run:{children[0].id}")}
    assert (f"run:{children[0].id}", f"run:{children[1].id}") in edges
    found = by_path(ctx, run)
    assert found["last"].needs == ["left", "right"]
    assert (found["first"].ended_at or found["first"].started_at) <= found["left"].started_at  # type: ignore[operator]


def test_a_step_gets_the_secrets_that_who_started_the_pipeline_may_use(ctx: Context) -> None:
    vault.set_(ctx, "db", SecretSet(value=SecretStr("kanarie-9f8e7d")))
    one = step('test "$PW" = kanarie-9f8e7d && echo same > ${{outputs.out}}/f.txt', makes={"out": "uri_folder"})
    one["task"]["secrets"] = {"PW": "db"}
    run = ended(ctx, service.submit(ctx, pipeline({"one": one})))
    assert (run.run.state, run.run.error) == ("Completed", None)
    assert text_of(ctx, run, "one") == "same\n"


@pytest.mark.parametrize("lost", ["role", "membership"])
def test_a_pipeline_goes_on_with_the_rights_that_who_started_it_has_then(
    ctx: Context, tmp_path: Path, lost: str
) -> None:
    with ctx.db.begin() as tx:
        account = auth.create_account(tx, ctx.clock, "ann", None)
        accounts.set_role(tx, ctx.workspace_id, account, Role.data_scientist.value)
    mine = replace(ctx, actor=Actor(account, "ann", Role.data_scientist))
    go, log = tmp_path / "go", tmp_path / "log"
    waits = step(f"until test -e {go}; do sleep 0.01; done")
    run = service.submit(mine, pipeline({"one": waits, "two": step(f"echo > {log} ", after=["one"])}))
    reconcile.tick(ctx)
    (job,) = experiments.children(ctx, run.run.id)
    with ctx.db.begin() as tx:
        if lost == "role":
            accounts.set_role(tx, ctx.workspace_id, account, Role.reader.value)
        else:
            members.remove_member(tx, ctx.workspace_id, account)
    go.touch()
    done = ended(ctx, run)
    assert (done.run.state, states(ctx, run)) == ("Failed", {"one": "Completed", "two": "Failed"})
    assert "'ann' has" in str(done.run.error)
    assert "pipelines.write" in str(done.run.error)
    assert job.user == "ann"
    assert not log.exists()


@pytest.mark.parametrize("narrow", [True, False])
def test_later_steps_start_with_no_more_than_the_token_allowed(any_ctx: Context, *, narrow: bool) -> None:
    datasets.create_sample(any_ctx, "titanic")
    scopes = frozenset({"pipelines.*", "experiments.*"}) if narrow else None
    mine = replace(any_ctx, actor=replace(any_ctx.actor, scopes=scopes))
    name = step("echo titanic > ${{outputs.name}}", makes={"name": "string"})
    # what it is, is known when the step starts
    bound = {"type": "uri_file", "path": "azureml:" + output("one", "name")}
    reads = step("cat ${{inputs.data}} ", inputs={"data": bound}, declares={"data": "uri_file"})
    inner = graph_of(
        {"reads": reads | {"reuse": False, "inputs": {"data": {**bound, "path": "azureml:" + parent("name")}}}}
    )
    inner = inner.model_copy(update={"inputs": {"name": Port(type="string")}})
    nested = {"kind": "pipeline", "graph": inner.model_dump(mode="json", exclude_defaults=True)}
    nested |= {"declares": {"name": {"type": "string"}}, "inputs": {"name": output("one", "name")}}
    run = service.submit(
        mine, pipeline({"one": name, "two": reads, "three": nested}, settings={"continue_on_step_failure": True})
    )
    done = ended(any_ctx, run)
    found = by_path(any_ctx, done)
    wanted = "Failed" if narrow else "Completed"
    assert {path: one.state for path, one in found.items()} == {
        "one": "Completed",
        "two": wanted,
        "three": wanted,
        "three/reads": wanted,
    }
    if narrow:
        assert "a token narrower than it; this needs the permission 'datasets.read'" in str(found["two"].error)
        assert "'datasets.read'" in str(found["three/reads"].error)


@pytest.mark.parametrize("kind", ["uri_file", "integer"])
def test_an_output_that_a_step_did_not_write_fails_it(any_ctx: Context, kind: str) -> None:
    ctx = any_ctx
    reads = step("cat ${{inputs.x}}", inputs={"x": output("one")}, declares={"x": kind})
    run = ended(ctx, service.submit(ctx, pipeline({"one": step(makes={"out": kind}), "two": reads})))
    assert (run.run.state, run.run.failure) == ("Failed", "output_missing")
    assert str(run.run.error).startswith("Step 'one' failed: Output 'out'")
    found = by_path(ctx, run)
    assert (found["one"].failure, found["two"].state) == ("output_missing", "Skipped")
    assert service.list_runs(ctx, experiments.RunFilter()).items[0].run.id == run.run.id


def test_no_commit_names_bytes_that_are_not_on_the_disk(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    sync, named = os.fsync, set[str]()

    def slow(descriptor: int) -> None:
        time.sleep(0.02)
        sync(descriptor)

    def committing(connection: Connection) -> None:
        found = set(connection.execute(select(runs_artifacts.c.digest)).scalars())
        found |= {
            str(file["digest"])
            for outputs in connection.execute(select(pipeline_steps.c.outputs)).scalars()
            for made in (outputs or {}).values()
            for file in made.get("files", ())
        }
        assert [digest for digest in found if not ctx.blobs.location(digest).is_file()] == []  # type: ignore[attr-defined]
        named.update(found)

    monkeypatch.setattr(os, "fsync", slow)
    event.listen(ctx.db.engine, "commit", committing)
    run = ended(ctx, service.submit(ctx, diamond("x")))
    assert (run.run.state, run.run.error) == ("Completed", None)
    assert len(named) > 6


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_step_begins_in_the_transaction_that_makes_it(ctx: Context, tmp_path: Path, forgotten: bool) -> None:
    log = tmp_path / "log"
    run = service.submit(ctx, pipeline({"one": step(f"echo $MLFLOW_TRACKING_TOKEN >> {log} ")}))
    reconcile.tick(ctx)
    (job,) = experiments.children(ctx, run.run.id)
    assert (job.state, job.attempt) == ("Starting", 1)
    assert not (ctx.settings.attempts / job.id).exists()
    if forgotten:  # the controller was killed before it started what it had recorded
        at_once._tokens.clear()
    assert ended(ctx, run).run.state == "Completed"
    assert len(log.read_text().split()) == 1
    with ctx.db.read() as tx:
        held = tx.execute(select(func.count()).select_from(holdings)).scalar_one()
    assert held == 0


def test_a_step_waits_behind_those_that_were_there_before_it(ctx: Context) -> None:
    before = experiments.submit(ctx, JobSpec(command=["true "]))
    run = service.submit(ctx, pipeline({"one": step(), "two": step()}))
    reconcile.tick(ctx)
    assert {job.state for job in experiments.children(ctx, run.run.id)} == {"Queued"}
    assert ended(ctx, run).run.state == "Completed"
    assert experiments.get(ctx, before.id).state == "Completed"


def test_the_same_again_is_taken_over_without_a_process(any_ctx: Context) -> None:
    ctx = any_ctx
    first = ended(ctx, service.submit(ctx, diamond("x")))
    again = ended(ctx, service.submit(ctx, diamond("x")))
    assert states(ctx, again) == dict.fromkeys(("first", "left", "right", "last"), "Reused")
    assert again.run.state == "Completed"
    origin = by_path(ctx, first)["last"]
    detail = service.step(ctx, again.run.id, "last")
    assert detail.state.origin_run_id == origin.run_id
    assert detail.reuse is not None
    assert (detail.reuse.outcome, detail.reuse.origin_pipeline_id) == ("reused", first.run.id)
    assert text_of(ctx, again, "last") == "left-x\nright-x\n"
    assert artifacts.open_(ctx, str(detail.state.run_id), "out/f.txt").read_text() == "left-x\nright-x\n"
    assert experiments.get(ctx, str(detail.state.run_id)).state == "Reused"


def test_a_miss_names_the_part_that_changed(ctx: Context) -> None:
    ended(ctx, service.submit(ctx, diamond("x")))
    other = ended(ctx, service.submit(ctx, diamond("y")))
    assert set(states(ctx, other).values()) == {"Completed"}
    why = service.step(ctx, other.run.id, "first").reuse
    assert why is not None
    assert (why.outcome, why.text) == ("missed", "Parameter `word` changed: x → y.")
    last = service.step(ctx, other.run.id, "last").reuse
    assert last is not None
    assert [change.part for change in last.changes] == ["input a", "input b"]


def test_a_failure_leaves_what_needs_it_out(ctx: Context) -> None:
    steps = {
        "bad": step("echo so far; exit 3", makes={"out": "uri_folder"}),
        "after": step("ls ${{inputs.a}}", inputs={"a": output("bad")}),
        "beside": step("sleep 0.3"),
    }
    run = ended(ctx, service.submit(ctx, pipeline(steps)))
    assert states(ctx, run) == {"bad": "Failed", "after": "Skipped", "beside": "Completed"}
    assert (run.run.state, run.run.failure) == ("Failed", "user_error")
    assert "Step 'bad' failed" in (run.run.error or "")
    assert by_path(ctx, run)["after"].error == "Not started: bad failed."


def test_of_steps_that_start_together_the_one_whose_run_cannot_be_made_fails(ctx: Context) -> None:
    bad = step("echo bad")
    bad["task"]["tags"] = {"a//b": "no name of a tag"}
    steps = {"first": step("echo 1"), "bad": bad, "last": step("echo 2")}
    run = ended(ctx, service.submit(ctx, pipeline(steps, settings={"continue_on_step_failure": True})))
    assert states(ctx, run) == {"first": "Completed", "bad": "Failed", "last": "Completed"}
    assert "cannot be a name" in (by_path(ctx, run)["bad"].error or "")


def test_a_pipeline_costs_what_its_own_jobs_cost(any_ctx: Context) -> None:
    ctx = any_ctx
    free = ended(ctx, service.submit(ctx, diamond("free")))
    assert listed_costs(ctx) == {free.run.id: None}  # nothing here has a price
    clusters.create(ctx, ClusterCreate(name="priced", cores=1, price_per_hour=360.0))
    first = ended(ctx, service.submit(ctx, diamond("x", settings={"default_compute": "priced"})))
    assert first.run.state == "Completed", first.run.error
    jobs = [str(one.run_id) for one in by_path(ctx, first).values()]
    cost = service.cost(ctx, first.run.id).cost
    assert cost == pytest.approx(sum(clusters.cost(ctx, job).cost for job in jobs))
    assert cost > 0
    again = ended(ctx, service.submit(ctx, diamond("x", settings={"default_compute": "priced"})))
    assert service.cost(ctx, again.run.id).cost == 0
    assert listed_costs(ctx) == {free.run.id: 0, first.run.id: pytest.approx(cost), again.run.id: 0}


def listed_costs(ctx: Context) -> dict[str, float | None]:
    page = service.list_runs(ctx, experiments.RunFilter(top_level=True, kinds=["pipeline"]))
    return {one.run.id: one.cost for one in page.items}


def test_a_nested_pipeline_costs_what_is_below_it(ctx: Context) -> None:
    clusters.create(ctx, ClusterCreate(name="priced", cores=1, price_per_hour=360.0))
    each = {"kind": "parallel_for", "items": [{"n": "1"}, {"n": "2"}], "body": "one"}
    steps = {"alone": step("true a"), "each": each, "one": step("true ${{inputs.n}}", inputs={"n": "0"})}
    done = ended(ctx, service.submit(ctx, pipeline(steps, settings={"default_compute": "priced"})))
    assert done.run.state == "Completed", done.run.error
    found = by_path(ctx, done)
    nested = service.cost(ctx, str(found["each"].run_id)).cost
    alone = clusters.cost(ctx, str(found["alone"].run_id)).cost
    assert nested > 0
    assert service.cost(ctx, done.run.id).cost == pytest.approx(nested + alone)
    assert listed_costs(ctx) == {done.run.id: pytest.approx(nested + alone)}


def test_the_steps_with_the_longest_chain_behind_them_are_taken_first(ctx: Context) -> None:
    inner = {"x": step(), "y": step(after=["x"])}
    steps = {
        "short": step("echo short"),
        "begins": step("echo begins"),
        "asks": {"kind": "if_else", "condition": True, "if_true": ["then"], "after": ["begins"]},
        "then": step(),
        "nests": {"kind": "pipeline", "graph": {"steps": inner}, "after": ["then"]},
        "other": step("echo other"),
        "ends": step(after=["other"]),
    }
    spec = pipeline(steps)
    assert plans.made("", spec.graph).follows == {
        "short": 0, "begins": 3, "asks": 3, "then": 2, "nests": 0, "other": 1, "ends": 0,
    }  # fmt: skip
    service.submit(ctx, spec)
    reconcile.tick(ctx)
    with ctx.db.read() as tx:
        assert [claim.name for claim in claims.live(tx, ctx.workspace_id)] == ["begins", "other", "short"]
