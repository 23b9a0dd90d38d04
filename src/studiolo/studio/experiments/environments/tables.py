"""Tables of environments: one row per version, written once."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_BLOBS

environments = Table(
    "environments",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("anonymous", Boolean, nullable=False, default=False),  # described inside of a job; not listed
    Column("archived", Boolean, nullable=False, default=False),
    Column("description", Text, nullable=False, default=""),
    Column("tags", Json, nullable=False, default=dict),
    Column("definition", Json, nullable=False),
    Column("definition_hash", String(64), nullable=False),
    Column("source", String(200), nullable=False),  # which form it had, for people
    Column("image", String(500), nullable=False, default=""),
    Column("python", String(20), nullable=False),
    Column("lock", String(64), nullable=False, info=NAMES_BLOBS),
    Column("lock_hash", String(64), nullable=False),
    Column("packages", Integer, nullable=False),
    Column("notes", Json, nullable=False, default=list),
    Column("created_at", UtcDateTime, nullable=False),
    Column("user", String(120), nullable=False, default=""),
    Index("ix_environments_definition", "workspace_id", "name", "definition_hash"),
)
