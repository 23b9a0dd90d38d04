"""Tables of clusters: their definition, their nodes with when each was up, and what jobs used of them."""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from studiolo.kernel.db.metadata import metadata
from studiolo.kernel.db.types import Json, UtcDateTime

clusters = Table(
    "compute_clusters",
    metadata,
    Column("id", String(32), primary_key=True),  # what holdings name, so that workspaces may use the same names
    Column("workspace_id", String(32), nullable=False),
    Column("name", String(63), nullable=False),
    Column("size", String(120), nullable=False),  # what the definition calls it, such as Standard_DS3_v2
    Column("tier", String(20), nullable=False),  # dedicated, low_priority
    Column("min_nodes", Integer, nullable=False),
    Column("max_nodes", Integer, nullable=False),
    Column("idle_seconds", Integer, nullable=False),
    Column("cores", Integer, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("gpus", Integer, nullable=False, server_default="0"),  # of a node
    Column("price_per_hour", Double, nullable=False),
    Column("description", Text, nullable=False),
    Column("tags", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("provider", String(20), nullable=False, server_default="local"),  # local, scripts, ray, ray_at
    Column("scripts", Json),  # of provider scripts: the programs, how nodes are reached, and who said so
    Column("ray", Json),  # of provider ray_at: where the Ray is, and who said so
    Column("failed", Json),  # what became of the last node that did not come up, until one does
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("resume_after", UtcDateTime),  # no node is asked for before
    Column("deleting_since", UtcDateTime),  # its nodes are suspended first
    UniqueConstraint("workspace_id", "name"),
)


# kept after a node has gone: hours and cost are sums over these rows
nodes = Table(
    "compute_nodes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("cluster", String(32), ForeignKey("compute_clusters.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("cores", Integer, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("gpus", Integer, nullable=False, server_default="0"),
    Column("price_per_hour", Double, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("idle_since", UtcDateTime),  # none: a job is on it
    Column("leaving_since", UtcDateTime),  # its jobs were asked to make room for others
    Column("ended_at", UtcDateTime),
    Column("hours", Double),  # that it was up, when it has gone: neither database subtracts moments as the other does
    Column("provider", String(20), nullable=False, server_default="local"),
    Column("phase", String(12), nullable=False, server_default="up"),  # resuming, up, suspending
    Column("phase_since", UtcDateTime),
    Column("place", Json),  # where a node of scripts is reached, and what it said of itself
    Column("reason", Text),  # why it is not usable
    Column("silent_since", UtcDateTime),  # while it does not answer
    Column("tries", Integer, nullable=False, server_default="0"),  # of its suspend program, that failed
    Column("again_at", UtcDateTime),  # when that is tried again
    Index("ix_compute_nodes_cluster", "cluster", "ended_at"),
)

# no key to the cluster: what a run has cost stays known when the cluster is deleted
usages = Table(
    "compute_usages",
    metadata,
    Column("holder", String(120), primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("cluster", String(32), nullable=False),
    Column("cluster_name", String(63), nullable=False),
    Column("node", Integer, nullable=False),
    Column("run_id", String(32)),
    Column("title", String(500), nullable=False),
    Column("share", Double, nullable=False),  # of the node, by the larger of cores and memory
    Column("price_per_hour", Double, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Index("ix_compute_usages_cluster", "cluster", "ended_at"),
    Index("ix_compute_usages_run", "workspace_id", "run_id"),
)
