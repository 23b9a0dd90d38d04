"""Tables of quality: the rules of each dataset, and the checks of its versions."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_BLOBS

quality_rules = Table(
    "quality_rules",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("dataset", String(100), primary_key=True),
    Column("version", Integer, nullable=False),  # grows with each change
    Column("settings", Json, nullable=False),  # QualitySettings
    Column("state", String(10), nullable=False),  # none, ok, failing: what was told last
    Column("position", UtcDateTime),  # start of the window that the schedule stands in; none: no schedule
    Column("due_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", String(120), nullable=False),
    Index("ix_quality_rules_due", "workspace_id", "due_at"),
)

quality_checks = Table(
    "quality_checks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("dataset", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("origin", String(12), nullable=False),  # registration, schedule, request
    Column("state", String(10), nullable=False),  # running, passed, warned, failed, error, canceled
    Column("run_id", String(32), index=True),
    Column("rules", Integer, nullable=False),
    Column("broken", Integer, nullable=False, default=0),
    Column("failed", Json, nullable=False, default=list),  # titles of the broken rules
    Column("error", Text, nullable=False, default=""),
    Column("result", String(64), info=NAMES_BLOBS),  # digest of the report as JSON
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_quality_checks_list", "workspace_id", "dataset", "id"),
)
