"""Accounts take turns in the queues of computes, and steps of a pipeline with more behind them go first."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

_LIVE = sa.text("state IN ('NotStarted', 'Queued', 'Provisioning', 'Preparing', 'Starting', 'Running', 'Finalizing')")
_STEPS = sa.text("state = 'Queued' AND follows IS NOT NULL")


def upgrade() -> None:
    """Add the columns; what waits already goes by its age."""
    op.add_column("runs", sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("runs", sa.Column("follows", sa.Integer(), nullable=True))
    op.drop_index("ix_runs_live", table_name="runs")
    op.create_index(
        "ix_runs_live",
        "runs",
        ["state", sa.text("priority DESC"), "turn", "seq", "compute", "workspace_id", "user"],
        **_only(_LIVE),
    )
    op.create_index("ix_runs_follows", "runs", ["parent_id", sa.text("follows DESC"), "turn"], **_only(_STEPS))


def _only(rows: sa.TextClause) -> dict[str, Any]:
    return {"sqlite_where": rows, "postgresql_where": rows}
