"""Tables of experiments and runs. A run and a job are one noun: a job is a run that has a spec."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
)

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_MANIFESTS

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

experiments = Table(
    "experiments",
    metadata,
    # the number is what MLflow's protocol calls experiment_id; "0" is the Default experiment of the first workspace
    Column("number", SEQUENCE, primary_key=True, autoincrement=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(500), nullable=False),
    Column("lifecycle", String(10), nullable=False, default="active"),  # active, deleted
    Column("deleted_at", UtcDateTime),  # since when it is in the bin
    Column("artifact_location", Text, nullable=False, default=""),
    Column("tags", Json, nullable=False, default=dict),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "name"),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),  # what metrics, params and tags refer to
    Column("id", String(32), nullable=False, unique=True),
    Column("workspace_id", String(32), nullable=False),
    Column("experiment", SEQUENCE, ForeignKey("experiments.number"), nullable=False),
    Column("parent_id", String(32)),
    Column("name", String(500), nullable=False, default=""),
    Column(
        "kind", String(40), nullable=False, default="run"
    ),  # run (made by a client), command, profile, automl, trial…
    Column("lifecycle", String(10), nullable=False, default="active"),  # active, deleted
    Column("deleted_at", UtcDateTime),  # since when it is in the bin; with its experiment: the same moment
    Column("state", String(16), nullable=False),  # observed: written by the reconciler, or by the client of a plain run
    Column("desired", String(16), nullable=False, default="completed"),  # written by users: completed, canceled
    Column("failure", String(20)),  # class of a failure
    Column("exit_code", Integer),
    Column("error", Text),  # what a person reads when it failed
    Column("user", String(120), nullable=False, default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    # jobs only
    Column("compute", String(120)),
    Column("priority", Integer, nullable=False, default=0),
    Column("turn", BigInteger, nullable=False, default=0, server_default="0"),  # when a queued job is taken: `turns.py`
    Column("follows", Integer),  # of a pipeline's step: how many steps come one after the other behind it
    Column("spec", Json, info=NAMES_MANIFESTS),
    Column("attempt", Integer, nullable=False, default=0),
    Column("version", Integer, nullable=False, default=0),  # grows with each transition
    Column("lease_token", String(32)),
    Column("lease_until", UtcDateTime),
    Column("journal_offset", BigInteger, nullable=False, default=0),  # bytes of the journal that are applied
    Column("progress", Json),  # {done, total, label}
    Column("consumed", Boolean, nullable=False, default=False),  # the slice of its kind has taken the result
    Index("ix_runs_list", "workspace_id", "seq"),
    Index("ix_runs_experiment", "experiment", "lifecycle", "seq"),
    Index("ix_runs_parent", "parent_id", "seq"),
    Index("ix_runs_kind", "workspace_id", "kind", "consumed", "seq"),
    sqlite_autoincrement=True,
)
# a run's start is when it was made, until it has started; the order of MLflow's lists
STARTED = func.coalesce(runs.c.started_at, runs.c.created_at)
Index("ix_runs_start", runs.c.experiment, runs.c.lifecycle, STARTED.desc(), runs.c.id)
# the table of all runs of a workspace, newest first
Index("ix_runs_recent", runs.c.workspace_id, runs.c.lifecycle, STARTED.desc(), runs.c.id)
_STATES = ["NotStarted", "Queued", "Provisioning", "Preparing", "Starting", "Running", "Finalizing"]
_LIVE = runs.c.state.in_(_STATES)
# What the controller asks at every tick must stay as small as what it finds, whatever the history. SQLite reads an index of some
# rows only where the index's own condition is written out, and not while another index looks as good: that of the workspace would
LIVE_INDEX = runs.c.state.in_(bindparam(None, _STATES, expanding=True, literal_execute=True))
IN_WORKSPACE = runs.c.workspace_id.concat("") == bindparam("workspace_id", type_=String)
_BIN = runs.c.deleted_at.is_not(None)
Index("ix_runs_bin", runs.c.workspace_id, runs.c.deleted_at, sqlite_where=_BIN, postgresql_where=_BIN)
# stays as small as the queue, whatever the history: claims per second do not fall as runs pile up
Index(
    "ix_runs_live",
    runs.c.state,
    runs.c.priority.desc(),
    runs.c.turn,
    runs.c.seq,
    runs.c.compute,  # from here on it is read instead of the rows: an index of its own would cost each claim a page more
    runs.c.workspace_id,
    runs.c.user,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
QUEUED = runs.c.state == bindparam(None, "Queued", literal_execute=True)
_QUEUED = runs.c.state == "Queued"
_STEPS = _QUEUED & runs.c.follows.is_not(None)
# the steps of a pipeline that wait
Index(
    "ix_runs_follows",
    runs.c.parent_id,
    runs.c.follows.desc(),
    runs.c.turn,
    sqlite_where=_STEPS,
    postgresql_where=_STEPS,
)

run_documents = Table(
    "run_documents",
    metadata,
    Column("run_seq", SEQUENCE, ForeignKey("runs.seq", ondelete="CASCADE"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("value", Json, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# one row per attempt of a job: retries are counted here, and a run page shows what each attempt came to
run_attempts = Table(
    "run_attempts",
    metadata,
    Column("run_seq", SEQUENCE, ForeignKey("runs.seq", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("failure", String(20)),
    Column("exit_code", Integer),
    Column("error", Text),
    Column("peak_memory_bytes", BigInteger),
    Column("cpu_seconds", Double),
    Column("left_behind", Integer),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
)

# one edge table: dataset version -> run -> model version -> deployment; a reference is `<noun>:<id>`
lineage = Table(
    "lineage",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("source", String(320), primary_key=True),
    Column("target", String(320), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_lineage_target", "workspace_id", "target"),
)
