"""Traces: decorated functions, spans by hand, what is said of them. MLflow 2 uploads them as a file, MLflow 3 as spans."""

from contextlib import suppress

import mlflow
import opentelemetry.sdk.trace  # noqa: F401 - with one that is too new MLflow 2 would send nothing, silently
from base import NEW, call, client, everything, experiment, refused, three
from mlflow.entities import SpanType


@mlflow.trace(span_type=SpanType.TOOL, attributes={"depth": 2})
def look_up(word: str) -> dict:
    return {"word": word, "found": [1, 2.5, None, "ü"]}


@mlflow.trace(name="step")
def step(n: int) -> int:
    if n == 3:
        raise ValueError("no such thing")
    with mlflow.start_span("model", span_type=SpanType.LLM) as span:
        span.set_inputs({"question": n})
        span.set_outputs("42")
    look_up("life?")
    return n


def number(trace) -> str:
    return trace.info.trace_id if NEW else trace.info.request_id


def state(trace) -> str:
    return str(trace.info.state.value if NEW else trace.info.status.value)


def traces(name: str, calls: int) -> tuple[str, list]:
    """Trace so many calls in an experiment of its own; returns it and its traces, the oldest first."""
    place = experiment(name)
    for n in range(calls):
        with suppress(ValueError):
            step(n)
    found = everything(client.search_traces, experiment_ids=[place], max_results=2, order_by=["timestamp_ms ASC"])
    assert len({number(trace) for trace in found}) == calls, found
    return place, found


@call
def a_decorated_function_is_traced() -> None:
    _, (trace,) = traces("traced", 1)
    again = client.get_trace(number(trace), display=False)
    assert state(again) == "OK"
    assert again.info.tags["mlflow.traceName"] == "step"
    spans = {span.name: span for span in again.data.spans}
    assert set(spans) == {"step", "model", "look_up"}
    assert (spans["step"].inputs, spans["step"].outputs) == ({"n": 0}, 0)
    assert {spans[name].parent_id for name in ("model", "look_up")} == {spans["step"].span_id}
    assert spans["look_up"].outputs == {"word": "life?", "found": [1, 2.5, None, "ü"]}
    assert (spans["look_up"].span_type, spans["look_up"].attributes["depth"]) == ("TOOL", 2)
    assert (spans["model"].inputs, spans["model"].outputs) == ({"question": 0}, "42")


@call
def an_exception_is_kept_in_the_trace() -> None:
    _, found = traces("failed traces", 4)
    trace = found[-1]
    assert state(trace) == "ERROR"
    (event,) = trace.data.spans[0].events
    assert event.attributes["exception.message"] == "no such thing"


@call
def traces_are_tagged_filtered_and_ordered() -> None:
    place, found = traces("searched traces", 5)
    for n, trace in enumerate(found):
        client.set_trace_tag(number(trace), "parity", "odd" if n % 2 else "even")

    def numbers(text: str, order: str = "timestamp_ms DESC") -> list[int]:
        page = client.search_traces([place], text, order_by=[order])
        return [trace.data.spans[0].inputs["n"] for trace in page]

    assert numbers("tags.parity = 'even'") == [4, 2, 0]
    assert numbers("tags.parity != 'even'", "timestamp_ms ASC") == [1, 3]
    assert numbers("status = 'ERROR'") == [3]
    assert numbers("name = 'step' AND timestamp_ms > 1000") == [4, 3, 2, 1, 0]
    client.delete_trace_tag(number(found[0]), "parity")
    assert numbers("tags.parity = 'even'") == [4, 2]
    said = refused("INVALID_PARAMETER_VALUE", lambda: client.search_traces([place], "name = 'step' AND shoe = 'x'"))
    assert "at character 19" in said, said
    other = client.search_traces([place], max_results=2).token
    options = {"filter_string": "name = 'step'", "page_token": other}
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_traces([place], **options))


@call
def traces_belong_to_their_run() -> None:
    place = experiment("traces of runs")
    with mlflow.start_run() as run:
        step(1)
    step(2)
    where = {"locations": [place]} if NEW else {"experiment_ids": [place]}
    found = client.search_traces(**where, run_id=run.info.run_id)
    assert [trace.data.spans[0].inputs["n"] for trace in found] == [1]


@call
def traces_are_deleted() -> None:
    place, found = traces("deleted traces", 3)
    ids = {"trace_ids" if NEW else "request_ids": [number(found[0])]}
    assert client.delete_traces(place, **ids) == 1
    assert len(client.search_traces([place])) == 2
    assert client.delete_traces(place, max_timestamp_millis=2**50, max_traces=10) == 2
    assert client.search_traces([place]) == []


@three
def traces_are_judged() -> None:
    place, (trace, _) = traces("judged traces", 2)
    made = mlflow.log_feedback(trace_id=number(trace), name="good", value=0.7, rationale="short")
    mlflow.log_expectation(trace_id=number(trace), name="facts", value={"answer": "42"})
    said = {item.name: item for item in client.get_trace(number(trace)).info.assessments}
    assert (said["good"].value, said["good"].rationale, said["facts"].value) == (0.7, "short", {"answer": "42"})
    assert len(client.search_traces(locations=[place], filter_string="feedback.good > 0.5")) == 1
    mlflow.delete_assessment(number(trace), made.assessment_id)
    assert [item.name for item in client.get_trace(number(trace)).info.assessments] == ["facts"]


@three
def a_session_is_told_with_the_trace() -> None:
    place = experiment("sessions")

    @mlflow.trace
    def turn() -> None:
        mlflow.update_current_trace(metadata={"mlflow.trace.session": "s1", "mlflow.trace.user": "ann"})

    turn()
    turn()
    step(1)
    assert len(client.search_traces(locations=[place], filter_string="metadata.`mlflow.trace.session` = 's1'")) == 2
