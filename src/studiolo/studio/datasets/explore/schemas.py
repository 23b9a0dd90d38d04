"""The nouns of exploring on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.datasets.profile_schemas import Histogram, TopValue

MAX_WINDOW = 1000
Value = str | int | float | bool
Values = Annotated[list[Value], Field(max_length=1000)]
ExportFormat = Literal["csv", "parquet", "arrow"]


class Strict(BaseModel):
    """A request: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid")


class Condition(Strict):
    """What the values of a column must be. in, not_in: one of `values`, compared as text; between: `min` to `max`, both included.

    contains: the text, in any case; missing, present: whether there is a value.
    """

    column: str = Field(max_length=1000)
    op: Literal["in", "not_in", "between", "contains", "missing", "present"]
    values: Values = Field(default_factory=list)
    min: Value | None = None
    max: Value | None = None


class Looking(Strict):
    """Which rows, in which order. sort: `-age,name`; each name may be quoted as JSON text when it holds a comma."""

    filter: list[Condition] = Field(default_factory=list, max_length=100)
    sort: list[str] = Field(default_factory=list, max_length=8, description="Columns; `-` in front: largest first")


class RowsQuery(Looking):
    """A window of rows. columns: which and in which order; none: all. wait: seconds to wait for an order that is computed."""

    columns: list[str] | None = Field(None, max_length=10_000)
    offset: int = Field(0, ge=0)
    limit: int = Field(100, ge=0, le=MAX_WINDOW)
    wait: float = Field(5, ge=0, le=30)


class Rows(BaseModel):
    """Rows from `offset` of `total` that fit the filter. numbers: where each stands in the table, from 0.

    state: `ready`; `preparing` while the table is brought into columns or `ordering` while a filter or sort is computed: then
    `progress` (0 to 1) and `label` say how far, and rows are there only where they can be had already. Long texts are cut.
    """

    state: Literal["ready", "preparing", "ordering"]
    total: int | None
    table_rows: int
    offset: int
    columns: list[str]
    numbers: list[int]
    rows: list[list[Any]]
    progress: float | None = None
    label: str = ""


class SummariesQuery(Looking):
    """Which columns to sum up. ranges: lowest and highest value per column, so that bars stand on the same scale."""

    columns: list[str] = Field(max_length=60)
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict)
    bins: int = Field(24, ge=2, le=100)


class ColumnSummary(BaseModel):
    """What a column holds among the rows looked at; moments are seconds since 1970, UTC, in the histogram."""

    name: str
    count: int
    missing: int
    min: Any = None
    max: Any = None
    distinct: int | None = None
    histogram: Histogram | None = None
    top: list[TopValue] = Field(default_factory=list)


class Summaries(BaseModel):
    """rows: looked at, of `total` that fit; exact when they are the same. state: as of Rows."""

    state: Literal["ready", "preparing", "ordering"] = "ready"
    rows: int = 0
    total: int = 0
    columns: list[ColumnSummary] = Field(default_factory=list)
    progress: float | None = None
    label: str = ""


class CellQuery(Strict):
    """One value, whole. number: of the row in the table, from 0."""

    number: int = Field(ge=0)
    column: str = Field(max_length=1000)


class Cell(BaseModel):
    """A value as text, up to 1 MiB of it; None when it is missing. size: characters of the whole."""

    text: str | None
    size: int
    cut: bool = False


class ChartQuery(Strict):
    """A chart of one or two columns. y of bar and line is aggregated; without one, rows are counted."""

    kind: Literal["bar", "line", "scatter", "histogram"]
    x: str = Field(max_length=1000)
    y: str | None = Field(None, max_length=1000)
    aggregate: Literal["count", "sum", "mean", "median", "min", "max"] = "count"
    bins: int = Field(40, ge=2, le=400)
    filter: list[Condition] = Field(default_factory=list, max_length=100)


class ChartData(BaseModel):
    """What to draw: `x` and `y` side by side. rows: of the table that fit; drawn: points; text: the chart in words.

    time: x is milliseconds since 1970, UTC. width: of a histogram's bins. other: rows in groups that are not drawn.
    """

    kind: str
    x: list[Any]
    y: list[float | None]
    rows: int
    missing: int = 0
    other: int = 0
    sampled: bool = False
    time: bool = False
    width: float | None = None
    text: str


class SqlQuery(Strict):
    """A question in SQL. Datasets are tables by their names: `titanic`, `"titanic:2"`.

    dataset: `name:version` that its bare name means in this query. id: chosen by who asks, to cancel by it.
    """

    query: str = Field(min_length=1, max_length=100_000)
    dataset: str | None = Field(None, max_length=200)
    id: str | None = Field(None, pattern=r"^[A-Za-z0-9-]{8,64}$")
    limit: int = Field(10_000, ge=1, description="Rows that are kept; at most STUDIOLO_SQL_ROWS")
    timeout: float = Field(30, gt=0, description="Seconds; at most STUDIOLO_SQL_SECONDS")


class ResultColumn(BaseModel):
    """type: one of the words of a dataset's column; sql_type: as the engine calls it."""

    name: str
    type: str
    sql_type: str


class SqlResult(BaseModel):
    """The answer, kept for a while under its id. cut: there were more rows (or bytes) than may be kept. tables: what was read."""

    id: str
    columns: list[ResultColumn]
    rows: int
    size: int
    cut: bool
    seconds: float
    tables: list[str]
    query: str
    first: list[list[Any]] = Field(default_factory=list, description="The first rows, as Rows would give them")


class SqlSave(Strict):
    """Make a dataset, or its next version, of what a query answers; a job runs it anew, to its last row."""

    query: str = Field(min_length=1, max_length=100_000)
    dataset: str | None = Field(None, max_length=200)
    name: str = Field(min_length=1, max_length=100)
    description: str = Field("", max_length=10_000)
    id: str | None = Field(None, pattern=r"^[A-Za-z0-9-]{8,64}$")
    timeout: float = Field(3600, gt=0, description="Seconds; at most STUDIOLO_SQL_SAVE_SECONDS")
