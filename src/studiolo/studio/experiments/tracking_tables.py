"""Tables of what runs record: params, metrics, tags, inputs, artifacts, logged models. Rows refer to `runs.seq`."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.secrets.references import NO_SECRET
from studiolo.kernel.storage.references import NAMES_BLOBS
from studiolo.studio.experiments.tables import SEQUENCE

# ordered by bytes on both databases, so that a folder is one range of paths
PATH = String(1024).with_variant(String(1024, collation="C"), "postgresql")


def _run() -> "Column[int]":
    return Column("run", SEQUENCE, ForeignKey("runs.seq", ondelete="CASCADE"), primary_key=True)


def _key() -> "Column[int]":
    return Column("key", Integer, primary_key=True)


# names of params, metrics and tags, each written once
keys = Table(
    "tracking_keys",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(250), nullable=False, unique=True),
)

# every logged point that is not packed; the primary key is MLflow's rule for duplicates. NaN is value 0 with nan 1: SQLite has no NaN.
# On PostgreSQL its foreign key is not kept (migration 0009); `purging` removes the points of a run before the run
metrics = Table(
    "metrics",
    metadata,
    _run(),
    _key(),
    Column("step", BigInteger, primary_key=True),
    Column("ts", BigInteger, primary_key=True),  # milliseconds since 1970
    Column("value", Double, primary_key=True),
    Column("nan", SmallInteger, primary_key=True),
    sqlite_with_rowid=False,
)

# packed points of a series: they are in here or in `metrics`, never in both. Parts of one series may overlap in steps
metric_parts = Table(
    "metric_parts",
    metadata,
    _run(),
    _key(),
    Column("part", Integer, primary_key=True),
    Column("first_step", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("points", Integer, nullable=False),
    Column(
        "rollup", LargeBinary, nullable=False, info=NO_SECRET
    ),  # what charts of long series read; `packing` says how
    Column("data", LargeBinary, nullable=False, info=NO_SECRET),
)

# one row per run: its records as MLflow's JSON, ready to be sent; none while they may have changed since
_UNREADY = text("doc IS NULL")
run_docs = Table(
    "run_docs",
    metadata,
    _run(),
    Column("changed", BigInteger, nullable=False, default=0, server_default="0"),  # milliseconds since 1970
    Column("doc", LargeBinary, info=NO_SECRET),
    Index("ix_run_docs_unready", "run", sqlite_where=_UNREADY, postgresql_where=_UNREADY),
)

# one row per run and metric: the latest point by (step, ts, value), and what the whole series amounts to
metric_latest = Table(
    "metric_latest",
    metadata,
    _run(),
    _key(),
    Column("step", BigInteger, nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("nan", SmallInteger, nullable=False),
    Column("low", Double),  # none while every point is NaN
    Column("low_step", BigInteger),
    Column("high", Double),
    Column("high_step", BigInteger),
    Column("points", BigInteger, nullable=False),
    Column("sealed", BigInteger, nullable=False, default=0, server_default="0"),  # how many of them are packed
    Index("ix_metric_latest_value", "key", "value", "run"),
    sqlite_with_rowid=False,
)

params = Table(
    "params",
    metadata,
    _run(),
    _key(),
    Column("value", Text, nullable=False),
    Column("head", String(200), nullable=False),  # the first 200 characters, for the index
    Index("ix_params_value", "key", "head", "run"),
    sqlite_with_rowid=False,
)

run_tags = Table(
    "run_tags",
    metadata,
    _run(),
    _key(),
    Column("value", Text, nullable=False),
    Column("head", String(200), nullable=False),
    Index("ix_run_tags_value", "key", "head", "run"),
    sqlite_with_rowid=False,
)

# a dataset that a client described with log_input; ours are the datasets slice
input_datasets = Table(
    "input_datasets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("experiment", SEQUENCE, ForeignKey("experiments.number", ondelete="CASCADE"), nullable=False),
    Column("name", String(500), nullable=False),
    Column("digest", String(36), nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text),
    Column("profile", Text),
    Index("uq_input_datasets_named", "experiment", "name", "digest", unique=True),
)

run_inputs = Table(
    "run_inputs",
    metadata,
    _run(),
    Column("dataset", Integer, ForeignKey("input_datasets.id", ondelete="CASCADE"), primary_key=True),
    Column("tags", Json, nullable=False),
)

logged_models = Table(
    "logged_models",
    metadata,
    Column("id", String(34), primary_key=True),  # m-<32 hex>
    Column("workspace_id", String(32), nullable=False),
    Column("experiment", SEQUENCE, ForeignKey("experiments.number", ondelete="CASCADE"), nullable=False),
    Column("name", String(500), nullable=False),
    Column("model_type", String(500), nullable=False, default=""),
    Column("source_run_id", String(32)),
    Column("status", String(40), nullable=False),
    Column("params", Json, nullable=False),
    Column("tags", Json, nullable=False),
    Column("lifecycle", String(10), nullable=False, default="active"),
    Column("deleted_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_logged_models_list", "experiment", "lifecycle", "created_at"),
    Index("ix_logged_models_run", "source_run_id"),
)

logged_model_metrics = Table(
    "logged_model_metrics",
    metadata,
    Column("model_id", String(34), ForeignKey("logged_models.id", ondelete="CASCADE"), primary_key=True),
    _key(),
    _run(),
    Column("dataset_name", String(500), primary_key=True, default=""),
    Column("dataset_digest", String(36), primary_key=True, default=""),
    Column("step", BigInteger, nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("nan", SmallInteger, nullable=False),
)

run_models = Table(
    "run_models",
    metadata,
    _run(),
    Column("model_id", String(34), ForeignKey("logged_models.id", ondelete="CASCADE"), primary_key=True),
    Column("direction", String(6), primary_key=True),  # input, output
    Column("step", BigInteger, nullable=False, default=0),
)

# files of runs, logged models and model versions: a path in the workspace, and the blob that it names
artifacts = Table(
    "artifacts",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("path", PATH, primary_key=True),
    Column("digest", String(64), nullable=False, info=NAMES_BLOBS),
    Column("size", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_artifacts_digest", "digest"),
)
