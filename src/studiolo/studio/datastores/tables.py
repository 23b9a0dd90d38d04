"""The tables of datastores."""

from sqlalchemy import Boolean, Column, ForeignKey, LargeBinary, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.secrets.references import holds_secret

datastores = Table(
    "datastores",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(63), nullable=False),
    Column("kind", String(63), nullable=False),
    Column("auth", String(63), nullable=False),
    Column("config", Json, nullable=False),
    Column("description", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("read_only", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("checked", Json),  # what the last try of the connection came to
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(63), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

# one envelope per field, sealed for `workspace|datastore|<id>|<field>`: moved to another row it does not open
datastore_credentials = Table(
    "datastore_credentials",
    metadata,
    Column("datastore", String(32), ForeignKey("datastores.id", ondelete="CASCADE"), primary_key=True),
    Column("field", String(63), primary_key=True),
    Column(
        "envelope",
        LargeBinary,
        nullable=False,
        info=holds_secret("{datastore.workspace_id}|datastore|{datastore}|{field}"),
    ),
    Column("updated_at", UtcDateTime, nullable=False),
)
