"""Registered datastores and their sealed credentials."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create two tables; no row changes."""
    op.create_table(
        "datastores",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=63), nullable=False),
        sa.Column("auth", sa.String(length=63), nullable=False),
        sa.Column("config", Json, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("checked", Json, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=63), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datastores")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_datastores_workspace_id_name")),
    )
    op.create_table(
        "datastore_credentials",
        sa.Column("datastore", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=63), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["datastore"], ["datastores.id"], name=op.f("fk_datastore_credentials_datastore"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("datastore", "field", name=op.f("pk_datastore_credentials")),
    )
