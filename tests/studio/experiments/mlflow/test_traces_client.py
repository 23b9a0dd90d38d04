"""Tracing with the unmodified MLflow client, and with the plain OpenTelemetry SDK, against a real server."""

import contextlib
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, SpanType
from mlflow.exceptions import MlflowException, RestException

from studiolo.testing.studio import clean_environment
from tests.studio.live import Live

pytestmark = pytest.mark.slow


@pytest.fixture
def traced(tracked: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """Traces are sent before the traced function returns."""
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    mlflow.tracing.reset()
    yield tracked
    mlflow.tracing.reset()


@mlflow.trace(span_type=SpanType.TOOL, attributes={"depth": 2})
def look_up(word: str) -> dict[str, Any]:
    return {"word": word, "found": [1, 2.5, None, "ü"]}


@mlflow.trace(span_type=SpanType.AGENT)
def answer(question: str) -> str:
    with mlflow.start_span("model", span_type=SpanType.LLM) as span:
        span.set_inputs({"messages": [{"role": "user", "content": question}]})
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12})
        span.set_outputs("42")
        span.add_event(mlflow.entities.SpanEvent("thought", attributes={"n": 1}))
    look_up(question)
    return "42"


def last() -> str:
    found: str = mlflow.get_last_active_trace_id()  # type: ignore[assignment]
    return found


def test_a_traced_function_comes_back_whole(traced: Live) -> None:
    mlflow.set_experiment("traced")
    assert answer("life?") == "42"
    trace = mlflow.get_trace(last())
    assert trace is not None
    assert trace.info.state.value == "OK"
    assert trace.info.execution_duration is not None
    assert trace.info.tags["mlflow.traceName"] == "answer"
    assert trace.info.token_usage == {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12}
    assert json.loads(trace.info.request_preview or "") == {"question": "life?"}
    spans = {span.name: span for span in trace.data.spans}
    assert set(spans) == {"answer", "model", "look_up"}
    assert spans["model"].parent_id == spans["answer"].span_id
    assert spans["answer"].inputs == {"question": "life?"}
    assert spans["look_up"].outputs == {"word": "life?", "found": [1, 2.5, None, "ü"]}
    assert spans["look_up"].span_type == "TOOL"
    assert spans["look_up"].attributes["depth"] == 2
    assert [event.name for event in spans["model"].events] == ["thought"]


def test_an_exception_is_kept(traced: Live) -> None:
    mlflow.set_experiment("traced")

    @mlflow.trace
    def fails() -> None:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        fails()
    trace = mlflow.get_trace(last())
    assert trace is not None
    assert trace.info.state.value == "ERROR"
    (event,) = trace.data.spans[0].events
    assert event.attributes["exception.message"] == "no such thing"


def test_search_filters_orders_and_pages(traced: Live) -> None:
    experiment = mlflow.set_experiment("searched traces")

    @mlflow.trace(name="step")
    def step(n: int) -> int:
        mlflow.update_current_trace(tags={"parity": "even" if n % 2 == 0 else "odd"}, metadata={"user": f"u{n}"})
        if n == 3:
            raise RuntimeError
        return n

    for n in range(5):
        with contextlib.suppress(RuntimeError):
            step(n)

    def found(text: str = "", **more: Any) -> list[Any]:
        pages = mlflow.search_traces(
            locations=[experiment.experiment_id], filter_string=text, return_type="list", **more
        )
        return [trace.data.spans[0].inputs["n"] for trace in pages]

    assert found() == [4, 3, 2, 1, 0]
    assert found(order_by=["timestamp_ms ASC"]) == [0, 1, 2, 3, 4]
    assert found("tags.parity = 'even'") == [4, 2, 0]
    assert found("status = 'ERROR'") == [3]
    assert found("name = 'step' AND metadata.user = 'u1'") == [1]
    assert found("attributes.name LIKE 'st%' AND tags.parity != 'even'") == [3, 1]
    assert found("span.name = 'step' AND span.status = 'ERROR'") == [3]
    assert found("execution_time_ms >= 0 AND timestamp_ms > 1000", max_results=2) == [4, 3]
    assert found("""trace.text LIKE '%"int_value": "2"%'""") == [2]
    assert found("name RLIKE '^st.p$' AND metadata.user RLIKE 'u[13]'") == [3, 1]
    client = MlflowClient()
    seen: list[str] = []
    token = None
    while True:
        page = client.search_traces(locations=[experiment.experiment_id], max_results=2, page_token=token)
        seen += [trace.info.trace_id for trace in page]
        token = page.token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 5
    with pytest.raises(RestException, match="nonsense"):
        found("nonsense.key = 'x'")


