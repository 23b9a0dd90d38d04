"""Parts of profiles; traits and splits of dataset versions."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create three tables; no row changes. Profiles made before stay as they are, their next one makes the parts."""
    op.create_table(
        "dataset_profile_parts",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("cover", sa.String(length=64), nullable=False),
        sa.Column("reading", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "dataset", "cover", "reading", name=op.f("pk_dataset_profile_parts")),
    )
    op.create_table(
        "dataset_traits",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("timestamp", sa.String(length=300), nullable=False),
        sa.Column("partition_timestamp", sa.String(length=300), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "dataset", "version", name=op.f("pk_dataset_traits")),
    )
    op.create_table(
        "dataset_splits",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("spec", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "dataset", "version", "name", name=op.f("pk_dataset_splits")),
    )
