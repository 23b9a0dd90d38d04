"""The nouns of AutoML on the wire."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.experiments.schemas import Run

Task = Literal["classification", "regression"]


class AutoMLSpec(BaseModel):
    """What to learn, from what, and for how long. time_limit counts seconds from the start of the job."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    dataset: str = Field(
        description="`name` (the newest version) or `name:version`; `@part` behind it says the same as `split`."
    )
    split: str = Field(
        "", description="Learn from this part of a recorded split alone: `train`, or `name.part`; empty: all rows."
    )
    target: str = Field(min_length=1, description="Column to learn.")
    task: Literal["auto", "classification", "regression"] = "auto"
    metric: str = Field("", description="What to make best; empty: AUC_weighted or root_mean_squared_error.")
    time_limit: float | None = Field(
        60.0, description="Seconds for everything; without one, max_trials decides.", allow_inf_nan=False
    )
    max_trials: int | None = Field(
        None, ge=1, le=500, description="Models to train; with it the same seed gives the same leaderboard."
    )
    seed: int = Field(0, ge=0, le=2**31 - 1)
    cores: int | None = Field(None, ge=1, description="Cores to use; default all that jobs may have.")
    memory_mb: int | None = Field(None, ge=64, description="Memory that one trial may use.")
    drop: list[str] = Field(default=[], description="Columns to leave out.")
    allowed: list[str] = Field(default=[], description="Learners to try; empty: all.")
    blocked: list[str] = Field(default=[], description="Learners not to try.")
    experiment: str = Field("", description="Experiment of the run; default AutoML.")
    name: str = ""
    model: str = Field("", description="Name under which the model is registered; default that of the dataset.")


class Member(BaseModel):
    """A trial in an ensemble and its share; weights sum to 1."""

    id: str
    name: str
    weight: float


class LeaderboardRow(BaseModel):
    """A trial or the ensemble. id: its child run. score: the run's metric on rows that the model did not see.

    state: running (the score is that of the folds so far), completed, failed, skipped; reason says why.
    """

    rank: int
    id: str
    name: str
    kind: Literal["trial", "ensemble"]
    learner: str
    title: str
    state: Literal["running", "completed", "failed", "skipped"]
    reason: str = ""
    score: float | None = None
    fold_scores: list[float] = []
    folds: int
    metrics: dict[str, float] = {}
    params: dict[str, Any] = {}
    seconds: float | None = None
    predict_ms: float | None = None
    size_bytes: int | None = None
    rounds: list[int | None] | None = None
    weight: float | None = None
    members: list[Member] = []


class Leaderboard(BaseModel):
    """All models of a run, best first."""

    metric: str
    greater_is_better: bool
    rows: list[LeaderboardRow]


class Guardrail(BaseModel):
    """A check of the data: passed, done (something was chosen), fixed, or alerted (look at it)."""

    name: str
    title: str
    state: Literal["passed", "done", "fixed", "alerted"]
    detail: str
    columns: list[str] = []


class ColumnUse(BaseModel):
    """What was found in a column and how it becomes features. used False: it is left out for `reason`."""

    name: str
    kind: Literal["number", "boolean", "category", "date", "text", "dropped"]
    dtype: str
    missing: int
    distinct: int
    reason: str
    steps: list[str] = []
    features: list[str] = []
    used: bool


class Columns(BaseModel):
    """The columns of the training table without the target."""

    rows: int
    target: str
    columns: list[ColumnUse]


class ColumnImportance(BaseModel):
    """How much worse the metric becomes when a column is shuffled; deviation over repeats."""

    column: str
    importance: float
    deviation: float


class FeatureGain(BaseModel):
    """The models' own importance of a feature; all gains sum to about 1."""

    feature: str
    gain: float


class Importance(BaseModel):
    """Which columns the served model uses."""

    metric: str
    permutation: list[ColumnImportance]
    gain: list[FeatureGain]


class Export(BaseModel):
    """Whether the compiled (ONNX) form is equal to the native model, on how many rows that was checked, or why it is not used."""

    onnx: bool
    reason: str = ""
    rows: int = 0
    edge_rows: int = 0
    test_rows: int = 0
    max_difference: float | None = None
    tolerance: float | None = None
    native_ms: float | None = None
    compiled_ms: float | None = None
    compiled_bytes: int | None = None


class Summary(BaseModel):
    """What came out of a completed run."""

    task: Task
    target: str
    metric: str
    greater_is_better: bool
    labels: list[Any] = []
    rows: int
    columns: int
    features: int
    folds: int
    score: float
    best_single: str
    best_single_score: float | None
    members: list[Member]
    form: Literal["folds", "refit"]
    form_reason: str
    threshold: float | None = None
    metrics: dict[str, float]
    test_metrics: dict[str, float] = {}
    export: Export
    trials: dict[str, int]
    cores: int
    seed: int
    time_limit: float | None
    max_trials: int | None
    seconds: float
    first_row_seconds: float | None
    digest: str


class AutoMLRun(BaseModel):
    """An AutoML run: the run itself, what was asked, and, as they come, the best row, the summary and the model.

    dataset: the version used, as `name:version`, with `@part` where only a part of a split was; model: what was registered, as `name:version`.
    Of a step of a pipeline: pipeline_id is that pipeline's run, and dataset says where its table came from.
    """

    run: Run
    spec: AutoMLSpec
    dataset: str
    best: LeaderboardRow | None = None
    trials: int = 0
    summary: Summary | None = None
    model: str | None = None
    model_error: str | None = None
    pipeline_id: str | None = None


class Learner(BaseModel):
    """A family of models; missing says why it cannot be used here, empty when it can."""

    name: str
    title: str
    tasks: list[str]
    missing: str = ""


class TaskOptions(BaseModel):
    """What may be chosen for a task."""

    task: Task
    metrics: list[str]
    default_metric: str


class Options(BaseModel):
    """What a form may offer. smallest_time_limit: seconds; cores: that jobs may use."""

    tasks: list[TaskOptions]
    learners: list[Learner]
    smallest_time_limit: float
    cores: int
