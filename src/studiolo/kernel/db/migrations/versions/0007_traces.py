"""Traces: their labels, spans and assessments."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json

revision = "0007"
down_revision = "0006"
SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create four tables; nothing that is there changes."""
    op.create_table(
        "traces",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("experiment", SEQUENCE, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("client_request_id", sa.String(length=500), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("total_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("spans", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment"], ["experiments.number"], name=op.f("fk_traces_experiment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_traces")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_traces_id", "traces", ["workspace_id", "id"], unique=True)
    op.create_index("ix_traces_list", "traces", ["experiment", "started", "id"], unique=False)
    op.create_table(
        "trace_labels",
        sa.Column("trace", SEQUENCE, nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("head", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["trace"], ["traces.seq"], name=op.f("fk_trace_labels_trace"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trace", "kind", "key", name=op.f("pk_trace_labels")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_trace_labels_value", "trace_labels", ["kind", "key", "head", "trace"], unique=False)
    op.create_table(
        "trace_spans",
        sa.Column("trace", SEQUENCE, nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("parent", sa.String(length=16), nullable=True),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("total_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["trace"], ["traces.seq"], name=op.f("fk_trace_spans_trace"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trace", "id", name=op.f("pk_trace_spans")),
    )
    op.create_index("ix_trace_spans_name", "trace_spans", ["name", "trace"], unique=False)
    op.create_table(
        "trace_assessments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("trace", SEQUENCE, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("span_id", sa.String(length=50), nullable=True),
        sa.Column("source_type", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=500), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("overrides", sa.String(length=40), nullable=True),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["trace"], ["traces.seq"], name=op.f("fk_trace_assessments_trace"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_assessments")),
    )
    op.create_index("ix_trace_assessments_trace", "trace_assessments", ["trace", "created"], unique=False)
    op.create_index("ix_trace_assessments_name", "trace_assessments", ["name", "kind", "trace"], unique=False)
