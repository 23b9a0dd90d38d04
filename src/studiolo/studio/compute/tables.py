"""Table of what is held on which compute; rows with an owner, never counters, so that nothing can leak unseen."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import UtcDateTime

holdings = Table(
    "compute_holdings",
    metadata,
    Column("holder", String(120), primary_key=True),
    Column("compute", String(120), nullable=False, index=True),
    Column("workspace_id", String(32), nullable=False),
    Column("title", String(500), nullable=False),
    Column("run_id", String(32)),
    Column("cores", Integer, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("gpus", Integer, nullable=False, server_default="0"),  # how many; which, the leases say
    Column("since", UtcDateTime, nullable=False),
    Column("node", String(32), index=True),  # of a cluster
)
