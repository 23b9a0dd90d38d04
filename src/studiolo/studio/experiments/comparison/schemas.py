"""The nouns of comparing runs on the wire. Lists with one item per run are in the order of `runs`."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from studiolo.studio.experiments.schemas import State


class RunChoice(BaseModel):
    """Which runs, in the order they shall stand; at most 200. A run that is named twice stands once."""

    model_config = ConfigDict(extra="forbid")

    run_ids: list[str] = Field(min_length=1, max_length=10_000)


Statistic = Literal["last", "low", "high"]


class CompareRequest(BaseModel):
    """Which runs, by their ids or as a stored set.

    system_tags: also the tags `mlflow.…`, which clients write by themselves; statistic: the one value of metrics that is wanted,
    all three unless told.
    """

    model_config = ConfigDict(extra="forbid")

    selection: str | None = Field(None, max_length=100, description="Id of a stored set, instead of ids.")
    run_ids: list[str] = Field(
        [], max_length=10_000, validate_default=True, description="In the order they shall stand; at most 200."
    )
    system_tags: bool = False
    statistic: Statistic | None = None

    @field_validator("run_ids")
    @classmethod
    def _one_of_both(cls, run_ids: list[str], known: ValidationInfo) -> list[str]:
        if bool(run_ids) == (known.data.get("selection") is not None):
            raise ValueError("Name runs here, or a stored set in 'selection'")
        return run_ids


class ComparedRun(BaseModel):
    """A run as the head of a column. duration_s: until now while it runs; datasets: `name (digest)`."""

    id: str
    name: str
    experiment: str
    experiment_id: str
    parent_id: str | None = None
    kind: str
    state: State
    lifecycle: Literal["active", "deleted"]
    user: str
    started_at: datetime
    duration_s: float | None = None
    source: str | None = None
    commit: str | None = None
    datasets: list[str] = []


class TextRow(BaseModel):
    """One text of each run, null where a run has none. differs: not the same in all; values are cut at 500 characters."""

    key: str
    values: list[str | None]
    differs: bool


class MetricRow(BaseModel):
    """One metric of each run: its latest, lowest and highest value, null where there is no finite one; empty where it was not asked for.

    special, low_special, high_special: the value where it is NaN, Infinity or -Infinity, by position of the run. points: of the
    longest series.
    """

    key: str
    last: list[float | None] = []
    low: list[float | None] = []
    high: list[float | None] = []
    special: dict[int, str] = {}
    low_special: dict[int, str] = {}
    high_special: dict[int, str] = {}
    points: int
    differs: bool

    def values(self, statistic: str) -> list[float | str | None]:
        """Return one value of each run, those that are no finite numbers as texts. statistic: last, low or high."""
        told: dict[int, str] = self.special if statistic == "last" else getattr(self, f"{statistic}_special")
        return [told.get(n, value) for n, value in enumerate(getattr(self, statistic))]


class RunComparison(BaseModel):
    """Runs beside each other. missing: ids that no run of the workspace has; duplicates: ids that were named again."""

    runs: list[ComparedRun]
    params: list[TextRow]
    metrics: list[MetricRow]
    tags: list[TextRow]
    missing: list[str] = []
    duplicates: list[str] = []


class FileRow(BaseModel):
    """One path in each run. versions: which of `sizes` (bytes) a run has, null where it lacks the file.

    paths: where each run has it, of images that were logged by key and step; else empty.
    """

    path: str
    versions: list[int | None]
    sizes: list[int]
    differs: bool
    paths: list[str | None] = []


class FileTable(BaseModel):
    """Files of runs by content. total: how many paths there are; `files` stops at 2,000."""

    run_ids: list[str]
    files: list[FileRow]
    total: int
    missing: list[str] = []


class CodeComparison(BaseModel):
    """Code and environment of runs.

    facts: where the code came from; packages: versions; described_by: the file that a run's packages were read from.
    """

    run_ids: list[str]
    facts: list[TextRow]
    packages: list[TextRow]
    described_by: list[str | None]
    files: FileTable
    missing: list[str] = []


class DiffRequest(BaseModel):
    """Two runs and a path as `compare/artifacts` or `compare/code` names it."""

    model_config = ConfigDict(extra="forbid")

    run_ids: list[str] = Field(min_length=2, max_length=2)
    path: str = Field(min_length=1, max_length=2000)


class DiffLine(BaseModel):
    """One line. op: same, removed (only in the first run), added (only in the second), or a gap of lines left out."""

    op: Literal["same", "removed", "added", "gap"]
    first: int | None = None
    second: int | None = None
    text: str


class FileDiff(BaseModel):
    """A file of two runs, line by line. sizes: bytes, null where a run lacks it; cut: only the first 512 kB were read."""

    path: str
    sizes: list[int | None]
    same: bool
    added: int
    removed: int
    cut: bool
    lines: list[DiffLine]


class Selection(BaseModel):
    """A stored set of runs, for links that stay short; the same runs in the same order have the same id."""

    id: str
    run_ids: list[str]
