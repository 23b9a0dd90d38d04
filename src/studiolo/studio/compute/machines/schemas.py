"""The nouns of attached machines on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from studiolo.studio.compute.clusters.schemas import NAME, NodeJob

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255, pattern=r"^[^\s\x00-\x1f\x7f]+$")
]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class MachineCredentials(BaseModel):
    """How one signs in: a private key (the whole file, OpenSSH or PEM), or a password. They are sealed and never shown again."""

    model_config = ConfigDict(extra="forbid")

    private_key: Secret | None = None
    passphrase: Secret | None = None
    password: Secret | None = None


class MachineConfig(BaseModel):
    """Where a machine is.

    host_key: how it is known, `SHA256:…` or a line of known_hosts; without one a try shows the key, to be compared.
    folder: below it everything of the studio is there. python: 3.10 or newer; jobs find it first on their PATH.
    """

    model_config = ConfigDict(extra="forbid")

    host: Word
    port: int = Field(22, ge=1, le=65535)
    user: Word
    host_key: Line = ""
    folder: Line = "~/.studiolo-runner"
    python: Line = "python3"


class MachineCreate(MachineConfig):
    """A machine to attach. cores, memory_bytes: what jobs of this studio may use; all there is when left out."""

    name: str = Field(pattern=NAME)
    kind: Literal["ssh"] = "ssh"
    credentials: MachineCredentials
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
    credentials: MachineCredentials | None = None
    cores: int | None = Field(None, ge=1, le=4096)
    memory_bytes: int | None = Field(None, ge=1)
    description: str | None = Field(None, max_length=4000)
    tags: dict[str, str] | None = None


class MachineTry(MachineConfig):
    """A connection to try before it is saved."""

    credentials: MachineCredentials


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
    """A job on a machine. memory and processes: as measured there last."""

    memory_bytes: int | None = None
    processes: int | None = None


class Machine(BaseModel):
    """An attached machine.

    state: new (not reached yet), ready, silent (it does not answer; jobs on it are not harmed). cores, memory_bytes: for jobs,
    None until it was reached. sign_in: private_key or password.
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
