"""GPUs: who has which, and how many each has."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Create the table of leases, and count GPUs of clusters, nodes and holdings; those that are there have none."""
    op.create_table(
        "compute_gpu_leases",
        sa.Column("compute", sa.String(length=120), nullable=False),
        sa.Column("gpu", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder"],
            ["compute_holdings.holder"],
            name=op.f("fk_compute_gpu_leases_holder"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("compute", "gpu", name=op.f("pk_compute_gpu_leases")),
    )
    op.create_index("ix_compute_gpu_leases_holder", "compute_gpu_leases", ["holder"])
    for table in ("compute_clusters", "compute_nodes", "compute_holdings"):
        op.add_column(table, sa.Column("gpus", sa.Integer(), server_default=sa.text("0"), nullable=False))
