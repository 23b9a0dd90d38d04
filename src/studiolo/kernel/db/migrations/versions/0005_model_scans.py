"""What a look into the files of model versions found."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table; versions that are there are looked into by the controller."""
    op.create_table(
        "model_scans",
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("scanner", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("scanned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["model_versions.id"],
            name=op.f("fk_model_scans_version_model_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_model_scans")),
    )
