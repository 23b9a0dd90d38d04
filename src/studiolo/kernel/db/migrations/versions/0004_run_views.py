"""Saved views of the table of runs; the newest runs of a workspace from an index."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table and the index."""
    op.create_table(
        "run_views",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("default", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_views")),
        sa.UniqueConstraint("workspace_id", "owner_id", "name", name=op.f("uq_run_views_workspace_id_owner_id_name")),
    )
    op.create_index(
        "ix_runs_recent",
        "runs",
        ["workspace_id", "lifecycle", sa.literal_column("coalesce(started_at, created_at) DESC"), "id"],
        unique=False,
    )
