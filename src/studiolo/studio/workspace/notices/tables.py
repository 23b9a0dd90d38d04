"""Tables of notices: a row for each member that is told, the outbox of mail, how mail is sent."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import UtcDateTime
from studiolo.kernel.secrets.references import holds_secret

notices = Table(
    "notices",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("account_id", String(32), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("key", String(300), nullable=False),
    Column("kind", String(80), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("href", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("read_at", UtcDateTime),
    Unique("workspace_id", "account_id", "key"),
    Index("ix_notices_list", "workspace_id", "account_id", "id"),
)

mail_outbox = Table(
    "mail_outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("key", String(300), nullable=False),
    Column("recipient", String(254), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(10), nullable=False),  # pending, sent, failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", UtcDateTime),  # when it is sent, or looked after because who sent it is gone
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Unique("workspace_id", "recipient", "key"),
    Index("ix_mail_outbox_due", "workspace_id", "state", "next_at"),
)

mail_settings = Table(
    "mail_settings",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("host", String(254), nullable=False),
    Column("port", Integer, nullable=False),
    Column("security", String(10), nullable=False),
    Column("username", String(254), nullable=False),
    Column("password", LargeBinary, info=holds_secret("{workspace_id}|mail|password")),
    Column("sender", String(254), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", String(120), nullable=False),
)
