"""Tables of the registry. The files of a version are artifact rows below `registry/<version id>`."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime

models = Table(
    "models",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(250), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("tags", Json, nullable=False),
    Column("last_version", Integer, nullable=False, default=0),  # a number is never given twice
    Column("versions", Integer, nullable=False, default=0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

model_versions = Table(
    "model_versions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("model", String(32), ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("origin", String(1200)),  # <run id>:<path> when registered by the studio: registering it again finds it
    Column("description", Text, nullable=False, default=""),
    Column("tags", Json, nullable=False),
    Column("stage", String(20), nullable=False, default="None"),
    Column("run_id", String(32), index=True),
    Column("run_link", Text, nullable=False, default=""),
    Column("model_id", String(34)),
    Column("source", Text, nullable=False, default=""),
    Column("folder", String(200)),  # none: the files are at `source`, outside the studio
    Column("flavors", Json, nullable=False),
    Column("signature", Json),
    Column("mlflow_version", String(40)),
    Column("size", BigInteger, nullable=False, default=0),
    Column("files", Integer, nullable=False, default=0),
    Column("user", String(120), nullable=False, default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("model", "version"),
    UniqueConstraint("model", "origin"),
    Index("ix_model_versions_list", "workspace_id", "created_at"),
)

model_aliases = Table(
    "model_aliases",
    metadata,
    Column("model", String(32), ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("alias", String(255), primary_key=True),
    Column("version", Integer, nullable=False),
)

# who holds a version; written by the slices above, so that this one need not know them
model_uses = Table(
    "model_uses",
    metadata,
    Column("version", String(32), ForeignKey("model_versions.id", ondelete="CASCADE"), primary_key=True),
    Column("used_by", String(200), primary_key=True),  # such as endpoint:titanic
    Column("created_at", UtcDateTime, nullable=False),
)

# what was deleted: its rows as one record, until it is restored or removed for good
model_bin = Table(
    "model_bin",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("model", String(32), nullable=False, index=True),
    Column("name", String(250), nullable=False),
    Column("version", Integer),  # none: the model with all its versions
    Column("record", Json, nullable=False),
    Column("deleted_at", UtcDateTime, nullable=False),
    Column("deleted_by", String(120), nullable=False, default=""),
    Index("ix_model_bin_list", "workspace_id", "deleted_at"),
)

# what a look into the files of a version found; a row appears when the look is over
model_scans = Table(
    "model_scans",
    metadata,
    Column("version", String(32), ForeignKey("model_versions.id", ondelete="CASCADE"), primary_key=True),
    Column("scanner", String(20), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("report", Json, nullable=False),
    Column("scanned_at", UtcDateTime, nullable=False),
)
