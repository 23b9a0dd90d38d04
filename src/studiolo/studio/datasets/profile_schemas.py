"""The nouns of profiles."""

from typing import Literal

from pydantic import Field

from studiolo.studio.datasets.schemas import ColumnType, Noun


class Histogram(Noun):
    """counts[i] is how many values lie in [edges[i], edges[i+1]); the last bin holds its upper edge too."""

    edges: list[float]
    counts: list[int]


class TopValue(Noun):
    """A frequent value. count: rows of the table, estimated where the profile comes from a sample."""

    value: str
    count: int
    share: float


class ColumnProfile(Noun):
    """What one column holds. Dates are ISO texts; in histogram and edges they are seconds since 1970, UTC.

    count: values that are there; distinct: exact or estimated within about 5 %; infinite: left out of everything but count.
    empty: texts without a character; skewness, kurtosis: standardised moments, kurtosis of a normal distribution is 0.
    types: what the values are, or what texts could be read as, with shares; range_seconds: from the first moment to the last.
    edges: 201 quantiles that cut the values into 200 equal parts, kept to measure drift later; length: characters, of binary bytes.
    errors: values that could not be read as the column's type and became missing.
    """

    name: str
    type: ColumnType
    count: int
    missing: int
    missing_share: float
    distinct: int
    distinct_exact: bool
    min: int | float | str | None = None
    max: int | float | str | None = None
    mean: float | str | None = None
    std: float | None = None
    variance: float | None = None
    skewness: float | None = None
    kurtosis: float | None = None
    zeros: int | None = None
    negative_share: float | None = None
    infinite: int = 0
    empty: int | None = None
    errors: int = 0
    types: dict[str, float] = Field(default_factory=dict)
    true_count: int | None = None
    range_seconds: float | None = None
    min_length: int | None = None
    mean_length: float | None = None
    max_length: int | None = None
    quantiles: dict[str, float | str] = Field(default_factory=dict)
    histogram: Histogram | None = None
    top: list[TopValue] = Field(default_factory=list)
    edges: list[float] = Field(default_factory=list)


class Matrix(Noun):
    """A symmetric matrix; None where a pair has too few rows or a column does not vary."""

    columns: list[str]
    values: list[list[float | None]]


class Correlations(Noun):
    """Of at most 50 columns each. Pairs use the rows where both values are there. rows: looked at.

    spearman: Pearson of ranks, ranked once per column. cramers_v: bias-corrected (Bergsma 2013), of columns with few values.
    """

    rows: int
    pearson: Matrix | None = None
    spearman: Matrix | None = None
    cramers_v: Matrix | None = None


class MissingPattern(Noun):
    """Columns that are missing together in so many of the sampled rows; no columns: complete rows."""

    columns: list[str]
    rows: int
    share: float


AlertKind = Literal[
    "constant",
    "missing",
    "unique",
    "many_values",
    "zeros",
    "skewed",
    "correlated",
    "duplicates",
    "mixed_types",
    "errors",
    "infinite",
    "leak",
]


class Alert(Noun):
    """Something to know before training. column: empty for the whole table; other: the column it follows; advice: what to do."""

    kind: AlertKind
    column: str
    message: str
    advice: str = ""
    other: str = ""


class Leak(Noun):
    """A column that tells the target nearly alone. score: 1 when it does so without fault, on rows it was not learnt from."""

    column: str
    score: float


class ProfileParts(Noun):
    """reused: parts that were kept from earlier profiles; computed: new ones, of so many files."""

    reused: int
    computed: int
    files: int


class Sample(Noun):
    """Which rows quantiles, histograms, frequent values and correlations come from. note: for people."""

    rows: int
    exact: bool
    note: str


class Profile(Noun):
    """All that the profile job found out about a dataset version. seconds, cpu_seconds: what it took.

    duplicate_rows: that repeat an earlier one; None: not looked for. target: what leaks were looked for of.
    """

    rows: int
    columns: list[ColumnProfile]
    sample: Sample
    correlations: Correlations
    missing_patterns: list[MissingPattern] = Field(default_factory=list)
    duplicate_rows: int | None = None
    target: str = ""
    leaks: list[Leak] = Field(default_factory=list)
    alerts: list[Alert] = Field(default_factory=list)
    parts: ProfileParts | None = None
    seconds: float
    cpu_seconds: float
