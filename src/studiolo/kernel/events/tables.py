"""Table of the outbox."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime

events = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("workspace_id", String(32), nullable=False),
    Column("kind", String(80), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("data", Json, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    sqlite_autoincrement=True,  # ids are never given twice: they are the feed's cursor
)
