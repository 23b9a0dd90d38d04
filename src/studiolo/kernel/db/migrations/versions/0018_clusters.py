"""Training clusters: their definition, their nodes, what jobs used of them."""

import sqlalchemy as sa
from alembic import op

from studiolo.kernel.db.types import Json, UtcDateTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create three tables; what is held of this machine stays held."""
    op.add_column("compute_holdings", sa.Column("node", sa.String(length=32), nullable=True))
    op.create_index(op.f("ix_compute_holdings_node"), "compute_holdings", ["node"], unique=False)
    op.create_table(
        "compute_clusters",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("size", sa.String(length=120), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("min_nodes", sa.Integer(), nullable=False),
        sa.Column("max_nodes", sa.Integer(), nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        sa.Column("cores", sa.Integer(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("price_per_hour", sa.Double(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compute_clusters")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_compute_clusters_workspace_id_name")),
    )
    op.create_table(
        "compute_nodes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("cluster", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cores", sa.Integer(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("price_per_hour", sa.Double(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("idle_since", UtcDateTime(), nullable=True),
        sa.Column("leaving_since", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cluster"],
            ["compute_clusters.id"],
            name=op.f("fk_compute_nodes_cluster_compute_clusters"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compute_nodes")),
    )
    op.create_index("ix_compute_nodes_cluster", "compute_nodes", ["cluster", "ended_at"], unique=False)
    op.create_table(
        "compute_usages",
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("cluster", sa.String(length=32), nullable=False),
        sa.Column("cluster_name", sa.String(length=63), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=True),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("price_per_hour", sa.Double(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_compute_usages")),
    )
    op.create_index("ix_compute_usages_cluster", "compute_usages", ["cluster", "ended_at"], unique=False)
    op.create_index("ix_compute_usages_run", "compute_usages", ["workspace_id", "run_id"], unique=False)
