"""Tables of drift monitors: what each does, by version of its settings; its windows; its backfills."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_BLOBS

_MONITOR = "drift_monitors.id"

drift_monitors = Table(
    "drift_monitors",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("dataset", String(100), nullable=False),  # that windows are cut from
    Column("description", Text, nullable=False, default=""),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("settings_version", Integer, nullable=False),
    Column("state", String(12), nullable=False),  # waiting, ok, drifting, resolved
    Column("state_since", UtcDateTime),
    Column("judged", UtcDateTime),  # start of the newest window that the state follows
    Column("position", UtcDateTime, nullable=False),  # start of the window that the schedule looks at next
    Column("due_at", UtcDateTime, nullable=False),  # when it does: the end of that window and the latency
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_drift_monitors_dataset", "workspace_id", "dataset"),
    Index("ix_drift_monitors_due", "workspace_id", "enabled", "due_at"),
)

# settings never change: an edit adds a version, and each window says which one it was judged by
drift_settings = Table(
    "drift_settings",
    metadata,
    Column("monitor", String(32), ForeignKey(_MONITOR, ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("settings", Json, nullable=False),
    Column("reference", String(64), info=NAMES_BLOBS),  # the baseline's distributions, kept by the first window
    Column("sample", String(64), info=NAMES_BLOBS),  # some of its rows, for the drift model
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
)

drift_windows = Table(
    "drift_windows",
    metadata,
    Column("monitor", String(32), ForeignKey(_MONITOR, ondelete="CASCADE"), primary_key=True),
    Column("start", UtcDateTime, primary_key=True),
    Column("settings", Integer, primary_key=True),
    Column("end", UtcDateTime, nullable=False),
    Column("origin", String(10), nullable=False),  # schedule, backfill, request
    Column("backfill", String(32)),
    Column("state", String(10), nullable=False),  # running, done, too_few, failed, canceled
    Column("version", Integer),  # of the target dataset
    Column("run_id", String(32), index=True),
    Column("rows", BigInteger),
    Column("magnitude", Double),
    Column("floor", Double),
    Column("drifting", Boolean),
    Column("drifting_features", Integer),
    Column("features", Json),  # [[name, index, drifts], …], those that moved most first: for trends
    Column("why", Text, nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    Column("result", String(64), info=NAMES_BLOBS),  # digest of the comparison as JSON
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_drift_windows_state", "monitor", "state"),
)

drift_backfills = Table(
    "drift_backfills",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("monitor", String(32), ForeignKey(_MONITOR, ondelete="CASCADE"), nullable=False, index=True),
    Column("settings", Integer, nullable=False),
    Column("start", UtcDateTime, nullable=False),
    Column("end", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False),  # running, done, canceled
    Column("position", UtcDateTime, nullable=False),  # start of the next window to submit
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_drift_backfills_state", "workspace_id", "state"),
)
