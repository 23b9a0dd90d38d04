"""The vault: named secrets, their versions, who may use them, and who did."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create four tables; no row changes."""
    op.create_table(
        "vault_secrets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=127), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_secrets")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_vault_secrets_workspace_id_name")),
    )
    op.create_table(
        "vault_versions",
        sa.Column("secret", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("size", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["secret"], ["vault_secrets.id"], name=op.f("fk_vault_versions_secret"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret", "version", name=op.f("pk_vault_versions")),
    )
    op.create_table(
        "vault_grants",
        sa.Column("secret", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("grantee", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["secret"], ["vault_secrets.id"], name=op.f("fk_vault_grants_secret"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret", "kind", "grantee", name=op.f("pk_vault_grants")),
    )
    op.create_table(
        "vault_uses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("env", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("run", sa.String(length=500), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["secret"], ["vault_secrets.id"], name=op.f("fk_vault_uses_secret"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_uses")),
    )
    op.create_index("ix_vault_uses_secret", "vault_uses", ["secret", "id"], unique=False)
