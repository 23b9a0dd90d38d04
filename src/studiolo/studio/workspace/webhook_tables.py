"""Tables of webhooks: who is told of what, and the log of what was sent."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, LargeBinary, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime
from studiolo.kernel.secrets.references import holds_secret

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False, index=True),
    Column("name", String(63), nullable=False),
    Column("url", String(2000), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("events", Json, nullable=False),  # kinds of the outbox, such as model_version.created
    Column("active", Boolean, nullable=False, default=True),
    Column("secret", LargeBinary, info=holds_secret("{workspace_id}|webhook|{id}|secret")),
    Column("since", BigInteger, nullable=False),  # events up to this one are never told: they are older than it
    Column("position", BigInteger, nullable=False),  # events up to this one have their deliveries
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", String(32), primary_key=True),  # what receivers tell a repeated delivery by
    Column("workspace_id", String(32), nullable=False),
    Column("webhook", String(32), ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", BigInteger),  # of the outbox; none for a test
    Column("kind", String(80), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(10), nullable=False),  # pending, delivered, failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", UtcDateTime),  # when it is sent, or looked after because who sent it is gone
    Column("status", Integer),
    Column("error", Text),
    Column("answer", Text),
    Column("seconds", Double),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Unique("webhook", "event"),
    Index("ix_webhook_deliveries_due", "workspace_id", "state", "next_at"),
    Index("ix_webhook_deliveries_list", "webhook", "id"),
)
