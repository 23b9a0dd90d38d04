"""Tables of the vault. A value stands in `vault_versions.value` only, sealed."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import UtcDateTime
from studiolo.kernel.secrets.references import holds_secret

secrets = Table(
    "vault_secrets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(127), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("newest", Integer, nullable=False),  # number of the newest version; it only grows
    # the random key of this secret's fingerprints: the same value in two secrets looks different
    Column("mark", LargeBinary, nullable=False, info=holds_secret("{workspace_id}|secret|{id}|mark")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),  # since when it is in the bin; its name stays taken
    UniqueConstraint("workspace_id", "name"),
)

versions = Table(
    "vault_versions",
    metadata,
    Column("secret", String(32), ForeignKey("vault_secrets.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("value", LargeBinary, info=holds_secret("{secret.workspace_id}|secret|{secret}|{version}")),  # none: removed
    Column("state", String(10), nullable=False),  # enabled, disabled, removed
    Column("size", String(20), nullable=False),
    Column("fingerprint", String(16), nullable=False),
    Column("expires_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
)

grants = Table(
    "vault_grants",
    metadata,
    Column("secret", String(32), ForeignKey("vault_secrets.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(10), primary_key=True),  # role, account
    Column("grantee", String(40), primary_key=True),  # name of a role, id of an account
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
)

# a use is a job that got a value; the audit trail has a row of it too
uses = Table(
    "vault_uses",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("secret", String(32), ForeignKey("vault_secrets.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("account", String(120), nullable=False),
    Column("env", String(200), nullable=False),
    Column("run_id", String(32), nullable=False),
    Column("run", String(500), nullable=False),
    Column("attempt", Integer, nullable=False),
    Index("ix_vault_uses_secret", "secret", "id"),
)
