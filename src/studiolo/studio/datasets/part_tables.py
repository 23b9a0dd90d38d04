"""Table of the parts of profiles, which the profile of a later version is made of."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import UtcDateTime
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
