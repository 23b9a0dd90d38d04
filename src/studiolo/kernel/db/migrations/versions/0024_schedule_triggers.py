"""Schedules that wait for versions of datasets and for files."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0024"
down_revision = "0023"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what triggers remember, and the table of files."""
    op.add_column("schedules", sa.Column("kind", sa.String(length=12), nullable=False, server_default="time"))
    op.add_column("schedules", sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("schedules", sa.Column("look_failed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_schedules_kind", "schedules", ["workspace_id", "kind", "enabled"])
    op.add_column("schedule_firings", sa.Column("cause", Json, nullable=True))
    op.create_table(
        "schedule_files",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("schedule", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule"], ["schedules.id"], name=op.f("fk_schedule_files_schedule"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_schedule_files")),
        sa.UniqueConstraint("schedule", "key", name=op.f("uq_schedule_files_schedule_key")),
        sqlite_autoincrement=True,
    )
    arrived = sa.text("state = 'arrived'")
    op.create_index(
        "ix_schedule_files_arrived",
        "schedule_files",
        ["workspace_id", "schedule"],
        sqlite_where=arrived,
        postgresql_where=arrived,
    )
