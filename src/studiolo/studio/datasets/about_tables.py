"""Tables of what is known about versions beside their bytes: parts of profiles, traits, splits."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_BLOBS

dataset_profile_parts = Table(
    "dataset_profile_parts",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("dataset", String(100), primary_key=True),
    Column("cover", String(64), primary_key=True),  # digest of its one file, or of the list of files that it covers
    Column("reading", String(64), primary_key=True),  # digest of how they are read
    Column("part", String(64), nullable=False, info=NAMES_BLOBS),  # digest of the part
    Column("rows", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),  # the last whose profile was made of it; the part goes with it
    Column("created_at", UtcDateTime, nullable=False),
)

# what the columns of a version mean; empty texts: none
dataset_traits = Table(
    "dataset_traits",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("dataset", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("timestamp", String(300), nullable=False),
    Column("partition_timestamp", String(300), nullable=False),
    Column("target", String(300), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", String(120), nullable=False),
)

# how the rows of a version are split; the parts follow from it
dataset_splits = Table(
    "dataset_splits",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("dataset", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("spec", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
)
