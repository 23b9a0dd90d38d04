"""The nouns of the table of runs: what is asked of it, its groups, the names for its columns, its saved views."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.kernel.paging import Page
from studiolo.studio.experiments.schemas import Metric, Run


class RunRecord(BaseModel):
    """A row of a table of runs. children: how many runs are below it, counted where the search asks for them."""

    run: Run
    params: dict[str, str]
    metrics: dict[str, Metric]
    tags: dict[str, str]
    children: int = 0


class RunWhere(BaseModel):
    """Which runs. experiments: ids, empty for all of the workspace; filter: MLflow's, and attributes of ours.

    Beyond MLflow's attributes: kind, state, experiment (its name), parent_id, compute, error, duration (seconds); text ones may
    be compared with lists: `attributes.state IN ('Failed', 'Lost')`. top_level: without runs that have a parent.
    """

    model_config = ConfigDict(extra="forbid")

    experiments: list[str] = Field([], max_length=1000)
    filter: str = Field("", max_length=10_000)
    lifecycle: Literal["active", "deleted", "all"] = "active"
    top_level: bool = False
    parent_id: str | None = Field(None, max_length=32)


class RunSearch(RunWhere):
    """A page of runs. order_by: MLflow's clauses, and `min(metrics.loss) ASC`, `max(metrics.auc) DESC` of the whole series.

    columns: what to send of the records, such as `params.depth`, `metrics.auc`, `tags.team`; null for all of it.
    skip: rows to pass over after the cursor (or the start), for a table that is scrolled far.
    """

    order_by: list[str] = Field([], max_length=10)
    columns: list[str] | None = Field(None, max_length=300)
    children: bool = False
    skip: int = Field(0, ge=0, le=10_000_000)
    cursor: str | None = None
    limit: int = Field(100, ge=1, le=1000)


class RunExportSpec(RunWhere):
    """Which runs to write into a file, in which order, with which columns: null for all that they recorded."""

    format: Literal["csv", "parquet", "json"] = "csv"
    order_by: list[str] = Field([], max_length=10)
    columns: list[str] | None = Field(None, max_length=300)


class RunExport(BaseModel):
    """A file of runs on its way. runs: how many matched when it began; done: how many are written.

    state: waiting until its content is asked for; canceled also when who took it hung up. error: why it failed.
    """

    id: str
    format: Literal["csv", "parquet", "json"]
    state: Literal["waiting", "running", "done", "failed", "canceled"]
    runs: int
    done: int = 0
    began_at: datetime
    ended_at: datetime | None = None
    error: str = ""


class RunCountSearch(RunWhere):
    """Which runs to count. after: only those that were added after this mark."""

    after: int | None = None


class RunCount(BaseModel):
    """How many runs match. mark: where the workspace's newest run is; give it back as `after` to count newer ones."""

    total: int
    mark: int


class GroupSearch(RunWhere):
    """Runs by their values. by: `params.depth`, `tags.team`, `attributes.user`; metrics: names to sum up.

    order_by: `count DESC`, `value ASC` (of what is grouped by), `mean(metrics.auc) DESC`, also min and max.
    """

    by: list[str] = Field(min_length=1, max_length=3)
    metrics: list[str] = Field([], max_length=20)
    order_by: str = Field("count DESC", max_length=400)
    skip: int = Field(0, ge=0, le=10_000_000)
    cursor: str | None = None
    limit: int = Field(100, ge=1, le=1000)


class Spread(BaseModel):
    """Last values of a metric over the runs of a group. count: runs that have a number."""

    count: int
    mean: float | None = None
    min: float | None = None
    max: float | None = None


class RunGroup(BaseModel):
    """Runs with the same values. values: in the order of `by`, null where a run has none; filter: finds its runs."""

    values: list[str | None]
    count: int
    metrics: dict[str, Spread]
    filter: str


class RunGroups(Page[RunGroup]):
    """A page of groups. total: how many there are."""

    total: int


class ColumnName(BaseModel):
    """A name that runs recorded something under, and how many of those looked at have it."""

    name: str
    runs: int


class RunColumns(BaseModel):
    """What a table of runs can show and compare. looked_at of runs: names were counted in so many; most used come first."""

    params: list[ColumnName]
    metrics: list[ColumnName]
    tags: list[ColumnName]
    users: list[ColumnName]
    kinds: list[ColumnName]
    states: list[ColumnName]
    runs: int
    looked_at: int


class ColumnValues(BaseModel):
    """The values that runs have most often for a param, tag or attribute."""

    values: list[ColumnName]


class RunViewSpec(BaseModel):
    """A saved way to look at the table. state: the table's address, as the page reads it; shared: everybody sees it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    state: dict[str, str] = Field({}, max_length=60)
    shared: bool = False
    default: bool = False  # what the page opens with when its address says nothing


class RunViewChange(BaseModel):
    """What to change of a saved view; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=120)
    state: dict[str, str] | None = Field(None, max_length=60)
    shared: bool | None = None
    default: bool | None = None


class RunView(RunViewSpec):
    """A saved view. mine: who asks has saved it."""

    id: str
    owner: str
    mine: bool
    created_at: datetime
    updated_at: datetime


class BulkChange(BaseModel):
    """One change to many runs: those named, or all that match. A tag of null is removed."""

    model_config = ConfigDict(extra="forbid")

    run_ids: list[str] = Field([], max_length=1000)
    where: RunWhere | None = None
    action: Literal["delete", "restore", "tag"]
    tags: dict[str, str | None] = {}


class TagsBefore(BaseModel):
    """Tags that some runs had before a change; null: they had none of that name."""

    tags: dict[str, str | None]
    run_ids: list[str]


class BulkResult(BaseModel):
    """How many runs changed, and which, and the tags they had: what an undo needs."""

    changed: int
    run_ids: list[str] = []
    before: list[TagsBefore] = []
