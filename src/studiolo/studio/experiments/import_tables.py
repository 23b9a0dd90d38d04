"""Tables of imports: which source was read, and what of it is here."""

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime

imports = Table(
    "imports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("fingerprint", String(64), nullable=False),  # the same source again is the same import
    Column("source", Text, nullable=False),  # as people call it, without secrets
    Column("user", String(120), nullable=False),
    Column("report", Json),  # of the last time it ran to its end
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "fingerprint"),
)

# written in the transaction of what it tells of, so that an import that was killed goes on where it stopped
import_items = Table(
    "import_items",
    metadata,
    Column("import_id", String(32), ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(20), primary_key=True),  # experiment, run, logged_model, model
    Column("source_id", String(256), primary_key=True),
    Column("target", String(256), nullable=False),  # what it is called here
    Column("stamp", String(64), nullable=False),  # of its content at the source; empty while only a part is here
)
