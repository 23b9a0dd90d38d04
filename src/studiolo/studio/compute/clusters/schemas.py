"""The nouns of clusters on the wire."""

import shlex
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from studiolo.kernel.wording import worded

_ONE_LINE = worded(r"^[^\x00-\x1f\x7f]*$", "one line, without control characters")
_ONE_WORD = worded(r"^[^\s\x00-\x1f\x7f]*$", "one word, without spaces")
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=_ONE_LINE)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255, pattern=_ONE_WORD)]
Tier = Literal["dedicated", "low_priority"]
NAME = worded(
    r"^[A-Za-z](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$",
    "letters, digits and '-', beginning with a letter and not ending with '-', at most 32",
)

Provider = Literal["local", "scripts", "ray"]
NodeState = Literal["idle", "running", "leaving", "provisioning", "draining", "unusable"]


def _words(given: Any) -> Any:
    """Split a command that was written as one text, as a shell would."""
    return shlex.split(given) if isinstance(given, str) else given


Program = Annotated[
    list[str], BeforeValidator(_words, json_schema_input_type=list[str] | str), Field(min_length=1, max_length=100)
]


class Scripts(BaseModel):
    """Programs that bring nodes up and take them down, run on the studio's machine by its controller; and how nodes are reached.

    resume: its last line of output is JSON with the node's host, and where they differ port, user and host_key. suspend: is run
    until it succeeds, also for a node that never came up. Both: words, or one text that is split as a shell does. resume_seconds:
    until the node answers; silent_seconds: that a node may not answer before it is suspended. key: name of a secret of the
    vault, the private key that signs in. folder, python: on the node, as of a machine by SSH.
    """

    model_config = ConfigDict(extra="forbid")

    resume: Program
    suspend: Program
    resume_seconds: int = Field(600, ge=1, le=86_400)
    suspend_seconds: int = Field(300, ge=1, le=86_400)
    silent_seconds: int = Field(300, ge=1, le=86_400)
    key: str = Field("", max_length=150)
    user: Word = ""
    port: int = Field(22, ge=1, le=65535)
    host_key: Line = ""
    folder: Line = "~/.studiolo-runner"
    python: Line = "python3"

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Scripts":
        """Read what a cluster keeps of its programs, beside which stands who wrote them (`by`)."""
        return cls.model_validate({name: value for name, value in kept.items() if name != "by"})


class RayAt(BaseModel):
    """A Ray that is there, whose autoscaler is asked for nodes. address: of its head, from host; auto: the one that runs there.

    host: one of its nodes, reached by SSH; empty: the studio's own machine. key: name of a secret of the vault, the private key that signs
    in there. folder: the nodes see it at the same path. python: has Ray; empty: the studio's own, or python3. token_file: on all nodes.
    seconds: that a node has to come.
    """

    model_config = ConfigDict(extra="forbid")

    address: Word = Field(min_length=1)
    host: Word = ""
    port: int = Field(22, ge=1, le=65535)
    user: Word = ""
    host_key: Line = ""
    key: str = Field("", max_length=150)
    folder: Line = Field(min_length=1)
    python: Line = ""
    token_file: Line = ""
    seconds: int = Field(600, ge=1, le=86_400)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "RayAt":
        """Read what a cluster keeps of it, beside which stands who wrote it (`by`)."""
        return cls.model_validate({name: value for name, value in kept.items() if name != "by"})


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
    scripts: Scripts | None = None


class ClusterCreate(BaseModel):
    """A new cluster.

    provider: where nodes come from: shares of this machine (local), or programs of an administrator (scripts), or a Ray that is started on this machine, whose nodes are shares of it (ray); with `ray` they are nodes of one that is there already, as its autoscaler brings them. size: a name for people; what a node really has is cores, memory_bytes (none: the machine's, in proportion to the cores) and gpus.
    tier: jobs on low_priority nodes make room when others wait. price_per_hour: of one node, in the currency of your choice.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME)
    size: str = Field("", max_length=120)
    provider: Provider = "local"
    scripts: Scripts | None = None
    ray: RayAt | None = None
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
    """A job on a node. gpus: numbers of those that it has; attempt: which of its run, the first is 1."""

    title: str
    run_id: str | None
    attempt: int = 1
    cores: int
    memory_limit_bytes: int
    since: datetime
    gpus: list[int] = []


class Node(BaseModel):
    """A node that is up. state: leaving: its jobs were asked to make room for others. gpus: numbers, as nvidia-smi counts.

    Of scripts and ray: provisioning: its resume program runs, or it does not answer yet; draining: its suspend program runs; unusable: it
    does not answer, or its programs failed; reason: why. host: where it is reached.
    """

    number: int
    state: NodeState
    reason: str = ""
    host: str = ""
    cores: int
    cores_free: int
    memory_bytes: int
    started_at: datetime
    idle_since: datetime | None
    gpus: list[int] = []
    jobs: list[NodeJob]


class NodeFailure(BaseModel):
    """What became of a node that did not come up, or does not go. said: a sentence; output: the last that its program said."""

    node: int
    said: str
    output: str
    at: datetime


class Cluster(BaseModel):
    """A training cluster. failed: the last node that did not come up, until one does; resume_after: when it is tried again. cores, memory_bytes, gpus: of one node; node_hours, cost: since it was made; hours of nodes, idle or not."""

    name: str
    kind: Literal["cluster"] = "cluster"
    title: str
    size: str
    provider: Provider = "local"
    scripts: Scripts | None = None
    ray: RayAt | None = None
    failed: NodeFailure | None = None
    resume_after: datetime | None = None
    deleting_since: datetime | None = None
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
