"""Nodes of clusters may come from a Ray that is there, by its autoscaler."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add where the Ray of a cluster is."""
    op.add_column("compute_clusters", sa.Column("ray", Json, nullable=True))
