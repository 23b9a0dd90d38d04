"""The nouns of pipelines on the wire: graphs of steps, runs of them, and why a step was or was not reused."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from studiolo.kernel.fields import fresh
from studiolo.studio.experiments.job_schemas import DataInput, JobOutput
from studiolo.studio.experiments.parallel.schemas import Parallel
from studiolo.studio.experiments.schemas import Artifact, InputFile, JobSpec, Run, State

LiteralType = Literal["string", "number", "integer", "boolean"]
PortType = Literal[
    "string",
    "number",
    "integer",
    "boolean",
    "uri_file",
    "uri_folder",
    "mltable",
    "mlflow_model",
    "custom_model",
    "triton_model",
]
StepKind = Literal[
    "command", "sweep", "parallel", "notebook", "spark", "automl", "pipeline", "if_else", "parallel_for", "do_while"
]
Scalar = str | int | float | bool

# classes of failures, where a number says how often
_RETRIED = ("user_error", "oom", "environment", "lost", "preempted")
MAX_STEPS = 2000
MAX_ITEMS = 1000  # of a fan-out


class SentFiles(BaseModel):
    """Files that were sent along with a pipeline and lie in the store; type: `uri_file` or `uri_folder`."""

    model_config = ConfigDict(extra="forbid")

    type: PortType = "uri_folder"
    files: list[InputFile]


Given = Scalar | DataInput | SentFiles
"""What an input is given: a literal, data somewhere, files that were sent, or a text with bindings.

A text, or the path of a DataInput, that holds `${{parent.inputs.X}}` or `${{parent.jobs.S.outputs.Y}}` is a binding.
"""


class Port(BaseModel):
    """A declared input. min, max: of numbers; enum: of texts; default: used where nothing is given."""

    model_config = ConfigDict(extra="forbid")

    type: PortType = "string"
    optional: bool = False
    default: Scalar | None = None
    min: float | None = None
    max: float | None = None
    enum: list[str] = fresh(list)
    description: str = Field("", max_length=10_000)


class OutputPort(BaseModel):
    """A declared output; of a literal type it is the text that the command writes into the file."""

    model_config = ConfigDict(extra="forbid")

    type: PortType = "uri_folder"
    description: str = Field("", max_length=10_000)


class StepOutput(BaseModel):
    """What becomes of a step's output. bind: the output of the pipeline that it is; the rest as of a job's output."""

    model_config = ConfigDict(extra="forbid")

    bind: str = Field("", max_length=255)
    mode: Literal["rw_mount", "mount", "upload", "direct"] = "rw_mount"
    path: str = Field("", max_length=4000)
    name: str = Field("", max_length=255)
    version: str = Field("", max_length=60)


class Step(BaseModel):
    """A step. Exactly one of component, task, graph for a command, a sweep and a nested pipeline.

    component: `name:version` of a registered one (`name`, `name@latest`: the newest); task: the job as a template, whose inputs and
    outputs the step has; graph: of a nested pipeline. declares, makes: the interface, where there is no component.
    compute: empty for the pipeline's; environment: empty for the task's. after: steps that must have completed, though nothing of
    them is read. reuse: false takes no earlier result; other steps do not notice.
    condition: of `if_else`, with the names of the steps of its two branches; items: of `parallel_for`, a list of mappings (or of
    literals for a body with one input), or a text that is a binding; body: the step that runs for each, which does not run itself.
    Of `do_while` it runs again while its output `condition` is true; mapping: by output, the inputs that have it the next time.
    automl: what an AutoML step asks, as a submission of AutoML does but for its dataset: its tables are its inputs.
    """

    model_config = ConfigDict(extra="forbid")

    kind: StepKind = "command"
    component: str = Field("", max_length=400)
    task: JobSpec | None = None
    automl: dict[str, Any] | None = None
    graph: "Graph | None" = None
    declares: dict[str, Port] = fresh(dict)
    makes: dict[str, OutputPort] = fresh(dict)
    inputs: dict[str, Given] = fresh(dict)
    outputs: dict[str, StepOutput] = fresh(dict)
    compute: str = Field("", max_length=400)
    environment: str = Field("", max_length=400)
    env: dict[str, str] = fresh(dict)
    timeout_s: float | None = Field(None, gt=0)
    retries: dict[str, int] = fresh(dict)
    priority: int | None = None
    reuse: bool = True
    after: list[str] = fresh(list)
    title: str = Field("", max_length=500)
    comment: str = Field("", max_length=10_000)
    condition: Scalar | None = None
    if_true: list[str] = fresh(list)
    if_false: list[str] = fresh(list)
    items: list[dict[str, Scalar] | Scalar] | str | None = None
    body: str = Field("", max_length=255)
    mapping: dict[str, list[str]] = fresh(dict)
    max_iterations: int = Field(1000, ge=1, le=1000)
    max_concurrency: int = Field(0, ge=0, description="Most items at once; 0: as many as there are.")

    @field_validator("retries", mode="before")
    @classmethod
    def _of_each(cls, given: Any) -> Any:
        return given if isinstance(given, dict) else dict.fromkeys(_RETRIED, given)


class Graph(BaseModel):
    """Steps by name, and what the whole takes and makes."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Port] = fresh(dict)
    outputs: dict[str, OutputPort] = fresh(dict)
    steps: dict[str, Step] = fresh(dict)


class Settings(BaseModel):
    """default_compute: of steps that name none; force_rerun: take no earlier result.

    continue_on_step_failure: steps that do not need the failed one still start.
    """

    model_config = ConfigDict(extra="forbid")

    default_compute: str = Field("", max_length=400)
    continue_on_step_failure: bool = False
    force_rerun: bool = False


