"""When things were deleted, and what was imported."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
_WITH_BIN = ("experiments", "runs", "logged_models")


def upgrade() -> None:
    """Add the time of deletion; what is in the bin already begins its retention time now."""
    now = datetime.now(UTC)
    for name in _WITH_BIN:
        op.add_column(name, sa.Column("deleted_at", UtcDateTime(), nullable=True))
        table = sa.table(name, sa.column("lifecycle", sa.String), sa.column("deleted_at", UtcDateTime()))
        op.get_bind().execute(sa.update(table).where(table.c.lifecycle == "deleted").values(deleted_at=now))
    there = sa.text("deleted_at IS NOT NULL")
    op.create_index("ix_runs_bin", "runs", ["workspace_id", "deleted_at"], sqlite_where=there, postgresql_where=there)
    op.create_table(
        "imports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("user", sa.String(length=120), nullable=False),
        sa.Column("report", Json, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("workspace_id", "fingerprint", name=op.f("uq_imports_workspace_id_fingerprint")),
    )
    op.create_table(
        "import_items",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=256), nullable=False),
        sa.Column("target", sa.String(length=256), nullable=False),
        sa.Column("stamp", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_items_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "kind", "source_id", name=op.f("pk_import_items")),
    )
