"""Table of the outputs of jobs that become datasets or models when the job has completed."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from studiolo.kernel.db.metadata import metadata
from studiolo.studio.experiments.tables import SEQUENCE

run_outputs = Table(
    "run_outputs",
    metadata,
    Column("run_seq", SEQUENCE, ForeignKey("runs.seq", ondelete="CASCADE"), primary_key=True),
    Column("name", String(255), primary_key=True),  # of the output
    Column("workspace_id", String(32), nullable=False),
    Column("run_id", String(32), nullable=False),
    Column("type", String(20), nullable=False),
    Column("asset", String(255), nullable=False),  # what it is to be called
    Column("version", String(60), nullable=False, default=""),  # that was asked for
    Column("description", Text, nullable=False, default=""),
    # waiting, ready (the job has completed), registering (another job does that), registered, failed, dropped
    Column("state", String(12), nullable=False),
    # what it became: `dataset:<name>:<version>`, `model:…`; while registering `registration:<run id of that job>`
    Column("reference", String(320), nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    Index("ix_run_outputs_state", "workspace_id", "state"),
)
