"""Pipelines: components, definitions, runs and their steps."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0020"
down_revision = "0019"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create four tables."""
    op.create_table(
        "pipeline_components",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pipeline_components")),
        sa.UniqueConstraint(
            "workspace_id", "name", "version", name=op.f("uq_pipeline_components_workspace_id_name_version")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pipeline_components_newest", "pipeline_components", ["workspace_id", "name", "seq"])
    op.create_table(
        "pipeline_definitions",
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("graph", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "digest", name=op.f("pk_pipeline_definitions")),
    )
    op.create_table(
        "pipeline_runs",
        sa.Column("run_seq", SEQUENCE, nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("root_id", sa.String(length=32), nullable=False),
        sa.Column("parent_seq", SEQUENCE, nullable=True),
        sa.Column("path", sa.String(length=2000), nullable=False),
        sa.Column("definition", sa.String(length=64), nullable=False),
        sa.Column("items", Json, nullable=True),
        sa.Column("at_once", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("experiment", sa.String(length=500), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("given", Json, nullable=False),
        sa.Column("held", Json, nullable=False),
        sa.Column("declared", Json, nullable=False),
        sa.Column("outputs", Json, nullable=True),
        sa.Column("user", sa.String(length=120), nullable=False),
        sa.Column("rerun_of", sa.String(length=32), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_seq"], ["runs.seq"], name=op.f("fk_pipeline_runs_run_seq"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_seq", name=op.f("pk_pipeline_runs")),
        sa.UniqueConstraint("run_id", name=op.f("uq_pipeline_runs_run_id")),
    )
    live = sa.text("live")
    op.create_index(
        "ix_pipeline_runs_live", "pipeline_runs", ["workspace_id", "run_seq"], sqlite_where=live, postgresql_where=live
    )
    op.create_index("ix_pipeline_runs_root", "pipeline_runs", ["root_id", "run_seq"])
    op.create_index("ix_pipeline_runs_list", "pipeline_runs", ["workspace_id", "parent_seq", "run_seq"])
    op.create_index("ix_pipeline_runs_definition", "pipeline_runs", ["workspace_id", "definition"])
    op.create_table(
        "pipeline_steps",
        sa.Column("run_seq", SEQUENCE, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("root_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=2000), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("flight", sa.String(length=64), nullable=True),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("parts", Json, nullable=True),
        sa.Column("inputs", Json, nullable=True),
        sa.Column("outputs", Json, nullable=True),
        sa.Column("reuse", Json, nullable=True),
        sa.Column("answer", sa.Boolean(), nullable=True),
        sa.Column("failure", sa.String(length=20), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("origin_run_id", sa.String(length=32), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["run_seq"], ["runs.seq"], name=op.f("fk_pipeline_steps_run_seq"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_seq", "name", name=op.f("pk_pipeline_steps")),
        sa.UniqueConstraint("workspace_id", "flight", name=op.f("uq_pipeline_steps_workspace_id_flight")),
    )
    op.create_index("ix_pipeline_steps_root", "pipeline_steps", ["root_id", "run_seq", "position"])
    keyed = sa.text("key IS NOT NULL")
    op.create_index(
        "ix_pipeline_steps_key", "pipeline_steps", ["workspace_id", "key"], sqlite_where=keyed, postgresql_where=keyed
    )
    op.create_index("ix_pipeline_steps_slot", "pipeline_steps", ["workspace_id", "slot", "run_seq"])
    started = sa.text("run_id IS NOT NULL")
    op.create_index(
        "ix_pipeline_steps_run", "pipeline_steps", ["run_id"], sqlite_where=started, postgresql_where=started
    )
