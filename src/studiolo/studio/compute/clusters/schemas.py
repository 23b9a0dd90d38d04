"""The nouns of clusters on the wire."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Tier = Literal["dedicated", "low_priority"]
NAME = r"^[A-Za-z](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$"


class ClusterPatch(BaseModel):
    """A change; what is left out stays. Nodes that are up keep their price until they go."""

    model_config = ConfigDict(extra="forbid")

    min_nodes: int | None = Field(None, ge=0, le=1000)
    max_nodes: int | None = Field(None, ge=0, le=1000)
    idle_seconds: int | None = Field(None, ge=0, le=7 * 86_400)
    tier: Tier | None = None
    price_per_hour: float | None = Field(None, ge=0, allow_inf_nan=False)
    description: str | None = Field(None, max_length=4000)
    tags: dict[str, str] | None = None


class ClusterCreate(BaseModel):
    """A new cluster.

    size: a name for people; what a node really has is cores, memory_bytes (none: the machine's, in proportion to the cores) and gpus.
    tier: jobs on low_priority nodes make room when others wait. price_per_hour: of one node, in the currency of your choice.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME)
    size: str = Field("", max_length=120)
    tier: Tier = "dedicated"
    min_nodes: int = Field(0, ge=0, le=1000)
    max_nodes: int = Field(1, ge=0, le=1000)
    idle_seconds: int = Field(120, ge=0, le=7 * 86_400)
    cores: int = Field(1, ge=1, le=4096)
    gpus: int = Field(0, ge=0, le=64)
    memory_bytes: int | None = Field(None, ge=1)
    price_per_hour: float = Field(0, ge=0, allow_inf_nan=False)
    description: str = Field("", max_length=4000)
    tags: dict[str, str] = Field(default_factory=dict)


class NodeJob(BaseModel):
    """A job on a node. gpus: numbers of those that it has."""

    title: str
    run_id: str | None
    cores: int
    memory_limit_bytes: int
    since: datetime
    gpus: list[int] = []


class Node(BaseModel):
    """A node that is up. state: leaving: its jobs were asked to make room for others. gpus: numbers, as nvidia-smi counts."""

    number: int
    state: Literal["idle", "running", "leaving"]
    cores: int
    cores_free: int
    memory_bytes: int
    started_at: datetime
    idle_since: datetime | None
    gpus: list[int] = []
    jobs: list[NodeJob]


class Cluster(BaseModel):
    """A training cluster. cores, memory_bytes, gpus: of one node; node_hours, cost: since it was made; hours of nodes, idle or not."""

    name: str
    kind: Literal["cluster"] = "cluster"
    title: str
    size: str
    tier: Tier
    min_nodes: int
    max_nodes: int
    idle_seconds: int
    cores: int
    memory_bytes: int
    gpus: int = 0
    price_per_hour: float
    description: str
    tags: dict[str, str]
    nodes_up: int
    nodes_idle: int
    jobs_running: int
    node_hours: float
    cost: float
    held_back: str | None = None
    nodes: list[Node]
    created_at: datetime
    created_by: str
    updated_at: datetime


class UsageDay(BaseModel):
    """One day in UTC. job_hours: of nodes that jobs had, in shares of a node."""

    day: date
    node_hours: float
    job_hours: float
    cost: float


class JobUsage(BaseModel):
    """What one attempt of a run used. hours: by the clock; cost: its share of the node times the hours and the price."""

    run_id: str | None
    attempt: int
    title: str
    cluster: str
    node: int
    share: float
    started_at: datetime
    ended_at: datetime
    hours: float
    cost: float


class ClusterUsage(BaseModel):
    """days: oldest first; jobs: that have ended, newest first."""

    days: list[UsageDay]
    jobs: list[JobUsage]


class RunCost(BaseModel):
    """What a run has cost so far. attempts: that have ended."""

    run_id: str
    hours: float
    cost: float
    attempts: list[JobUsage]