def test_feedback_expectations_and_tags(traced: Live) -> None:
    experiment = mlflow.set_experiment("judged")
    answer("one")
    trace_id = last()
    answer("two")
    human = AssessmentSource("HUMAN", "ann@example.com")
    mlflow.log_feedback(trace_id=trace_id, name="good", value=True, rationale="short", source=human)
    made = mlflow.log_feedback(trace_id=trace_id, name="score", value=0.7)
    mlflow.log_feedback(trace_id=trace_id, name="broken", error=ValueError("judge failed"))
    mlflow.log_expectation(trace_id=trace_id, name="facts", value={"answer": "42", "list": [1, 2]}, metadata={"k": "v"})
    trace = mlflow.get_trace(trace_id)
    assert trace is not None
    by_name = {item.name: item for item in trace.info.assessments}
    assert by_name["good"].value is True
    assert by_name["good"].rationale == "short"
    assert by_name["good"].source.source_id == "ann@example.com"
    assert by_name["broken"].error.error_message == "judge failed"
    assert by_name["facts"].value == {"answer": "42", "list": [1, 2]}
    assert by_name["facts"].metadata == {"k": "v"}

    changed = mlflow.update_assessment(
        trace_id, made.assessment_id, mlflow.entities.Feedback(name="score", value=0.9, metadata={"by": "me"})
    )
    assert changed.value == 0.9
    over = mlflow.override_feedback(trace_id=trace_id, assessment_id=made.assessment_id, value=0.1)
    assert mlflow.get_assessment(trace_id, made.assessment_id).valid is False

    def found(text: str) -> int:
        return len(mlflow.search_traces(locations=[experiment.experiment_id], filter_string=text, return_type="list"))

    assert found("feedback.score < 0.5") == 1
    assert found("feedback.score > 0.5") == 0
    assert found("feedback.good = 'true'") == 1
    assert found("feedback.good IS NULL") == 1
    assert found("""expectation.facts LIKE '%42%'""") == 1
    mlflow.delete_assessment(trace_id, over.assessment_id)
    assert mlflow.get_assessment(trace_id, made.assessment_id).valid is True
    with pytest.raises(MlflowException, match="not found"):
        mlflow.get_assessment(trace_id, over.assessment_id)

    mlflow.set_trace_tag(trace_id, "stage", "x" * 9000)
    trace = mlflow.get_trace(trace_id)
    assert trace is not None
    assert len(trace.info.tags["stage"]) == 8000
    mlflow.delete_trace_tag(trace_id, "stage")
    with pytest.raises(RestException, match="No trace tag with key 'stage'"):
        mlflow.delete_trace_tag(trace_id, "stage")
    client = MlflowClient()
    assert client.delete_traces(experiment.experiment_id, trace_ids=[trace_id, "tr-unknown"]) == 1
    with pytest.raises(MlflowException, match="not found"):
        client.get_trace(trace_id)
    assert client.delete_traces(experiment.experiment_id, max_timestamp_millis=2**52, max_traces=10) == 1


def test_traces_belong_to_the_run_they_were_made_in(traced: Live) -> None:
    experiment = mlflow.set_experiment("run traces")
    with mlflow.start_run() as run:
        answer("inside")
    inside = last()
    answer("outside")
    outside = last()
    where = {"locations": [experiment.experiment_id], "return_type": "list"}
    assert [t.info.trace_id for t in mlflow.search_traces(run_id=run.info.run_id, **where)] == [inside]
    MlflowClient().link_traces_to_run([outside], run.info.run_id)
    assert {t.info.trace_id for t in mlflow.search_traces(run_id=run.info.run_id, **where)} == {inside, outside}


