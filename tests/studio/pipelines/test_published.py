"""Published pipelines: versions that never change, a default, keys that open one thing only, starts that name what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth import members
from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied
from studiolo.studio.experiments import service as experiments
from studiolo.studio.pipelines import service as pipelines
from studiolo.studio.pipelines.published import service
from studiolo.studio.pipelines.published.errors import PublishedDisabled, PublishedInUse, PublishedNotFound
from studiolo.studio.pipelines.published.schemas import Publish, PublishedPatch, Start
from studiolo.testing.client import make_client, member_token
from tests.studio.pipelines.graphs import parent, pipeline, step

URL = "/w/default/api/pipelines/published"


def spec(text: str = "one", **rest: Any) -> dict[str, Any]:
    """A pipeline that needs a rate, and has a word."""
    inputs = {"word": {"type": "string"}, "rate": {"type": "number", "min": 0, "max": 1}}
    given = {"word": parent("word"), "rate": parent("rate")}
    made = pipeline(
        {"say": step(f"echo {text} ${{{{inputs.word}}}} ${{{{inputs.rate}}}}", inputs=given, declares={**inputs})},
        inputs=inputs,
        values={"word": "hi"},
        **rest,
    )
    return made.model_dump(mode="json", exclude_defaults=True)


def publish(ctx: Context, text: str = "one", **rest: Any) -> Any:
    return service.publish(ctx, Publish.model_validate({"name": "score", "spec": spec(text), **rest}))


def with_key(client: TestClient, key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_versions_never_change_and_the_default_moves(any_ctx: Context) -> None:
    ctx = any_ctx
    assert [key.slot for key in publish(ctx).new_keys] == ["primary", "secondary"]
    second = publish(ctx, "two", note="louder", default=False)
    assert (second.default_version, second.newest, second.new_keys) == (1, 2, [])
    assert [(one.number, one.note, one.given) for one in second.versions] == [
        (2, "louder", ["word"]),
        (1, "", ["word"]),
    ]
    started = service.start(ctx, "score", Start(inputs={"rate": 0.5}), "owner")
    named = service.start(ctx, "score", Start(inputs={"rate": 0.5}, version=2), "owner")
    assert (started.version, named.version) == (1, 2)
    service.change(ctx, "score", PublishedPatch(default_version=2))
    assert service.start(ctx, "score", Start(inputs={"rate": 0.5}), "owner").version == 2
    run = pipelines.get(ctx, started.run_id)
    assert run.values == {"word": "hi", "rate": 0.5}
    assert run.tags["studiolo.published"] == "score:1"
    assert [one.run_id for one in service.runs(ctx, "score").items][-1] == started.run_id
    with pytest.raises(PublishedNotFound):
        service.change(ctx, "score", PublishedPatch(default_version=9))


def test_a_key_starts_its_pipeline_and_reads_that_run_and_nothing_else(
    services: Services, ctx: Context, client: TestClient
) -> None:
    made = client.post(URL, json={"name": "score", "spec": spec()}).json()
    other = client.post(URL, json={"name": "other", "spec": spec("other")}).json()
    primary, secondary = (key["key"] for key in made["new_keys"])
    assert primary not in json.dumps(client.get(f"{URL}/score").json())
    with make_client(services, token=primary) as caller:
        reply = caller.post(f"{URL}/score/runs", json={"inputs": {"rate": 1, "word": "you"}})
        assert reply.status_code == 201, reply.text
        started = reply.json()
        assert (started["state"], started["version"], started["by"]) == ("Queued", 1, "key primary")
        assert started["url"].endswith(f"/w/default/pipelines/{started['run_id']}")
        state = started["state_url"].partition("/w/")
        assert caller.get("/w/" + state[2]).json()["run_id"] == started["run_id"]
        foreign = client.post(f"{URL}/other/runs", json={"inputs": {"rate": 1}}).json()
        plain = pipelines.submit(ctx, pipeline({"a": step("true")})).run.id
        for method, path, status in (
            ("POST", f"{URL}/other/runs", 403),
            ("GET", f"{URL}/other/runs/{foreign['run_id']}", 403),
            ("GET", f"{URL}/score/runs/{foreign['run_id']}", 404),
            ("GET", f"{URL}/score/runs/{plain}", 404),
            ("GET", f"{URL}/score", 401),
            ("GET", f"{URL}/score/runs", 401),
            ("POST", f"{URL}/score/keys/primary", 401),
            ("GET", f"/w/default/api/pipelines/runs/{started['run_id']}", 401),
            ("POST", "/w/else/api/pipelines/published/score/runs", 403),
        ):
            found = caller.request(method, path, json={"inputs": {"rate": 1}} if method == "POST" else None)
            assert found.status_code == status, (method, path, found.text)
        fresh = client.post(f"{URL}/score/keys/primary").json()["key"]
        assert caller.post(f"{URL}/score/runs", json={"inputs": {"rate": 1}}).status_code == 401
    for key in (fresh, secondary):
        with make_client(services, token=key) as caller:
            assert caller.post(f"{URL}/score/runs", json={"inputs": {"rate": 1}}).status_code == 201
    assert all(key["used_at"] for key in client.get(f"{URL}/score").json()["keys"])
    assert len(other["new_keys"]) == 2
    assert experiments.get(ctx, started["run_id"]).user == "owner"


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({}, "inputs.rate"),
        ({"rate": 2}, "inputs.rate"),
        ({"rate": "fast"}, "inputs.rate"),
        ({"rate": 0.5, "speed": 1}, "inputs.speed"),
        ({"rate": {"type": "uri_file", "path": "azureml:gone:1"}}, "inputs.rate"),
    ],
)
def test_a_start_that_does_not_fit_names_the_input(client: TestClient, inputs: Any, field: str) -> None:
    client.post(URL, json={"name": "score", "spec": spec()})
    reply = client.post(f"{URL}/score/runs", json={"inputs": inputs})
    assert (reply.status_code, reply.json()["field"]) == (422, field), reply.text
    assert client.get(f"{URL}/score/runs").json()["items"] == []


def test_disabled_it_starts_nothing_and_its_versions_stay(ctx: Context) -> None:
    publish(ctx)
    service.change(ctx, "score", PublishedPatch(enabled=False))
    with pytest.raises(PublishedDisabled):
        service.start(ctx, "score", Start(inputs={"rate": 1}), "owner")
    service.change(ctx, "score", PublishedPatch(enabled=True))
    assert service.start(ctx, "score", Start(inputs={"rate": 1}), "owner").state == "Queued"


def test_it_runs_with_the_rights_that_its_publisher_has_then(ctx: Context) -> None:
    from tests.studio.schedules.test_firing import member

    ada = member(ctx, Role.data_scientist)
    publish(ada)
    run = service.start(ctx, "score", Start(inputs={"rate": 1}), "key primary")
    assert experiments.get(ctx, run.run_id).user == "ada"
    with ctx.db.begin() as tx:
        members.update_account(tx, ada.actor.id, {"disabled": True})
    with pytest.raises(Denied, match="ada"):
        service.start(ctx, "score", Start(inputs={"rate": 1}), "key primary")


def test_what_cannot_run_is_not_published(client: TestClient) -> None:
    bad = spec()
    bad["graph"]["steps"]["say"]["inputs"]["rate"] = "${{parent.inputs.gone}}"
    reply = client.post(URL, json={"name": "score", "spec": bad})
    assert reply.status_code == 422
    assert client.get(URL).json()["items"] == []


def test_a_schedule_runs_it_and_keeps_it_from_being_removed(ctx: Context) -> None:
    from tests.studio.schedules.worlds import held, history, make, tick

    ctx, clock = held(ctx)
    publish(ctx)
    make(ctx, target={"kind": "published", "name": "score", "inputs": {"rate": 0.5, "word": "${{trigger.time}}"}})
    publish(ctx, "two")
    clock.advance(600)
    tick(ctx)
    fired = history(ctx)[0]
    run = pipelines.get(ctx, str(fired.run_id))
    assert run.values == {"word": "2026-01-01T12:10:00Z", "rate": 0.5}
    assert run.tags["studiolo.published"] == "score:2"  # the default version then
    assert [one.by for one in service.runs(ctx, "score").items] == ["schedule often"]
    with pytest.raises(PublishedInUse, match="schedule often"):
        service.remove(ctx, "score")
    service.change(ctx, "score", PublishedPatch(enabled=False))
    clock.advance(600)
    tick(ctx)
    assert "disabled" in history(ctx)[1].reason or "had not ended" in history(ctx)[1].reason


def test_a_reader_sees_and_starts_nothing(services: Services, client: TestClient) -> None:
    client.post(URL, json={"name": "score", "spec": spec()})
    with make_client(services, member_token(services, Role.reader)) as reader:
        assert reader.get(f"{URL}/score").status_code == 200
        assert reader.post(f"{URL}/score/runs", json={"inputs": {"rate": 1}}).status_code == 403
        assert reader.post(f"{URL}/score/keys/primary").status_code == 403
        assert reader.delete(f"{URL}/score").status_code == 403


def test_the_command_line_publishes_starts_and_moves_the_default(cli: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text(
        "type: pipeline\ninputs: {word: hi}\nsettings: {default_compute: local}\n"
        'jobs: {say: {command: "echo ${{inputs.word}}", environment: "", inputs: {word: "${{parent.inputs.word}}"}}}\n'
    )
    made = cli("pipelines", "published", "create", "greet", str(tmp_path / "p.yml"))
    assert made.exit_code == 0, made.output
    assert "published_" in made.output
    assert cli("pipelines", "published", "create", "greet", str(tmp_path / "p.yml"), "--keep-default").exit_code == 0
    started = json.loads(cli("pipelines", "published", "start", "greet", "--set", "word=you", "-o", "json").output)
    assert (started["version"], started["state"]) == (1, "Queued")
    assert cli("pipelines", "published", "default", "greet", "2").exit_code == 0
    assert started["run_id"] in cli("pipelines", "published", "runs", "greet").output
    assert "word" in cli("pipelines", "published", "versions", "greet").output
    assert "published_" in cli("pipelines", "published", "rotate", "greet", "--secondary").output
    assert cli("pipelines", "published", "delete", "greet").exit_code == 0
    assert "No pipeline is published yet" in cli("pipelines", "published", "list").output


def test_a_file_that_leaves_data_open_is_published_and_its_start_names_them(
    cli: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "p.yml").write_text(
        "type: pipeline\ninputs: {table: {type: uri_file}}\nsettings: {default_compute: local}\n"
        'jobs: {say: {command: "cat ${{inputs.table}}", environment: "", inputs: {table: "${{parent.inputs.table}}"}}}\n'
    )
    made = cli("pipelines", "published", "create", "count", str(tmp_path / "p.yml"))
    assert made.exit_code == 0, made.output
    assert "table (needed)" in cli("pipelines", "published", "versions", "count").output
    for command in (("published", "start", "count"), ("submit", str(tmp_path / "p.yml"))):
        refused = cli("pipelines", *command)
        assert refused.exit_code == 1
        assert str(refused.exception).startswith("Input 'table' of the pipeline is given nothing.")


def test_a_member_with_the_name_of_a_key_uses_none(ctx: Context) -> None:
    publish(ctx)
    service.start(ctx, "score", Start(inputs={"rate": 1}), "key primary")
    assert [key.used_at for key in service.get(ctx, "score").keys] == [None, None]
