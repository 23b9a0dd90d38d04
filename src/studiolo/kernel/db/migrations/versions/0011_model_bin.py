"""The bin of the registry."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table; what was deleted before is gone already."""
    op.create_table(
        "model_bin",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("record", Json, nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_bin")),
    )
    op.create_index("ix_model_bin_list", "model_bin", ["workspace_id", "deleted_at"], unique=False)
    op.create_index(op.f("ix_model_bin_model"), "model_bin", ["model"], unique=False)