def test_spans_are_sent_in_the_background_by_default(tracked: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "true")
    mlflow.tracing.reset()
    experiment = mlflow.set_experiment("background")
    for n in range(10):
        answer(str(n))
    mlflow.flush_trace_async_logging(terminate=True)
    found = mlflow.search_traces(locations=[experiment.experiment_id], return_type="list")
    assert sorted(len(trace.data.spans) for trace in found) == [3] * 10
    mlflow.tracing.reset()


_OTLP = """
import sys
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

url, token, experiment = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}", "x-mlflow-experiment-id": experiment}
exporter = OTLPSpanExporter(url + "/v1/traces", headers=headers, compression=Compression.Gzip)
provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
provider.add_span_processor(SimpleSpanProcessor(exporter))
tracer = provider.get_tracer("t")
with tracer.start_as_current_span("request", attributes={"input.value": "hello", "session.id": "s1"}) as span:
    with tracer.start_as_current_span("chat m", attributes={
        "gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 11, "gen_ai.usage.output_tokens": 3,
    }):
        pass
    span.set_attribute("output.value", "bye")
print("%032x" % span.get_span_context().trace_id)
provider.shutdown()
"""


@pytest.mark.parametrize("prefix", ["", "/w/default"])
def test_any_program_can_send_spans_by_opentelemetry(traced: Live, prefix: str) -> None:
    experiment = mlflow.set_experiment("opentelemetry")
    command = [sys.executable, "-c", _OTLP, traced.url + prefix, traced.token, experiment.experiment_id]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=clean_environment(), timeout=60)
    assert done.stderr == ""
    trace = mlflow.get_trace(f"tr-{done.stdout.strip()}")
    assert trace is not None
    assert trace.info.state.value == "OK"
    assert trace.info.tags["service.name"] == "shop"
    assert trace.info.tags["mlflow.traceName"] == "request"
    assert trace.info.request_preview == "hello"
    assert trace.info.response_preview == "bye"
    assert trace.info.trace_metadata["mlflow.trace.session"] == "s1"
    assert trace.info.token_usage == {"input_tokens": 11, "output_tokens": 3, "total_tokens": 14}
    assert {span.name for span in trace.data.spans} == {"request", "chat m"}


def test_what_cannot_be_read_is_refused(traced: Live) -> None:
    experiment = mlflow.set_experiment("broken").experiment_id
    token = {"Authorization": f"Bearer {traced.token}"}
    headers = {**token, "x-mlflow-experiment-id": experiment, "Content-Type": "application/x-protobuf"}

    def send(body: bytes, **more: str) -> tuple[int, str]:
        changed = {**headers, **{key.replace("_", "-"): value for key, value in more.items()}}
        reply = requests.post(f"{traced.url}/v1/traces", data=body, headers=changed, timeout=30)
        return reply.status_code, reply.text

    assert send(b"\xff\xff\xff")[0] == 400
    assert "no spans" in send(b"")[1]
    assert "Expected: application/x-protobuf" in send(b"", Content_Type="text/plain")[1]
    assert "gzip" in send(b"not zipped", Content_Encoding="gzip")[1]
    assert "br" in send(b"", Content_Encoding="br")[1]
    bomb = gzip.compress(b"\0" * (65 << 20))
    assert "unpacked" in send(bomb, Content_Encoding="gzip")[1]
    status, text = send(b"x" * (17 << 20))
    assert status == 400
    assert "larger" in text
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "zz", "spanId": "0" * 16, "name": "n"}]}]}]}
    assert "traceId" in send(json.dumps(body).encode(), Content_Type="application/json")[1]
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = "ab" * 15
    assert "16 bytes" in send(json.dumps(body).encode(), Content_Type="application/json")[1]
    body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = "ab" * 16
    status, text = send(json.dumps(body).encode(), Content_Type="application/json", x_mlflow_experiment_id="9999")
    assert status == 404
    assert "RESOURCE_DOES_NOT_EXIST" in text
    assert send(json.dumps(body).encode(), Content_Type="application/json") == (200, "{}")
    assert requests.post(f"{traced.url}/v1/traces", data=b"", headers={"Content-Type": "application/json"}, timeout=30).status_code == 401  # fmt: skip
    assert requests.post(f"{traced.url}/w/nowhere/v1/traces", headers=headers, timeout=30).status_code in (403, 404)
