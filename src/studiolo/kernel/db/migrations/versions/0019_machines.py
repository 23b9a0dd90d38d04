"""Attached machines and their credentials."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Create two tables."""
    op.create_table(
        "compute_machines",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=63), nullable=False),
        sa.Column("config", Json, nullable=False),
        sa.Column("cores", sa.Integer(), nullable=True),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("facts", Json, nullable=True),
        sa.Column("checked", Json, nullable=True),
        sa.Column("silent_since", UtcDateTime(), nullable=True),
        sa.Column("silent_reason", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compute_machines")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_compute_machines_workspace_id_name")),
    )
    op.create_table(
        "compute_machine_credentials",
        sa.Column("machine", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=63), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["machine"],
            ["compute_machines.id"],
            name=op.f("fk_compute_machine_credentials_machine_compute_machines"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("machine", "field", name=op.f("pk_compute_machine_credentials")),
    )
