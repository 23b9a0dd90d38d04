"""The nouns of experiments on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.kernel.fields import fresh
from studiolo.studio.compute.schemas import Asked
from studiolo.studio.experiments.job_schemas import DataInput, Distribution, EnvironmentDefinition, JobOutput
from studiolo.studio.experiments.notebooks.schemas import Notebook
from studiolo.studio.experiments.parallel.schemas import Parallel
from studiolo.studio.experiments.spark.schemas import Spark
from studiolo.studio.experiments.sweeps.schemas import Sweep

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

LED = frozenset({"pipeline"})  # kinds of runs without a process of their own: a slice above leads them (`led`)

Failure = Literal[
    "user_error", "oom", "timeout", "environment", "input_missing", "output_missing", "lost", "preempted", "canceled"
]  # output_missing: of a pipeline, one of whose steps left nothing where it is to


class Experiment(BaseModel):
    """A named group of runs. id: what MLflow's protocol calls experiment_id.

    deleted_at, remove_at: of one in the bin; it can be restored until remove_at.
    """

    id: str
    name: str
    lifecycle: Literal["active", "deleted"] = "active"
    tags: dict[str, str] = {}
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    remove_at: datetime | None = None


class InputFile(BaseModel):
    """A file that a job finds under `inputs/<input name>/<path>`; digest: of the blob store.

    manifest: the digest names a manifest, and the job finds all of its files: below `<path>/`, with their names in
    `<path>.json`, or for the path `.` below the input itself.
    """

    path: str
    digest: str
    manifest: bool = False


class Resources(BaseModel):
    """What a job takes of its compute; 0 cores: one.

    gpus: that it has for itself, and no others does it see; null: all of a node of a cluster that has some, and elsewhere none.
    """

    cores: int = Field(1, ge=1)
    memory_bytes: int = Field(
        0, ge=0, description="Most memory of the job's processes together; 0: no limit of its own."
    )
    gpus: int | None = Field(None, ge=0, le=1024)


class JobSpec(BaseModel):
    """What to run. command: words, never a shell line; one word with spaces is run by the shell as Azure ML does."""

    model_config = ConfigDict(extra="forbid")

    experiment: str = "Default"
    name: str = ""
    kind: str = "command"
    command: list[str]
    code: list[InputFile] = fresh(list)  # placed in work/, where the command starts
    artifacts: list[InputFile] = fresh(
        list
    )  # files of the run from the start, such as the code's difference from its commit
    env: dict[str, str] = fresh(dict)
    secrets: dict[str, str] = fresh(
        dict
    )  # variable: `name`, `name:version` or `datastore:<name>`; opened when an attempt starts
    inputs: dict[str, list[InputFile]] = fresh(dict)
    data: dict[str, DataInput] = fresh(dict)  # inputs that are somewhere else; found when the job is submitted
    outputs: dict[str, JobOutput] = fresh(dict)
    environment: str | EnvironmentDefinition = ""  # a registered one, or what it is made of; empty: the studio's own
    distribution: Distribution | None = None
    sweep: Sweep | None = None  # of kind sweep: the command is run again and again with other values
    notebook: Notebook | None = None  # of kind notebook: an .ipynb of the code
    parallel: Parallel | None = None  # of kind parallel: a script is run on pieces of an input, by several workers
    spark: Spark | None = None  # of kind spark: a script or class is run by Spark
    compute: str = "local"
    resources: Resources = fresh(Resources)
    warm: bool = False  # a Python program that may begin where its modules are loaded already
    timeout_s: float | None = Field(None, gt=0)
    priority: int = 0
    retries: dict[str, int] = fresh(dict)  # by failure class
    params: dict[str, str] = fresh(dict)
    tags: dict[str, str] = fresh(dict)
    parent_id: str | None = None
    context: dict[str, Any] = fresh(dict)  # what the slice of this kind wants to remember, e.g. the dataset version

    def nodes(self) -> int:
        """Return on how many nodes it runs, each with its resources; a Ray of its own has them on one."""
        return 1 if self.distribution is None or self.distribution.type == "ray" else self.distribution.nodes

    def asked(self) -> Asked:
        """Return what it asks of its compute."""
        return Asked(self.resources.cores, self.resources.memory_bytes, self.resources.gpus, self.nodes())


class OutputState(BaseModel):
    """How an output stands that is registered when its job completes. asset: its name then; reference: what it became.

    state: waiting, ready (the job has completed: it is being registered), registered, failed (error says why), dropped (the job did not complete).
    """

    name: str
    asset: str
    state: Literal["waiting", "ready", "registered", "failed", "dropped"]
    reference: str = ""
    error: str = ""


class Progress(BaseModel):
    """done of total, in whatever the label says; total None: not known."""

    done: float
    total: float | None = None
    label: str = ""


class Standing(BaseModel):
    """How a run stands. version: grows with each change of its state, and of a pipeline with each of its steps'."""

    state: State
    version: int


