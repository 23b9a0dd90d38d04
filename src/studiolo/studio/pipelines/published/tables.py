"""Tables of published pipelines: names, versions, keys, and the runs that were started by them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_MANIFESTS

_OF = "published_pipelines.id"

published_pipelines = Table(
    "published_pipelines",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(100), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("default_version", Integer, nullable=False),
    Column("newest", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

published_versions = Table(
    "published_versions",
    metadata,
    Column("published", String(32), ForeignKey(_OF, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("spec", Json, nullable=False, info=NAMES_MANIFESTS),  # as it was checked; never changes
    Column("note", Text, nullable=False, default=""),
    Column("owner_id", String(32), nullable=False),  # whose rights its runs have
    Column("owner", String(120), nullable=False),
    Column("scopes", Json),  # what the token narrowed that it was published with
    Column("created_at", UtcDateTime, nullable=False),
)

published_keys = Table(
    "published_keys",
    metadata,
    Column("published", String(32), ForeignKey(_OF, ondelete="CASCADE"), primary_key=True),
    Column("slot", String(10), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("hint", String(12), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

published_runs = Table(
    "published_runs",
    metadata,
    Column("run_id", String(32), primary_key=True),
    Column("published", String(32), ForeignKey(_OF, ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("by", String(160), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_published_runs_newest", "published", "run_id"),
)
