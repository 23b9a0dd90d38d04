"""Quality rules, checks, and how a dataset version stands."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create two tables and a column; versions that are there were never checked."""
    op.add_column("dataset_versions", sa.Column("quality", sa.String(length=10), nullable=True))
    op.create_index("ix_dataset_versions_quality", "dataset_versions", ["workspace_id", "quality"], unique=False)
    op.create_table(
        "quality_rules",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("position", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "dataset", name=op.f("pk_quality_rules")),
    )
    op.create_index("ix_quality_rules_due", "quality_rules", ["workspace_id", "due_at"], unique=False)
    op.create_table(
        "quality_checks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("failed", Json, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_checks")),
    )
    op.create_index(op.f("ix_quality_checks_run_id"), "quality_checks", ["run_id"], unique=False)
    op.create_index("ix_quality_checks_list", "quality_checks", ["workspace_id", "dataset", "id"], unique=False)
