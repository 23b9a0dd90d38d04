"""Tables of endpoints."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(63), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False, unique=True),  # of the machine, so of all workspaces
    Column("port_chosen", Boolean, nullable=False, default=False),  # by us: another serves as well
    Column("desired", String(12), nullable=False, default="Live"),  # or Deleted; users write it
    Column("keys", Json, nullable=False),  # name → hash, hint, created_at
    Column("last_number", Integer, nullable=False, default=0),
    Column("created_by", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

deployments = Table(
    "endpoint_deployments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("endpoint_id", String(32), ForeignKey("endpoints.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("model", String(250), nullable=False),
    Column("version", Integer, nullable=False),
    Column("workers", Integer, nullable=False),
    Column("tier", String(12), nullable=False),  # as asked for
    Column("desired", String(12), nullable=False, default="Live"),  # or Stopped
    Column("state", String(12), nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("attempt", Integer, nullable=False, default=0),
    Column("restarts", Integer, nullable=False, default=0),
    Column("not_before", UtcDateTime),  # of the next start
    Column("ready", Json),  # ready.json of the scorer
    Column("failure", Json),
    Column("created_by", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("live_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("endpoint_id", "number"),
    Index("ix_endpoint_deployments_open", "workspace_id", "state"),
)
