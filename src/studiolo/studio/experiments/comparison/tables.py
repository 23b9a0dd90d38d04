"""Table of the sets of runs that links name."""

from sqlalchemy import Column, Index, String, Table

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime

run_selections = Table(
    "run_selections",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("id", String(16), primary_key=True),  # of the content
    Column("run_ids", Json, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Index("ix_run_selections_used", "workspace_id", "used_at"),
)
