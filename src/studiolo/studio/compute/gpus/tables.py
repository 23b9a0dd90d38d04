"""Table of leases of GPUs. The key lets a GPU be leased once; a lease goes with the holding that it belongs to."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from studiolo.kernel.db.metadata import metadata

leases = Table(
    "compute_gpu_leases",
    metadata,
    Column(
        "compute", String(120), primary_key=True
    ),  # as of the holding: a node leases of the machine, its jobs of the cluster
    Column("gpu", String(80), primary_key=True),  # its UUID, which stays when numbers move
    Column("number", Integer, nullable=False),  # when it was leased
    Column("holder", String(120), ForeignKey("compute_holdings.holder", ondelete="CASCADE"), nullable=False),
    Index("ix_compute_gpu_leases_holder", "holder"),
)
