"""A pipeline keeps what the token narrowed that it was started with, so that its later steps start with no more."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column; pipelines that are under way go on as they began."""
    op.add_column("pipeline_runs", sa.Column("scopes", Json, nullable=True))
