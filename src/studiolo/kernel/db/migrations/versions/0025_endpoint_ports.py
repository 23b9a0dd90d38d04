"""Endpoints whose port the studio chose may get another."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add who chose the port; of older endpoints nobody knows, so theirs stay."""
    op.add_column("endpoints", sa.Column("port_chosen", sa.Boolean(), nullable=False, server_default=sa.false()))
