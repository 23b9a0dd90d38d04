"""The nouns of attached machines on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from studiolo.studio.compute.clusters.schemas import NAME, Line, NodeJob, Word

Secret = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class MachineCredentials(BaseModel):
    """How one signs in, as its kind says: a private key (the whole file, OpenSSH or PEM), a password, a token or a kubeconfig.

    They are sealed and never shown again.
    """

    model_config = ConfigDict(extra="forbid")

    private_key: Secret | None = None
    passphrase: Secret | None = None
    password: Secret | None = None
    kubeconfig: Annotated[str, StringConstraints(min_length=1, max_length=200_000)] | None = None
    token: Secret | None = None


class MachineConfig(BaseModel):
    """Where a machine is.

    host: of kinds that may be the studio's own machine it is left empty then, with user and credentials. settings: what its kind asks
    for beside that (`GET /compute/kinds`). host_key: how it is known, `SHA256:…` or a line of known_hosts; without one a try shows the key, to be compared.
    folder: below it everything of the studio is there. python: 3.10 or newer; jobs find it first on their PATH.
    """

    model_config = ConfigDict(extra="forbid")

    host: Word = ""
    port: int | None = Field(None, ge=1, le=65535, description="Null: where its kind listens.")
    user: Word = ""
    host_key: Line = ""
    folder: Line = "~/.studiolo-runner"
    python: Line = "python3"
    settings: dict[str, Any] = Field(default_factory=dict)


class MachineCreate(MachineConfig):
    """A machine to attach. cores, memory_bytes: what jobs of this studio may use; all there is when left out."""

    name: str = Field(pattern=NAME)
    kind: str = Field("ssh", max_length=63)
    credentials: MachineCredentials = MachineCredentials()
    cores: int | None = Field(None, ge=1, le=4096)
    memory_bytes: int | None = Field(None, ge=1)
    description: str = Field("", max_length=4000)
    tags: dict[str, str] = Field(default_factory=dict)


class MachinePatch(BaseModel):
    """A change; what is left out stays. Whoever changes where the machine is, or who signs in, writes its credentials anew.

    cores, memory_bytes: null for all that there is.
    """

    model_config = ConfigDict(extra="forbid")

    host: Word | None = None
    port: int | None = Field(None, ge=1, le=65535)
    user: Word | None = None
    host_key: Line | None = None
    folder: Line | None = None
    python: Line | None = None
    settings: dict[str, Any] | None = None
    credentials: MachineCredentials | None = None
    cores: int | None = Field(None, ge=1, le=4096)
    memory_bytes: int | None = Field(None, ge=1)
    description: str | None = Field(None, max_length=4000)
    tags: dict[str, str] | None = None


class MachineTry(MachineConfig):
    """A connection to try before it is saved."""

    kind: str = Field("ssh", max_length=63)
    credentials: MachineCredentials = MachineCredentials()


class MachineCheck(BaseModel):
    """What came of trying the connection. cause, hint: for people; the rest: what the machine said of itself."""

    ok: bool
    cause: str = ""
    hint: str = ""
    code: str = ""
    milliseconds: float = 0.0
    at: datetime | None = None
    host: str = ""
    system: str = ""
    python: str = ""
    cores: int | None = None
    memory_bytes: int | None = None
    disk_free_bytes: int | None = None


class MachineJob(NodeJob):
    """A job on a machine. memory and processes: as measured there last; waits_for: in a queue of the machine's own."""

    memory_bytes: int | None = None
    processes: int | None = None
    waits_for: str | None = None


class MachineNode(BaseModel):
    """A node of a machine that has some, as it says itself. cores_free: that nobody has, None where it does not say; gpus: as the machine names them."""

    name: str
    partition: str
    state: str
    cores: int
    cores_free: int | None
    memory_bytes: int
    memory_free_bytes: int | None
    gpus: str
    load: float | None
    reason: str


class MachineField(BaseModel):
    """One thing to fill in. type: text, number, or lines (a list of texts)."""

    name: str
    title: str
    help: str
    type: Literal["text", "number", "lines"]
    default: str | int | None
    example: str
    required: bool


class MachineKind(BaseModel):
    """What the form of a kind of machines is drawn from. queues: it has a queue of its own; here: without a host it is the studio's machine.

    place: what is to be known of where it is; port: where it listens; signs_in: by which credentials; may_be_open: also by none.
    """

    name: str
    title: str
    description: str
    fields: list[MachineField]
    queues: bool
    here: bool
    place: list[str]
    port: int
    signs_in: list[str]
    may_be_open: bool


class Machine(BaseModel):
    """An attached machine.

    state: new (not reached yet), ready, silent (it does not answer; jobs on it are not harmed). cores, memory_bytes: for jobs,
    None until it was reached. sign_in: private_key, password, token, kubeconfig, or none for one that lets everybody in and for the studio's own machine.
    """

    name: str
    kind: str
    state: Literal["new", "ready", "silent"]
    host: str
    port: int
    user: str
    host_key: str
    folder: str
    python: str
    settings: dict[str, Any]
    sign_in: str
    description: str
    tags: dict[str, str]
    cores: int | None
    cores_free: int | None
    memory_bytes: int | None
    own_cores: int | None
    own_memory_bytes: int | None
    check: MachineCheck | None
    silent_since: datetime | None
    silent_reason: str | None
    jobs: list[MachineJob]
    created_at: datetime
    created_by: str
    updated_at: datetime