class PipelineSpec(BaseModel):
    """What to run. values: of the graph's inputs; outputs: of the graph's outputs that are registered or kept on a datastore."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=500)
    experiment: str = Field("Default", min_length=1, max_length=500)
    description: str = Field("", max_length=10_000)
    tags: dict[str, str] = fresh(dict)
    priority: int = 0
    graph: Graph
    values: dict[str, Given] = fresh(dict)
    outputs: dict[str, JobOutput] = fresh(dict)
    settings: Settings = Settings()


class Problem(BaseModel):
    """What is wrong with a graph. step: path of the step, empty for the pipeline itself; field: such as `inputs.data`."""

    step: str = ""
    field: str = ""
    message: str
    hint: str = ""


class Checked(BaseModel):
    """problems: empty when the pipeline can be submitted; order: names of the steps, each after those that it needs.

    warnings: what is left out or done otherwise than its file says, known where the file is read.
    """

    problems: list[Problem]
    order: list[str]
    warnings: list[str] = []


class Content(BaseModel):
    """What an output came to. digest: of the manifest of a folder, or of the file; value: of an output of a literal type."""

    type: PortType
    digest: str = ""
    files: int = 0
    bytes: int = 0
    value: Scalar | None = None


class PartChange(BaseModel):
    """A part of a step's key that differs from the nearest earlier result. part: such as `input train`; text: what to read."""

    part: str
    before: str = ""
    after: str = ""
    text: str


class Reuse(BaseModel):
    """Why a step took an earlier result, or did not.

    outcome: reused, taken (by a rerun from failed), missed, off, forced, unknowable (an input's content is not known), waits (for the same). origin_run_id: of the job whose result it is, or would be; changes: against the nearest earlier result.
    """

    outcome: Literal["reused", "taken", "missed", "off", "forced", "unknowable", "waits"]
    text: str
    origin_run_id: str | None = None
    origin_pipeline_id: str | None = None
    origin_step: str | None = None
    nearest_run_id: str | None = None
    changes: list[PartChange] = fresh(list)


class StepState(BaseModel):
    """A step of a run. path: from the topmost pipeline, such as `train/fit` or `each/3/fit`; parent: path of the one that it is in.

    run_id: of its job, or of the nested pipeline; null while there is none. needs: paths of the steps that it waits for.
    waits_for: a sentence, of one that is queued. seconds: from start to end, null while it has not ended.
    """

    path: str
    name: str
    title: str = ""
    parent: str = ""
    kind: StepKind
    state: State
    component: str = ""
    needs: list[str] = []
    run_id: str | None = None
    pipeline_id: str
    origin_run_id: str | None = None
    outcome: str = ""
    failure: str | None = None
    error: str | None = None
    waits_for: str | None = None
    compute: str = ""
    attempt: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = None


class StepInput(BaseModel):
    """What a step was given. label: what to read, such as `titanic:3`, `output 'model' of train` or the literal."""

    name: str
    type: PortType
    label: str
    source_step: str | None = None
    source_output: str | None = None
    digest: str = ""
    value: Scalar | None = None


class StepDetail(BaseModel):
    """Everything about a step. key: of its result; parts: what the key is made of, by name, as short texts."""

    state: StepState
    step: Step
    inputs: list[StepInput]
    outputs: dict[str, Content]
    reuse: Reuse | None = None
    key: str = ""
    parts: dict[str, str] = {}


class DebugFiles(BaseModel):
    """Files of an input. alone: the command is given the file itself, and not its folder."""

    alone: bool = False
    files: list[Artifact]


class StepDebug(BaseModel):
    """What it takes to run a step once more somewhere else. secrets: names of variables, never their values.

    cut: of a parallel step, the input whose files its script is given; parallel: how it is cut; failed: numbers of its mini-batches that
    failed; tried: of a sweep, the inputs that it gives values.
    """

    path: str
    pipeline_id: str
    run_id: str
    command: list[str]
    env: dict[str, str]
    params: dict[str, str]
    secrets: list[str]
    code: list[Artifact]
    inputs: dict[str, DebugFiles]
    outputs: dict[str, str]
    environment: str = ""
    cut: str = ""
    parallel: Parallel | None = None
    failed: list[int] = []
    tried: list[str] = []


class Counts(BaseModel):
    """Steps by what became of them, of the whole tree."""

    total: int = 0
    waiting: int = 0
    running: int = 0
    completed: int = 0
    reused: int = 0
    failed: int = 0
    skipped: int = 0
    canceled: int = 0


class PipelineRun(BaseModel):
    """A pipeline that was submitted. run: of kind `pipeline`, with state, times and error; rerun_of: the run that it goes on from."""

    run: Run
    description: str = ""
    counts: Counts
    rerun_of: str | None = None
    seconds: float | None = None
    cost: float | None = Field(None, description="So far; in lists, where the workspace has jobs with a price.")


class PipelineDetail(PipelineRun):
    """A pipeline's run with its graph, components filled in. outputs: as far as they are there."""

    graph: Graph
    values: dict[str, Given]
    settings: Settings
    outputs: dict[str, Content] = {}
    parent_id: str | None = None
    root_id: str
    tags: dict[str, str] = {}


class PipelineCost(BaseModel):
    """What the jobs of a pipeline have cost so far on computes with a price; results that were taken over cost nothing."""

    run_id: str
    cost: float


class Rerun(BaseModel):
    """Run it once more. from_failed: finished steps are taken over as they are; name, values, force_rerun: other than before."""

    model_config = ConfigDict(extra="forbid")

    from_failed: bool = False
    name: str = Field("", max_length=500)
    values: dict[str, Given] = {}
    force_rerun: bool | None = None


Step.model_rebuild()
