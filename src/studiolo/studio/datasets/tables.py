"""Tables of datasets and their versions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.storage.references import NAMES_BLOBS, NAMES_MANIFESTS

datasets = Table(
    "datasets",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("description", Text, nullable=False, default=""),
    Column("latest", Integer, nullable=False, default=0),  # newest version that is not in the bin; kept, not counted
    Column(
        "numbered", Integer, nullable=False, default=0, server_default="0"
    ),  # highest number ever given: none means two things
    Column("tags", Json, nullable=False, default=dict, server_default="{}"),
    Column("retention", Json),  # {keep_last, keep_days}; NULL: versions stay until somebody deletes them
    Column("lifecycle", String(10), nullable=False, default="active", server_default="active"),  # active, deleted
    Column("deleted_at", UtcDateTime),  # since when it is in the bin; its versions went with it at the same moment
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
    Column("kind", String(10), nullable=False, default="tabular", server_default="tabular"),  # tabular, file
    Column("mode", String(12), nullable=False, default="managed", server_default="managed"),  # managed, referenced
    Column("manifest", String(64), info=NAMES_MANIFESTS),  # digest of the list of files; NULL: `files` is it
    Column(
        "files", Json, nullable=False, info=NAMES_BLOBS
    ),  # path, size, digest of the one file of a version without a manifest
    Column("file_count", BigInteger, nullable=False, default=1, server_default="1"),
    # digest of a copy that is read instead: of that one file, or with a manifest of all of them, as an MLTable made it
    Column("readable", String(64), info=NAMES_BLOBS),
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
    Column("description", Text, nullable=False, default="", server_default=""),
    Column("tags", Json, nullable=False, default=dict, server_default="{}"),
    Column("parent", Integer),  # the version that was the newest when this one was made
    Column("source", Json),  # where it came from: type, datastore, path, query, url, run, skipped files
    Column("datastore", String(100)),  # where the objects of a referenced version are
    Column("run_id", String(32)),  # of the job that registered it
    Column(
        "lifecycle", String(10), nullable=False, default="active", server_default="active"
    ),  # active, deleted, removed
    Column("deleted_at", UtcDateTime),  # since when it is in the bin, or removed
    # how it stands with the dataset's rules: due, held (not the newest until it is checked), passed, warned, failed, rejected, error,
    # accepted; NULL: there were no rules
    Column("quality", String(10)),
    ForeignKeyConstraint(
        ["workspace_id", "name"], ["datasets.workspace_id", "datasets.name"], name="fk_dataset_versions_dataset"
    ),
    Index("ix_dataset_versions_digest", "workspace_id", "name", "digest"),
    Index("ix_dataset_versions_quality", "workspace_id", "quality"),
    Index("ix_dataset_versions_profile_run", "profile_run"),
    Index("ix_dataset_versions_bin", "workspace_id", "lifecycle", "deleted_at"),
)

# a stay on the way of many files into the store; it survives closed browsers and restarted servers
dataset_uploads = Table(
    "dataset_uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("spec", Json, nullable=False),  # UploadSessionCreate
    Column("state", String(12), nullable=False),  # open, completing, done
    Column("created_by", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("touched_at", UtcDateTime, nullable=False),  # when something was last sent
    Column("run_id", String(32)),  # of the registration that it led to
    Index("ix_dataset_uploads_list", "workspace_id", "state", "touched_at"),
)

dataset_upload_files = Table(
    "dataset_upload_files",
    metadata,
    Column(
        "upload_id", String(32), ForeignKey("dataset_uploads.id", ondelete="CASCADE"), primary_key=True, nullable=False
    ),
    Column("path", String(1024), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False, default=0),
    Column("digest", String(64), info=NAMES_BLOBS),  # of a file that is whole, in the store
    Column("mark", String(100)),  # what its owner tells states of the file apart by
    Index(
        "ix_dataset_upload_files_pending",
        "upload_id",
        "path",
        sqlite_where=text("digest IS NULL"),
        postgresql_where=text("digest IS NULL"),
    ),
)

# a job that registers a version, and what came of it
dataset_registrations = Table(
    "dataset_registrations",
    metadata,
    Column("run_id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(100), nullable=False),
    Column("about", Json, nullable=False),  # what was asked for, without secrets
    Column("given", String(64), info=NAMES_MANIFESTS),  # digest of the list of files that are in the store already
    Column("upload_id", String(32)),
    Column("created_by", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("version", Integer),
    Column("existing", Boolean, nullable=False, default=False),
    Column(
        "skipped", Json, nullable=False, default=list
    ),  # the first files that could not be read, each with the reason
    Column("problem", Json),  # detail, hint, field, code
    Index("ix_dataset_registrations_list", "workspace_id", "created_at", "run_id"),
)
