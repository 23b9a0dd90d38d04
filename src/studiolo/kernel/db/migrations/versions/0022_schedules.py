"""Schedules: when what runs, and each time that it fired."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0022"
down_revision = "0021"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create three tables."""
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("trigger", Json, nullable=False),
        sa.Column("target", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("target_name", sa.String(length=500), nullable=False),
        sa.Column("experiment", sa.String(length=500), nullable=False),
        sa.Column("catch_up", sa.String(length=8), nullable=False),
        sa.Column("overlap", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("scopes", Json, nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_schedules_workspace_id_name")),
    )
    op.create_index("ix_schedules_due", "schedules", ["workspace_id", "enabled", "due_at"])
    op.create_table(
        "schedule_targets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("schedule", sa.String(length=32), nullable=False),
        sa.Column("target", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule"], ["schedules.id"], name=op.f("fk_schedule_targets_schedule"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_targets")),
    )
    op.create_index(op.f("ix_schedule_targets_schedule"), "schedule_targets", ["schedule"])
    op.create_table(
        "schedule_firings",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("schedule", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=False),
        sa.Column("fired_at", UtcDateTime(), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("field", sa.String(length=300), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["schedule"], ["schedules.id"], name=op.f("fk_schedule_firings_schedule"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_schedule_firings")),
        sa.UniqueConstraint("schedule", "key", name=op.f("uq_schedule_firings_schedule_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_schedule_firings_newest", "schedule_firings", ["schedule", "seq"])
    op.create_index("ix_schedule_firings_run", "schedule_firings", ["run_id"])
    live = sa.text("live")
    op.create_index(
        "ix_schedule_firings_live", "schedule_firings", ["schedule"], sqlite_where=live, postgresql_where=live
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_schedule_firings_waiting",
        "schedule_firings",
        ["workspace_id", "seq"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
