"""Messages of traces over HTTP, on both databases: shapes, texts, limits and bad input."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.experiments import trace_search, trace_writing, traces
from studiolo.studio.experiments.spans import Batch, read

V3, V2 = "/w/default/api/3.0/mlflow/traces", "/w/default/api/2.0/mlflow/traces"
Json = dict[str, Any]


def told(trace_id: str = "tr-1", experiment: str = "0", **more: Any) -> Json:
    info = {
        "trace_id": trace_id,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}},
        "request_time": "2026-01-02T03:04:05.678Z",
        "execution_duration": "1.250s",
        "state": "OK",
    }
    return {"trace": {"trace_info": {**info, **more}}}


def span(trace: int = 1, number: int = 1, parent: int = 0, **more: Any) -> Json:
    found: Json = {"traceId": f"{trace:032x}", "spanId": f"{number:016x}", "name": f"span {number}"}
    found |= {"startTimeUnixNano": str(10**18 + number), "endTimeUnixNano": str(10**18 + 10**9 * number)}
    return found | ({"parentSpanId": f"{parent:016x}"} if parent else {}) | more


def batch(*spans: Json) -> Batch:
    return read(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode(), "application/json")


def attribute(key: str, value: str) -> Json:
    return {"key": key, "value": {"stringValue": value}}


@pytest.fixture
def experiment(any_client: TestClient) -> str:
    made = any_client.post("/w/default/api/2.0/mlflow/experiments/create", json={"name": "traces"})
    found: str = made.json()["experiment_id"]
    return found


def test_a_trace_is_told_and_told_again(any_client: TestClient, experiment: str) -> None:
    more: Json = {"request_preview": "in", "tags": {"mlflow.traceName": "n", "a": "b"}, "trace_metadata": {"m": "1"}}
    made = any_client.post(V3, json=told("tr-1", experiment, **more)).json()["trace"]["trace_info"]
    assert made["request_time"] == "2026-01-02T03:04:05.678Z"
    assert made["execution_duration"] == "1.250s"
    assert made["tags"] == {
        "mlflow.traceName": "n",
        "a": "b",
        "mlflow.artifactLocation": f"mlflow-artifacts:/{experiment}/traces/tr-1/artifacts",
    }
    assert made["trace_metadata"] == {"m": "1"}
    assert "response_preview" not in made
    any_client.post(V3, json=told("tr-1", experiment, state="ERROR", tags={"a": "c"}))
    again = any_client.get(f"{V3}/tr-1").json()["trace"]["trace_info"]
    assert again["state"] == "ERROR"
    assert again["tags"]["a"] == "c"
    assert again["request_preview"] == "in"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"trace_id": ""}, "trace.trace_info.trace_id"),
        ({"trace_id": "x" * 121}, "1 to 120 characters"),
        ({"trace_id": "a/b"}, "without '/'"),
        ({"request_time": "soon"}, "trace.trace_info.request_time"),
        ({"request_time": "2026-13-01T00:00:00Z"}, "trace.trace_info.request_time"),
        ({"execution_duration": "long"}, "trace.trace_info.execution_duration"),
        ({"execution_duration": "-5s"}, "trace.trace_info.execution_duration"),
        ({"state": "GOOD"}, "trace.trace_info.state"),
        ({"tags": {"a": 5}}, "trace.trace_info.tags.a"),
        ({"tags": {"a?": "b"}}, "Names may only contain"),
        ({"tags": ["a"]}, "trace.trace_info.tags"),
        ({"trace_location": {"type": "INFERENCE_TABLE"}}, "mlflow_experiment"),
        ({"assessments": [{"assessment_name": "a"}]}, "assessments[0].feedback"),
    ],
)
def test_what_is_wrong_with_a_trace_is_named(any_client: TestClient, change: Json, text: str) -> None:
    reply = any_client.post(V3, json=told(**change))
    assert reply.status_code == 400, reply.text
    assert text in reply.json()["message"]


def test_an_unknown_experiment_takes_no_traces(any_client: TestClient) -> None:
    reply = any_client.post(V3, json=told(experiment="424242"))
    assert (reply.status_code, reply.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert any_client.get(f"{V3}/tr-1").status_code == 404


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("status ~ 'OK'", "~ 'OK'"),
        ("status = OK", "OK"),
        ("shoe = 'x'", "shoe"),
        ("timestamp_ms > 'x'", "timestamp_ms"),
        ("span.color = 'x'", "color"),
        ("name RLIKE '(a'", "missing ): (a"),
        (r"name RLIKE '(a)\1'", "RE2"),
        ("name RLIKE 5", "quoted"),
        ("span.content RLIKE 'x'", "span.content"),
        ("tags.a = 'b' OR tags.a = 'c'", "OR"),
        ("prompt = 'x'", "name/version"),
        ("issue.name = 'x'", "name"),
        ("feedback.a > 'b'", "numeric"),
        ("name = 'n' AND shoe = 'x'", "at character 16: 'shoe = 'x''"),
        ("name = 'n' AND span.name ! 'x'", "at character 26"),
        ("name = 'n' AND timestamp_ms >", "at character 30, the end"),
    ],
)
def test_a_malformed_filter_names_what_is_wrong(any_client: TestClient, text: str, wanted: str) -> None:
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
    reply = any_client.post(f"{V3}/search", json={"locations": [place], "filter": text})
    assert reply.status_code == 400, reply.text
    assert wanted in reply.json()["message"]


def test_a_page_token_of_another_list_is_refused(any_client: TestClient, experiment: str) -> None:
    for number in range(3):
        any_client.post(V3, json=told(f"tr-{number}", experiment))
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    first = any_client.post(f"{V3}/search", json={"locations": [place], "max_results": 2}).json()
    assert [item["trace_id"] for item in first["traces"]] == ["tr-0", "tr-1"]
    body = {"locations": [place], "page_token": first["next_page_token"]}
    assert [item["trace_id"] for item in any_client.post(f"{V3}/search", json=body).json()["traces"]] == ["tr-2"]
    for token in ("nonsense", "WyJhIl0", first["next_page_token"]):
        reply = any_client.post(f"{V3}/search", json={**body, "order_by": ["name"], "page_token": token})
        assert reply.status_code == 400, token
    for other in ({"filter": "name != 'x'"}, {"locations": [place, place]}):
        reply = any_client.post(f"{V3}/search", json={**body, **other})
        assert (reply.status_code, "another search" in reply.json()["message"]) == (400, True)
    query = {"experiment_ids": experiment, "max_results": 2}
    token = any_client.get(V2, params=query).json()["next_page_token"]
    assert len(any_client.get(V2, params={**query, "page_token": token}).json()["traces"]) == 1
    assert any_client.get(V2, params={**query, "page_token": token, "filter": "name != 'x'"}).status_code == 400


def test_spans_may_come_before_or_after_what_the_client_tells(any_ctx: Context) -> None:
    first, second = f"tr-{1:032x}", f"tr-{2:032x}"
    trace_writing.record(any_ctx, "0", batch(span(1, 2, parent=1)))
    with any_ctx.db.read() as tx:
        row = traces.find(tx, any_ctx, first)
        assert (row.state, row.spans, row.name) == ("IN_PROGRESS", 1, "")
    trace_writing.record(
        any_ctx, "0", batch(span(1, 1, status={"code": 2}, attributes=[attribute("input.value", "q")]))
    )
    trace_writing.record(any_ctx, "0", batch(span(1, 1, status={"code": 2}), span(1, 3, parent=1)))  # sent again
    with any_ctx.db.read() as tx:
        row = traces.find(tx, any_ctx, first)
    assert (row.state, row.spans, row.name, row.request) == ("ERROR", 3, "span 1", "q")
    assert (row.started, row.duration) == (10**12, 3000)
    facts = {"state": "OK", "started": 5, "duration": 7}
    trace_writing.start(any_ctx, "0", second, facts, {}, {"mlflow.trace.tokenUsage": '{"total_tokens": 9}'})
    usage = {"key": "mlflow.chat.tokenUsage", "value": {"stringValue": '{"input_tokens": 1, "output_tokens": 2}'}}
    trace_writing.record(any_ctx, "0", batch(span(2, 1, attributes=[usage])))
    with any_ctx.db.read() as tx:
        row = traces.find(tx, any_ctx, second)
    assert (row.state, row.started, row.duration, row.total_tokens, row.input_tokens) == ("OK", 5, 7, 9, 1)


def test_a_span_that_adds_up_those_below_it_is_counted_once(any_ctx: Context) -> None:
    usage = [attribute("mlflow.chat.tokenUsage", '{"input_tokens": 4, "output_tokens": 1, "total_tokens": 5}')]
    trace_writing.record(any_ctx, "0", batch(span(1, 3, parent=2, attributes=usage)))
    trace_writing.record(any_ctx, "0", batch(span(1, 2, parent=1, attributes=usage), span(1, 1)))
    trace_writing.record(any_ctx, "0", batch(span(1, 4, parent=1, attributes=usage)))
    with any_ctx.db.read() as tx:
        assert traces.find(tx, any_ctx, f"tr-{1:032x}").total_tokens == 10


def test_a_trace_has_an_end_to_what_it_holds(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_writing, "MAX_SPANS", 3)
    refused = trace_writing.record(any_ctx, "0", batch(*(span(1, n) for n in range(1, 6))))
    assert len(refused) == 2
    assert "a trace holds 3 spans" in refused[0]
    assert trace_writing.record(any_ctx, "0", batch(span(1, 9))) != []


def test_nul_and_strange_text_are_kept_as_far_as_a_database_can(any_ctx: Context) -> None:
    odd = 'a\x00b \\u0000 "quote" % _'
    trace_writing.record(any_ctx, "0", batch(span(1, 1, name=odd, attributes=[attribute("k_ey", odd)])))
    with any_ctx.db.read() as tx:
        row = traces.find(tx, any_ctx, f"tr-{1:032x}")
        (content,) = traces.spans_of(tx, [row.seq])[row.seq]
        assert json.loads(content)["attributes"][0]["value"]["string_value"] == odd.replace("\x00", "")
        text = odd.replace("\x00", "").replace("'", "''")
        for filters, found in (
            (f"span.attributes.k_ey = '{text}'", 1),
            ("span.attributes.kXey LIKE 'ab%'", 0),
            ("span.attributes.k_ey LIKE 'ab%'", 1),
            ("span.attributes.k_ey ILIKE 'AB%'", 1),
            ("span.attributes.k_ey = 'ab'", 0),
        ):
            rows, _ = trace_search.find(tx, any_ctx, [row.experiment], filters, [], "", 10)
            assert len(rows) == found, filters


def test_deleting_an_experiment_for_good_takes_its_traces(any_client: TestClient, experiment: str) -> None:
    for number in range(5):
        any_client.post(V3, json=told(f"tr-{number}", experiment))

    def delete(expected: int = 200, **body: Any) -> Any:
        reply = any_client.post(f"{V2}/delete-traces", json={"experiment_id": experiment, **body})
        assert reply.status_code == expected, reply.text
        return reply.json()

    assert "Exactly one" in delete(400)["message"]
    assert "Exactly one" in delete(400, request_ids=["tr-1"], max_timestamp_millis=1)["message"]
    assert "positive" in delete(400, max_timestamp_millis=1, max_traces=0)["message"]
    assert delete(request_ids=["tr-1", "tr-9"])["traces_deleted"] == 1
    assert delete(max_timestamp_millis=0)["traces_deleted"] == 0
    assert delete(max_timestamp_millis=2**50, max_traces=3)["traces_deleted"] == 3


def test_the_messages_of_version_2(any_client: TestClient, experiment: str) -> None:
    body = {"experiment_id": experiment, "timestamp_ms": 1000, "request_metadata": [{"key": "k", "value": "v"}]}
    info = any_client.post(V2, json=body).json()["trace_info"]
    assert (info["status"], info["timestamp_ms"]) == ("IN_PROGRESS", 1000)
    trace_id = info["request_id"]
    end = {"timestamp_ms": 1500, "status": "OK", "tags": [{"key": "mlflow.traceName", "value": "f"}]}
    ended = any_client.patch(f"{V2}/{trace_id}", json=end).json()["trace_info"]
    assert (ended["status"], ended["execution_time_ms"]) == ("OK", 500)
    assert any_client.get(f"{V2}/{trace_id}/info").json()["trace_info"] == ended
    found = any_client.get(V2, params={"experiment_ids": experiment, "filter": "name = 'f'"}).json()
    assert found["traces"] == [ended]
    assert any_client.patch(f"{V2}/unknown", json=end).status_code == 404


def test_two_filters_are_compared(any_client: TestClient, experiment: str) -> None:
    for number in range(4):
        any_client.post(V3, json=told(f"tr-{number}", experiment, tags={"a": "x" if number < 2 else "y"}))
    body = {"experiment_ids": [experiment], "filter_string1": "tags.a = 'x'", "filter_string2": "tags.a = 'x'"}
    found = any_client.post(f"{V3}/calculate-filter-correlation", json=body).json()
    assert (found["filter1_count"], found["joint_count"], found["total_count"]) == (2, 2, 4)
    assert found["npmi"] == pytest.approx(1.0)
    body["filter_string2"] = "tags.a = 'y'"
    assert any_client.post(f"{V3}/calculate-filter-correlation", json=body).json()["npmi"] == -1.0
