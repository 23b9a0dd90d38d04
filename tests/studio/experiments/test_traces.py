"""Traces as pages, Python and the command line see them."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments import artifacts, service, trace_overview, trace_writing, traces
from studiolo.studio.experiments.errors import TraceNotFound
from studiolo.studio.experiments.trace_schemas import TraceSearch
from tests.studio.experiments.mlflow.test_traces import attribute, batch, span
from tests.studio.experiments.runs import a_run

A, B = f"tr-{1:032x}", f"tr-{2:032x}"


def two_traces(ctx: Context) -> None:
    """A finished one of three spans, one of them lost its parent; and one that failed."""
    said = [attribute("input.value", "refund 50% of_it"), attribute("mlflow.spanType", "AGENT"), attribute("k", "v")]
    event = {"name": "exception", "timeUnixNano": str(10**18 + 10**6), "attributes": [attribute("exception.type", "E")]}
    root = span(1, 1, attributes=said)
    trace_writing.record(ctx, "0", batch(root, span(1, 2, parent=1, events=[event]), span(1, 3, parent=9)))
    trace_writing.record(ctx, "0", batch(span(2, 1, status={"code": 2, "message": "boom"}, name="other")))


def test_a_trace_is_shown_with_its_spans(any_ctx: Context) -> None:
    two_traces(any_ctx)
    found = trace_overview.get(any_ctx, A)
    assert (found.name, found.state, found.spans, found.request) == ("span 1", "OK", 3, "refund 50% of_it")
    root, child, lost = found.steps
    assert (root.parent, root.type, root.inputs, root.attributes) == (None, "AGENT", "refund 50% of_it", {"input.value": root.inputs, "k": "v"})  # fmt: skip
    assert child.parent == root.id
    assert child.events[0].attributes == {"exception.type": "E"}
    assert lost.parent == f"{9:016x}"
    failed = trace_overview.get(any_ctx, B).steps[0]
    assert (failed.status, failed.message) == ("ERROR", "boom")
    with pytest.raises(TraceNotFound):
        trace_overview.get(any_ctx, "tr-unknown")


def test_traces_are_found_by_words_filter_run_and_experiment(any_ctx: Context) -> None:
    two_traces(any_ctx)
    run = service.get(any_ctx, a_run(any_ctx)[0])
    traces.link_to_run(any_ctx, [B, "tr-unknown"], run.id)

    def ids(**wanted: Any) -> list[str]:
        return [item.id for item in trace_overview.search(any_ctx, TraceSearch(**wanted)).items]

    assert sorted(ids()) == [A, B]
    assert ids(text="50% OF_") == [A]
    assert ids(text="50_") == []
    assert ids(text=B) == [B]
    assert ids(filter="status = 'ERROR'") == [B]
    assert ids(run_id=run.id) == [B]
    assert ids(run_id=run.id, filter="status = 'OK'") == []
    assert sorted(ids(experiment="Default")) == sorted(ids(experiment="0")) == [A, B]
    assert ids(experiment="no such") == []
    first = trace_overview.search(any_ctx, TraceSearch(limit=1, order_by=["name DESC"]))
    assert [item.id for item in first.items] == [A]
    again = trace_overview.search(any_ctx, TraceSearch(limit=1, order_by=["name DESC"], cursor=first.next))
    assert ([item.id for item in again.items], again.next) == ([B], None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name RLIKE '^span [0-9]$'", [A]),
        ("name RLIKE 'oth|nobody'", [B]),
        ("name RLIKE '(?i)OTHER'", [B]),
        (r"name RLIKE '\bther'", []),
        (r"name RLIKE '\bothe'", [B]),
        ("status RLIKE 'ERR.R'", [B]),
        ("tags.team RLIKE '^bl'", [A]),
        ("tags.none RLIKE '.'", []),
        ("span.type RLIKE 'AG'", [A]),
        ("span.attributes.k RLIKE '^v$'", [A]),
        ("span.attributes.k RLIKE 'v.'", []),
        ("span.attributes.k RLIKE '^x|v$'", [A]),
        ("span.attributes.k RLIKE '^v|^x'", [A]),
        ("span.attributes.k RLIKE '(?i)^V$'", [A]),
        (r"span.attributes.k RLIKE '^\S+.$'", []),
        ("span.attributes.k RLIKE '^[^x]+v'", []),
        ("span.attributes.k RLIKE '^" + "." * 70 + "'", []),
        ("name RLIKE '(?:b).*'", []),
        ("span.attributes.`input.value` RLIKE 'refund [0-9]+%'", [A]),
        ("name RLIKE '(a+)+$'", []),
    ],
)
def test_patterns_find_traces_alike_on_both_databases(any_ctx: Context, text: str, found: list[str]) -> None:
    two_traces(any_ctx)
    traces.change_tags(any_ctx, A, {"team": "blue"})
    assert [item.id for item in trace_overview.search(any_ctx, TraceSearch(filter=text)).items] == found


@pytest.mark.parametrize("version", [2, 3])
def test_spans_in_a_clients_file_are_shown_too(any_ctx: Context, version: int) -> None:
    told = {"state": "OK", "started": 1000, "duration": 5}
    trace_writing.start(any_ctx, "0", "tr-file", told, {"mlflow.traceName": "f"}, {})
    about = {"name": "f", "attributes": {"mlflow.spanInputs": '{"x": 1}', "mlflow.spanType": '"TOOL"'}}
    if version == 2:
        ids = {"context": {"span_id": "0x00000000000000aa", "trace_id": "0x1"}, "parent_id": None}
        more: Any = {"start_time": 1_001_000_000, "end_time": 1_003_000_000, "status_code": "OK", "events": []}
    else:
        ids = {"span_id": base64.b64encode(bytes.fromhex("00000000000000aa")).decode(), "parent_span_id": None}
        more = {
            "start_time_unix_nano": 1_001_000_000,
            "end_time_unix_nano": 1_003_000_000,
            "status": {"code": "STATUS_CODE_OK"},
        }
    body = json.dumps({"spans": [{**about, **ids, **more}, {"name": "broken"}]}).encode()
    with any_ctx.db.begin() as tx:
        experiment = traces.find(tx, any_ctx, "tr-file").experiment
        artifacts.put_at(tx, any_ctx, f"{traces.folder(experiment, 'tr-file')}/traces.json", any_ctx.blobs.put(body))
    (step,) = trace_overview.get(any_ctx, "tr-file").steps
    assert (step.id, step.type, step.inputs, step.offset_ms, step.duration_ms) == (
        "00000000000000aa",
        "TOOL",
        {"x": 1},
        1,
        2,
    )
    assert traces.remove(any_ctx, "0", trace_ids=["tr-file"]) == 1
    with any_ctx.db.read() as tx:
        assert list(artifacts.below(tx, any_ctx, f"{experiment}/traces")) == []


def test_python_and_the_command_line_see_the_same(ctx: Context, studio: Studio, cli: Callable[..., Result]) -> None:
    two_traces(ctx)
    assert {item.id for item in studio.experiments.traces.search(limit=5)} == {A, B}
    assert studio.experiments.traces.get(A).spans == 3
    listed = json.loads(cli("experiments", "traces", "list", "--filter", "status = 'ERROR'", "-o", "json").output)
    assert [item["id"] for item in listed] == [B]
    tree = cli("experiments", "traces", "show", A).output
    assert tree.index("span 1") < tree.index("span 2")
    assert "span 3" in tree
    tagged = cli("experiments", "traces", "tag", A, "team=blue", "why=a = b", "-o", "json").output
    assert json.loads(tagged)["tags"] == {"team": "blue", "why": "a = b"}
    removed = cli("experiments", "traces", "tag", A, "team", "--remove", "-o", "json").output
    assert json.loads(removed)["tags"] == {"why": "a = b"} == studio.experiments.traces.get(A).tags
    assert isinstance(cli("experiments", "traces", "tag", A, "team").exception, Invalid)
    assert json.loads(cli("experiments", "traces", "delete", A, B, "-o", "json").output) == {"deleted": 2}
    assert studio.experiments.traces.search() == []


def test_what_is_not_there_or_wrong_is_said(client: TestClient) -> None:
    path = "/w/default/api/experiments/traces"
    assert client.get(f"{path}/tr-unknown").status_code == 404
    assert client.get("/w/default/api/3.0/mlflow/traces/tr-unknown").json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert client.post(f"{path}/search", json={"filter": "name = "}).status_code == 400
    assert client.post(f"{path}/search", json={"limit": 0}).json()["field"] == "limit"
    assert client.post(f"{path}/search", json={"cursor": "nonsense"}).status_code in (400, 422)
    assert client.post(f"{path}/search", json={"run_id": "nobody"}).status_code == 404
    assert client.post(f"{path}/delete", json={"ids": []}).status_code == 422
