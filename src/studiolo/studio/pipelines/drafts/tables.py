"""The table of drafts."""

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_MANIFESTS

pipeline_drafts = Table(
    "pipeline_drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(100), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column(
        "file", Json, info=NAMES_MANIFESTS
    ),  # as it was written, with its folder; who writes either keeps the blobs first
    Column("spec", Json, info=NAMES_MANIFESTS),  # what the form below it said
    Column("steps", Integer),
    Column("version", Integer, nullable=False),  # grows with each change: two people cannot both make it
    Column("run_id", String(32)),  # of the last submission
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", String(120), nullable=False),
    UniqueConstraint("workspace_id", "name"),
)
