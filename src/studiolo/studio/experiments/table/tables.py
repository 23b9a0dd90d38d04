"""The table of saved views of the table of runs."""

from sqlalchemy import Boolean, Column, String, Table, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime

run_views = Table(
    "run_views",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("owner_id", String(32), nullable=False),
    Column("owner", String(120), nullable=False),
    Column("name", String(120), nullable=False),
    Column("state", Json, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("default", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "owner_id", "name"),
)
