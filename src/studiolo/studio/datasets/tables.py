"""Tables of datasets and their versions."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Integer, String, Table, Text

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_BLOBS

datasets = Table(
    "datasets",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("description", Text, nullable=False, default=""),
    Column("latest", Integer, nullable=False, default=0),  # version; kept, not counted
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Index("ix_datasets_updated", "workspace_id", "updated_at", "id"),
)

dataset_versions = Table(
    "dataset_versions",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),  # of files and of how they are read: same digest, same version
    Column("files", Json, nullable=False, info=NAMES_BLOBS),  # the manifest: path, size, digest
    Column("readable", String(64), info=NAMES_BLOBS),  # digest of a UTF-8 copy that is read instead
    Column("size", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("format", String(40), nullable=False),
    Column("table", Json, nullable=False),  # TableSchema
    Column("preview", String(64), nullable=False, info=NAMES_BLOBS),  # digest of the first rows as JSON
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("profile_run", String(32)),
    Column("profile", String(64), info=NAMES_BLOBS),  # digest of the profile as JSON
    Column("profile_error", Text),
    ForeignKeyConstraint(
        ["workspace_id", "name"], ["datasets.workspace_id", "datasets.name"], name="fk_dataset_versions_dataset"
    ),
    Index("ix_dataset_versions_digest", "workspace_id", "name", "digest"),
    Index("ix_dataset_versions_profile_run", "profile_run"),
)
