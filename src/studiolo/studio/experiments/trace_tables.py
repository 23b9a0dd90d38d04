"""Tables of traces: what a request to a model or an agent did, span by span, and what people and judges said of it."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json
from studiolo.studio.experiments.tables import SEQUENCE

MAX_ID = 120


def _trace() -> "Column[int]":
    return Column("trace", SEQUENCE, ForeignKey("traces.seq", ondelete="CASCADE"), primary_key=True)


# times are milliseconds since 1970 as in the protocol, those of spans nanoseconds
traces = Table(
    "traces",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", String(MAX_ID), nullable=False),  # tr-<32 hex of OpenTelemetry>, or what an older client chose
    Column("workspace_id", String(32), nullable=False),
    Column("experiment", SEQUENCE, ForeignKey("experiments.number", ondelete="CASCADE"), nullable=False),
    Column("name", String(500), nullable=False, default=""),
    Column("state", String(20), nullable=False),  # OK, ERROR, IN_PROGRESS, STATE_UNSPECIFIED
    Column("started", BigInteger, nullable=False),
    Column("duration", BigInteger),
    Column("client_request_id", String(500)),
    Column("request", Text),  # previews: the beginning of what went in and came out
    Column("response", Text),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("total_tokens", BigInteger),
    Column("cost", Double),  # US dollars
    Column("settled", Boolean, nullable=False, default=False),  # the client told the whole: spans change it no more
    Column("spans", Integer, nullable=False, default=0),  # how many are here
    Column("bytes", BigInteger, nullable=False, default=0),  # of their contents
    Index("uq_traces_id", "workspace_id", "id", unique=True),
    Index("ix_traces_list", "experiment", "started", "id"),
    Index("ix_traces_workspace", "workspace_id", "started", "id"),
    sqlite_autoincrement=True,
)

# tags (t), metadata (m), and links to runs (r) and prompt versions (p), whose key is what is linked
trace_labels = Table(
    "trace_labels",
    metadata,
    _trace(),
    Column("kind", String(1), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("value", Text, nullable=False, default=""),
    Column("head", String(200), nullable=False, default=""),  # the first 200 characters, for the index
    Index("ix_trace_labels_value", "kind", "key", "head", "trace"),
    sqlite_with_rowid=False,
)

trace_spans = Table(
    "trace_spans",
    metadata,
    _trace(),
    Column("id", String(16), primary_key=True),  # hex, as in OpenTelemetry
    Column("parent", String(16)),
    Column("name", String(500), nullable=False),
    Column("type", String(100)),
    Column("status", String(10), nullable=False),  # OK, ERROR, UNSET
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger),
    Column("content", Text, nullable=False),  # the span in OpenTelemetry's JSON, as replies send it
    Column("size", Integer, nullable=False),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("total_tokens", BigInteger),
    Column("cost", Double),
    Index("ix_trace_spans_name", "name", "trace"),
)

# feedback, expectations and issues that somebody attached to a trace or to one of its spans
trace_assessments = Table(
    "trace_assessments",
    metadata,
    Column("id", String(40), primary_key=True),  # a-<32 hex>
    Column("trace", SEQUENCE, ForeignKey("traces.seq", ondelete="CASCADE"), nullable=False),
    Column("kind", String(12), nullable=False),  # feedback, expectation, issue
    Column("name", String(500), nullable=False),
    Column("span_id", String(50)),
    Column("source_type", String(40), nullable=False),
    Column("source_id", String(500), nullable=False),
    Column("body", Json, nullable=False),  # MLflow's message of the kind: {"value": …}, {"serialized_value": …}
    Column("text", Text, nullable=False, default=""),  # the value as text, for filters
    Column("number", Double),  # the value when it is a number
    Column("rationale", Text),
    Column("metadata", Json, nullable=False),
    Column("overrides", String(40)),
    Column("valid", Boolean, nullable=False, default=True),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Index("ix_trace_assessments_trace", "trace", "created"),
    Index("ix_trace_assessments_name", "name", "kind", "trace"),
)
