"""The nouns of traces on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.kernel.wording import NO_NUL

Plain = Annotated[str, Field(max_length=10_000, pattern=NO_NUL)]
State = Literal["OK", "ERROR", "IN_PROGRESS", "STATE_UNSPECIFIED"]


class TraceSearch(BaseModel):
    """experiment: id or name; run_id: of a run; text: words in name, request, response; filter, order_by: MLflow's."""

    model_config = ConfigDict(extra="forbid")

    experiment: Plain | None = None
    run_id: Plain | None = None
    text: Plain = ""
    filter: Plain = ""
    order_by: list[Plain] = Field(default=[], max_length=10)
    cursor: Plain | None = None
    limit: int = Field(100, ge=1, le=500)


class TraceAssessment(BaseModel):
    """What somebody said of a trace. kind: feedback, expectation, issue; valid: not overridden by a later one."""

    id: str
    kind: str
    name: str
    value: Any
    error: str | None
    rationale: str | None
    source: str
    span_id: str | None
    valid: bool
    at: datetime


class TraceSummary(BaseModel):
    """A request and what became of it. duration_ms: of the whole; request, response: their beginnings; cost: US dollars.

    run_id: the run that it was made in.
    """

    id: str
    experiment_id: str
    name: str
    state: State
    started_at: datetime
    duration_ms: int | None
    request: str | None
    response: str | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cost: float | None
    spans: int
    run_id: str | None
    tags: dict[str, str]
    assessments: list[TraceAssessment]


class SpanEvent(BaseModel):
    """offset_ms: since the start of the trace."""

    name: str
    offset_ms: float
    attributes: dict[str, Any]


class Span(BaseModel):
    """A step of a trace. parent: none for the root; offset_ms: since the start of the trace; status: OK, ERROR, UNSET."""

    id: str
    parent: str | None
    name: str
    type: str | None
    status: str
    message: str
    offset_ms: float
    duration_ms: float | None
    inputs: Any
    outputs: Any
    total_tokens: int | None
    attributes: dict[str, Any]
    events: list[SpanEvent]


class Trace(TraceSummary):
    """A trace with its steps, by start. linked_runs, prompts: what it was linked to."""

    metadata: dict[str, str]
    client_request_id: str | None
    linked_runs: list[str]
    prompts: list[str]
    steps: list[Span]


class TraceDelete(BaseModel):
    """ids: of traces of one experiment."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Plain] = Field(min_length=1, max_length=1000)


class TraceChange(BaseModel):
    """Tags to write; null removes one."""

    model_config = ConfigDict(extra="forbid")

    tags: dict[Plain, str | None] = Field(max_length=100)


class TracesDeleted(BaseModel):
    """deleted: how many went."""

    deleted: int
