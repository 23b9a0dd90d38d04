"""Nodes of clusters may come from programs of an administrator."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add who provides nodes, and how far each has come; those that are up stay shares of this machine."""
    op.add_column("compute_clusters", sa.Column("provider", sa.String(20), nullable=False, server_default="local"))
    op.add_column("compute_clusters", sa.Column("scripts", Json, nullable=True))
    op.add_column("compute_clusters", sa.Column("failed", Json, nullable=True))
    op.add_column("compute_clusters", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("compute_clusters", sa.Column("resume_after", UtcDateTime(), nullable=True))
    op.add_column("compute_clusters", sa.Column("deleting_since", UtcDateTime(), nullable=True))
    op.add_column("compute_nodes", sa.Column("provider", sa.String(20), nullable=False, server_default="local"))
    op.add_column("compute_nodes", sa.Column("phase", sa.String(12), nullable=False, server_default="up"))
    op.add_column("compute_nodes", sa.Column("phase_since", UtcDateTime(), nullable=True))
    op.add_column("compute_nodes", sa.Column("place", Json, nullable=True))
    op.add_column("compute_nodes", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("compute_nodes", sa.Column("silent_since", UtcDateTime(), nullable=True))
    op.add_column("compute_nodes", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("compute_nodes", sa.Column("again_at", UtcDateTime(), nullable=True))
