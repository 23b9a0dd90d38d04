"""Published pipelines: names, versions, keys, and the runs that were started by them."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0023"
down_revision = "0022"


def _of(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_published")
    return sa.ForeignKeyConstraint(["published"], ["published_pipelines.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    """Create four tables."""
    op.create_table(
        "published_pipelines",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("default_version", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_pipelines")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_published_pipelines_workspace_id_name")),
    )
    op.create_table(
        "published_versions",
        sa.Column("published", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("spec", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("scopes", Json, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _of("published_versions"),
        sa.PrimaryKeyConstraint("published", "number", name=op.f("pk_published_versions")),
    )
    op.create_table(
        "published_keys",
        sa.Column("published", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=10), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        _of("published_keys"),
        sa.PrimaryKeyConstraint("published", "slot", name=op.f("pk_published_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_published_keys_hash")),
    )
    op.create_table(
        "published_runs",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("published", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _of("published_runs"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_published_runs")),
    )
    op.create_index("ix_published_runs_newest", "published_runs", ["published", "run_id"])
