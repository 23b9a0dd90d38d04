"""What is said of a graph, and which key a step has, is worked out once in a process; never is it taken for another's."""

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments import job_resolution
from studiolo.studio.experiments.job_schemas import DataInput
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines import interfaces, keys, known, plans, recalled, repository, service
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.plans import Plan
from tests.studio.pipelines.graphs import ended, pipeline, states, step

FILE = Held(type="uri_file", files=[InputFile(path="a", digest="d")], label="a")


def plan_of(**change: object) -> Plan:
    graph = interfaces.inferred(pipeline({"a": step("echo ${{inputs.x}}", inputs={"x": 1}, **change)}).graph)
    return plans.made(plans.digest_of(plans.document(graph)), graph)


def signs(ctx: Context) -> dict[str, object]:
    def sign(given: Held, **change: object) -> object:
        return recalled.sign(ctx, plan_of(**change), "a", {"x": given})

    return {
        "whole": sign(Held(type="integer", value=1)),
        "truth": sign(Held(type="boolean", value=True)),
        "text": sign(Held(type="string", value="1")),
        "file": sign(FILE),
        "folder": sign(FILE.model_copy(update={"type": "uri_folder"})),
        "other file": sign(FILE.model_copy(update={"files": [InputFile(path="a", digest="e")]})),
        "manifest": sign(FILE.model_copy(update={"files": [InputFile(path="a", digest="d", manifest=True)]})),
        "other graph": sign(FILE, env={"A": "b"}),
    }


def test_what_may_have_another_key_has_another_sign(ctx: Context) -> None:
    found = signs(ctx)
    assert len({*found.values()}) == len(found)
    assert found == signs(ctx)


def test_an_environment_of_another_content_has_another_sign(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(environment="mine@latest")
    found = set()
    for lock in ("1", "2"):
        monkeypatch.setattr(job_resolution, "lock_of", lambda _ctx, _name, lock=lock: lock)
        found.add(recalled.sign(ctx, plan, "a", {"x": FILE}))
    assert len(found) == 2


def test_what_is_found_out_when_a_step_starts_is_not_recalled(ctx: Context) -> None:
    data = Held(type="uri_folder", data=DataInput(path="azureml:mine:1"))
    assert recalled.sign(ctx, plan_of(), "a", {"x": data}) is None
    kept = plan_of(makes={"o": "uri_folder"}, outputs={"o": {"path": "azureml://datastores/d/paths/x"}})
    assert recalled.sign(ctx, kept, "a", {"x": FILE}) is None


def test_a_key_is_worked_out_once(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = pipeline({"a": step("echo once > ${{outputs.o}}/f", makes={"o": "uri_folder"})})
    asked = []
    parts = keys.parts
    monkeypatch.setattr(keys, "parts", lambda *given: asked.append(given) or parts(*given))
    first = ended(ctx, service.submit(ctx, spec))
    again = ended(ctx, service.submit(ctx, spec))
    assert (states(ctx, first), states(ctx, again)) == ({"a": "Completed"}, {"a": "Reused"})
    assert len(asked) == 1
    before, after = (service.step(ctx, run.run.id, "a") for run in (first, again))
    assert (before.key, before.parts) == (after.key, after.parts)


def test_a_recalled_result_whose_bytes_are_gone_is_none(ctx: Context) -> None:
    spec = pipeline({"a": step("echo gone > ${{outputs.o}}/f", makes={"o": "uri_folder"})})
    first = ended(ctx, service.submit(ctx, spec))
    ended(ctx, service.submit(ctx, spec))
    content = service.step(ctx, first.run.id, "a").outputs["o"]
    ctx.blobs.location(content.digest).unlink()
    assert states(ctx, ended(ctx, service.submit(ctx, spec))) == {"a": "Completed"}


def test_a_right_graph_is_looked_through_once_and_a_wrong_one_each_time() -> None:
    spec = pipeline({"a": step("echo ${{inputs.x}}", inputs={"x": 1})})
    (one, none), (other, _) = known.graph(spec.graph), known.graph(spec.graph.model_copy(deep=True))
    assert one is other
    assert none == []
    assert known.digest(one) == plans.digest_of(plans.document(one))
    assert known.digest(one.model_copy()) is None
    wrong = pipeline({"a": step("echo ${{inputs.x}}", inputs={"x": "${{parent.jobs.b.outputs.o}}"})}).graph
    for _ in range(2):
        graph, problems = known.graph(wrong)
        assert problems
        assert known.digest(graph) is None


def test_a_definition_that_was_swept_is_kept_anew(ctx: Context) -> None:
    spec = pipeline({"a": step("echo swept > ${{outputs.o}}/f", makes={"o": "uri_folder"})})
    first = ended(ctx, service.submit(ctx, spec))
    graph = service.get(ctx, first.run.id).graph
    with ctx.db.begin() as tx:
        digest = service.row(ctx, first.run.id).definition
        tx.execute(repository.definitions.delete())
    again = service.submit(ctx, spec)
    with ctx.db.read() as tx:
        assert repository.definition(tx, ctx, digest) == plans.document(graph)
    assert states(ctx, ended(ctx, again)) == {"a": "Reused"}