class Run(BaseModel):
    """A run or job. user: name of the account; error: a sentence, set when it failed.

    deleted_at, remove_at: of one in the bin; it can be restored until remove_at.
    """

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
    priority: int = 0
    attempt: int = 0
    progress: Progress | None = None
    waits_for: str | None = None  # of a queued job
    position: int | None = None  # of a queued job, in the queue of its compute, from 1
    not_responding: str | None = None  # of a job whose machine does not answer
    lifecycle: Literal["active", "deleted"] = "active"
    deleted_at: datetime | None = None
    remove_at: datetime | None = None


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
    """A file or folder that a run made. path: below the run's artifacts, or `models:/<name>/…` of a model it logged; size: bytes, of files."""

    path: str
    is_dir: bool
    size: int | None = None
    digest: str | None = None


class Edge(BaseModel):
    """`target` was made from `source`, or stands on it. source_name, target_name: of a run, whose reference has only its id."""

    source: str
    target: str
    source_name: str = ""
    target_name: str = ""
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


class ExperimentCreate(BaseModel):
    """A new experiment."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=500)


class ExperimentSummary(Experiment):
    """An experiment and how many active runs it has."""

    runs: int = 0


class Metric(BaseModel):
    """The latest point of a metric, and what the whole series amounts to.

    value, low, high: null where it is no finite number; `special`, `low_special` and `high_special` then say which: NaN,
    Infinity or -Infinity.
    timestamp: milliseconds since 1970; points: length of the series.
    """

    key: str
    value: float | None
    special: str | None = None
    step: int
    timestamp: int
    low: float | None = None
    low_special: str | None = None
    low_step: int | None = None
    high: float | None = None
    high_special: str | None = None
    high_step: int | None = None
    points: int


class InputDataset(BaseModel):
    """A dataset that a client said the run used."""

    name: str
    digest: str
    source_type: str
    context: str | None = None


class LoggedModel(BaseModel):
    """A model that a run logged. path: where its files are among those of the run; last: of its name in this run."""

    id: str
    name: str
    status: str
    model_type: str | None = None
    step: int = 0
    path: str
    last: bool


class RunOverview(BaseModel):
    """A run with what was recorded on it."""

    run: Run
    params: dict[str, str]
    metrics: list[Metric]
    tags: dict[str, str]
    inputs: list[InputDataset]
    models: list[LoggedModel]
    children: int


class Series(BaseModel):
    """Points of a metric in order of step. values: null where it is no finite number; total: before thinning."""

    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float | None]
    total: int


class CleanupRequest(BaseModel):
    """Remove for good what has been in the bin too long. older_than_days: null is the retention time; 0 is all of it.

    position: where the last answer stopped; a request works for a second or two.
    """

    model_config = ConfigDict(extra="forbid")

    older_than_days: float | None = Field(None, ge=0, le=36500)
    dry_run: bool = False
    position: str | None = Field(None, max_length=10)


class Cleanup(BaseModel):
    """What was removed, or would be. files, bytes: of the store.

    held: runs that stay because a registered model version was made from them. waiting_bytes: named by nobody, but younger
    than a day: they go later. done: share of the work; next: the position to go on from, null at the end.
    """

    runs: int = 0
    experiments: int = 0
    logged_models: int = 0
    files: int = 0
    bytes: int = 0
    waiting_bytes: int = 0
    held: int = 0
    done: float = 1.0
    next: str | None = None
