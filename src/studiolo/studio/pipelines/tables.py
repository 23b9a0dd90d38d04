"""Tables of pipelines: components, what pipelines are made of, their runs, and how each step stands."""

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
    text,
)

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_MANIFESTS

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

components = Table(
    "pipeline_components",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(255), nullable=False),
    Column("version", String(60), nullable=False),
    Column(
        "digest", String(64), nullable=False
    ),  # of all that decides what it does: the same again is the same version
    Column("body", Json, nullable=False, info=NAMES_MANIFESTS),  # as it was registered; never changes
    Column("archived", Boolean, nullable=False, default=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    UniqueConstraint("workspace_id", "name", "version"),
    Index("ix_pipeline_components_newest", "workspace_id", "name", "seq"),
    sqlite_autoincrement=True,
)

# a graph is kept once, however many runs, reruns and items of fan-outs it has
definitions = Table(
    "pipeline_definitions",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("graph", Json, nullable=False, info=NAMES_MANIFESTS),
    Column("created_at", UtcDateTime, nullable=False),
)

_LIVE = text("live")
pipeline_runs = Table(
    "pipeline_runs",
    metadata,
    Column("run_seq", SEQUENCE, ForeignKey("runs.seq", ondelete="CASCADE"), primary_key=True),
    Column("run_id", String(32), nullable=False, unique=True),
    Column("workspace_id", String(32), nullable=False),
    Column("root_id", String(32), nullable=False),  # the topmost pipeline's run; its own id there
    Column("parent_seq", SEQUENCE),  # of the pipeline that this one is a step of
    Column("path", String(2000), nullable=False, default=""),  # of that step, from the topmost pipeline
    Column("definition", String(64), nullable=False),
    Column("items", Json),  # of a fan-out: the definition's one step runs for each of them
    Column("at_once", Integer, nullable=False, default=0),  # most steps at once; 0: any
    Column("name", String(500), nullable=False),
    Column("experiment", String(500), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("tags", Json, nullable=False, default=dict),
    Column("priority", Integer, nullable=False, default=0),
    Column("settings", Json, nullable=False),
    Column("given", Json, nullable=False, info=NAMES_MANIFESTS),  # values of inputs as they were written
    Column("held", Json, nullable=False, info=NAMES_MANIFESTS),  # the same, found and pinned
    Column("declared", Json, nullable=False, default=dict),  # outputs that are registered or kept on a datastore
    Column("outputs", Json, info=NAMES_MANIFESTS),  # what they came to
    Column("user", String(120), nullable=False),
    Column("scopes", Json),  # what the token narrowed that it was started with; its steps start with no more
    Column("rerun_of", String(32)),  # topmost run whose finished steps are taken over
    Column("live", Boolean, nullable=False, default=True),
    Column(
        "version", Integer, nullable=False, default=0
    ),  # grows with each change: two controllers cannot both make it
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_pipeline_runs_live", "workspace_id", "run_seq", sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("ix_pipeline_runs_root", "root_id", "run_seq"),
    Index("ix_pipeline_runs_list", "workspace_id", "parent_seq", "run_seq"),
    Index("ix_pipeline_runs_definition", "workspace_id", "definition"),
)

_STARTED = text("run_id IS NOT NULL")
_KEYED = text("key IS NOT NULL")
pipeline_steps = Table(
    "pipeline_steps",
    metadata,
    Column("run_seq", SEQUENCE, ForeignKey("runs.seq", ondelete="CASCADE"), primary_key=True),  # of the pipeline
    Column("name", String(255), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("root_id", String(32), nullable=False),
    Column("position", Integer, nullable=False),
    Column("path", String(2000), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(16), nullable=False, default="NotStarted"),  # Queued: its run says how it stands
    Column("run_id", String(32)),  # of its job or nested pipeline
    Column("key", String(64)),  # of its result
    Column("flight", String(64)),  # the key while the job runs that computes it: one at a time in a workspace
    Column("slot", String(64), nullable=False, default=""),  # which step it is, whatever pipeline runs it
    Column("parts", Json),  # what the key is made of
    Column("inputs", Json),  # what it was given, to be read
    Column("outputs", Json, info=NAMES_MANIFESTS),
    Column("reuse", Json),  # why an earlier result was taken, or not
    Column("answer", Boolean),  # of a condition
    Column("failure", String(20)),
    Column("error", Text),
    Column("origin_run_id", String(32)),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("workspace_id", "flight"),
    Index("ix_pipeline_steps_root", "root_id", "run_seq", "position"),
    Index("ix_pipeline_steps_key", "workspace_id", "key", sqlite_where=_KEYED, postgresql_where=_KEYED),
    Index("ix_pipeline_steps_slot", "workspace_id", "slot", "run_seq"),
    Index("ix_pipeline_steps_run", "run_id", sqlite_where=_STARTED, postgresql_where=_STARTED),
)
