"""The nouns of experiments on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal[
    "NotStarted",
    "Queued",
    "Provisioning",
    "Preparing",
    "Starting",
    "Running",
    "Finalizing",
    "Completed",
    "Failed",
    "Canceled",
    "Lost",
    "Reused",
    "Skipped",
]
TERMINAL: frozenset[str] = frozenset({"Completed", "Failed", "Canceled", "Lost", "Reused", "Skipped"})

Failure = Literal["user_error", "oom", "timeout", "environment", "input_missing", "lost", "preempted", "canceled"]


class Experiment(BaseModel):
    """A named group of runs. id: what MLflow's protocol calls experiment_id."""

    id: str
    name: str
    lifecycle: Literal["active", "deleted"] = "active"
    tags: dict[str, str] = {}
    created_at: datetime
    updated_at: datetime


class InputFile(BaseModel):
    """A file that a job finds under `inputs/<input name>/<path>`; digest: of the blob store."""

    path: str
    digest: str


class Resources(BaseModel):
    """What a job takes of its compute; 0 cores: one."""

    cores: int = Field(1, ge=1)
    memory_bytes: int = Field(
        0, ge=0, description="Most memory of the job's processes together; 0: no limit of its own."
    )


class JobSpec(BaseModel):
    """What to run. command: words, never a shell line; one word with spaces is run by the shell as Azure ML does."""

    model_config = ConfigDict(extra="forbid")

    experiment: str = "Default"
    name: str = ""
    kind: str = "command"
    command: list[str]
    code: list[InputFile] = []  # placed in work/, where the command starts
    env: dict[str, str] = {}
    inputs: dict[str, list[InputFile]] = {}
    compute: str = "local"
    resources: Resources = Resources()
    timeout_s: float | None = Field(None, gt=0)
    priority: int = 0
    retries: dict[str, int] = {}  # by failure class
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    parent_id: str | None = None
    context: dict[str, Any] = {}  # what the slice of this kind wants to remember, e.g. the dataset version


class Progress(BaseModel):
    """done of total, in whatever the label says; total None: not known."""

    done: float
    total: float | None = None
    label: str = ""


class Run(BaseModel):
    """A run or job. user: name of the account; error: a sentence, set when it failed."""

    id: str
    experiment_id: str
    experiment: str
    parent_id: str | None = None
    name: str
    kind: str
    state: State
    desired: str
    failure: Failure | None = None
    exit_code: int | None = None
    error: str | None = None
    user: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    compute: str | None = None
    attempt: int = 0
    progress: Progress | None = None
    waits_for: str | None = None  # of a queued job
    lifecycle: Literal["active", "deleted"] = "active"


class Attempt(BaseModel):
    """One try at a job. peak_memory_bytes: of all its processes together; left_behind: daemons that had to be ended."""

    number: int
    failure: Failure | None = None
    exit_code: int | None = None
    error: str | None = None
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None
    left_behind: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Artifact(BaseModel):
    """A file or folder that a run made. path: below the run's artifacts; size: bytes, of files."""

    path: str
    is_dir: bool
    size: int | None = None
    digest: str | None = None


class Edge(BaseModel):
    """`target` was made from `source`, or stands on it."""

    source: str
    target: str
    created_at: datetime


class Document(BaseModel):
    """A JSON document that a job wrote about itself."""

    name: str
    updated_at: datetime


class Missing(BaseModel):
    """Digests (blake3) of files that are asked for, or that are not here."""

    digests: list[str] = Field(max_length=10_000)


class StoredFile(BaseModel):
    """A file that was sent; digest: blake3."""

    digest: str
    size: int


class LogChunk(BaseModel):
    """A piece of a log. offset, next: bytes where it begins and where the following one does; size: so far."""

    text: str
    offset: int
    next: int
    size: int
