"""Drafts of pipelines."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "pipeline_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("file", Json, nullable=True),
        sa.Column("spec", Json, nullable=True),
        sa.Column("steps", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_drafts")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_pipeline_drafts_workspace_id_name")),
    )
