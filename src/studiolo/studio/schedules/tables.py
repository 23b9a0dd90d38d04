"""Tables of schedules: what each does, what it runs, each time that it fired, and the files that it knows."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_MANIFESTS

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

schedules = Table(
    "schedules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(100), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("trigger", Json, nullable=False),
    Column("kind", String(12), nullable=False, default="time", server_default="time"),  # time, dataset, files
    Column(
        "position", Integer, nullable=False, default=0, server_default="0"
    ),  # of versions: up to where all are settled
    Column("look_failed", Boolean, nullable=False, default=False, server_default=false()),  # its trouble is of a look
    Column("target", String(32), nullable=False),  # a row of schedule_targets
    Column("what", String(20), nullable=False),
    Column("target_name", String(500), nullable=False),
    Column("experiment", String(500), nullable=False, default=""),
    Column("catch_up", String(8), nullable=False),
    Column("overlap", String(8), nullable=False),
    Column("owner_id", String(32), nullable=False),  # whose rights its runs have: who saved it last
    Column("owner", String(120), nullable=False),
    Column("scopes", Json),  # what the token narrowed that it was saved with
    Column("due_at", UtcDateTime),  # the time that is waited for; none: no time is left
    Column("looked_at", UtcDateTime, nullable=False),  # when that was found out
    Column("trouble", Text, nullable=False, default=""),
    Column("version", Integer, nullable=False, default=0),  # grows with each change: one of two controllers makes it
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "name"),
    Index("ix_schedules_due", "workspace_id", "enabled", "due_at"),
    Index("ix_schedules_kind", "workspace_id", "kind", "enabled"),
)

# what is run names blobs, so it is written once: a change writes another row
schedule_targets = Table(
    "schedule_targets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("schedule", String(32), ForeignKey("schedules.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("target", Json, nullable=False, info=NAMES_MANIFESTS),
)

_WAITING = text("state = 'waiting'")
_LIVE = text("live")
schedule_firings = Table(
    "schedule_firings",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("schedule", String(32), ForeignKey("schedules.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", String(32), nullable=False),
    Column("key", String(80), nullable=False),  # the time, or what makes a firing of another origin the only one
    Column("due", UtcDateTime, nullable=False),
    Column("fired_at", UtcDateTime, nullable=False),
    Column("origin", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("run_id", String(32)),
    Column("live", Boolean, nullable=False, default=False),  # its run is not known to have ended
    Column("reason", Text, nullable=False, default=""),
    Column("field", String(300), nullable=False, default=""),
    Column("count", Integer, nullable=False, default=1),  # of times that were passed over
    Column("until", UtcDateTime),  # the last of them
    Column("cause", Json),  # the version or the files that came; none of a time
    UniqueConstraint("schedule", "key"),
    Index("ix_schedule_firings_newest", "schedule", "seq"),
    Index("ix_schedule_firings_run", "run_id"),
    Index("ix_schedule_firings_live", "schedule", sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("ix_schedule_firings_waiting", "workspace_id", "seq", sqlite_where=_WAITING, postgresql_where=_WAITING),
    sqlite_autoincrement=True,
)

_ARRIVED = text("state = 'arrived'")
# files that a schedule has seen: the queue of those that arrived, and the memory of those that were taken
schedule_files = Table(
    "schedule_files",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("schedule", String(32), ForeignKey("schedules.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", String(32), nullable=False),
    Column("key", String(40), nullable=False),  # of the path, which may be longer than an index takes
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mark", String(200), nullable=False),  # what tells one state of it from another
    Column("state", String(8), nullable=False),  # seen once, arrived (its run is to be made), taken
    Column("late", Boolean, nullable=False, default=False),  # it came while nothing looked
    Column("batch", BigInteger, nullable=False, default=0),  # of arrived ones: those of one number run together
    Column("seen_at", UtcDateTime, nullable=False),  # when it was last there
    UniqueConstraint("schedule", "key"),
    Index("ix_schedule_files_arrived", "workspace_id", "schedule", sqlite_where=_ARRIVED, postgresql_where=_ARRIVED),
    sqlite_autoincrement=True,
)
