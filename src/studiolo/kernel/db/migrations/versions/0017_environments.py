"""Environments of jobs, and outputs of jobs that become datasets or models."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create two tables; jobs that are there have neither."""
    op.create_table(
        "environments",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.Column("definition_hash", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("image", sa.String(length=500), nullable=False),
        sa.Column("python", sa.String(length=20), nullable=False),
        sa.Column("lock", sa.String(length=64), nullable=False),
        sa.Column("lock_hash", sa.String(length=64), nullable=False),
        sa.Column("packages", sa.Integer(), nullable=False),
        sa.Column("notes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("user", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "name", "version", name=op.f("pk_environments")),
    )
    op.create_index(
        "ix_environments_definition", "environments", ["workspace_id", "name", "definition_hash"], unique=False
    )
    op.create_table(
        "run_outputs",
        sa.Column("run_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("asset", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.String(length=320), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_seq"], ["runs.seq"], name=op.f("fk_run_outputs_run_seq_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_seq", "name", name=op.f("pk_run_outputs")),
    )
    op.create_index("ix_run_outputs_state", "run_outputs", ["workspace_id", "state"], unique=False)
