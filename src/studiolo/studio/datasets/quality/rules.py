"""The nouns of rules: what a version must hold."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["warn", "block"]
Column = Annotated[str, Field(min_length=1, max_length=1000)]
MOST_RULES, MOST_VALUES = 200, 2000
SHOWN = 100  # characters of SQL in a title


class _Rule(BaseModel):
    """severity: a broken rule warns, or blocks the version. title: for people; empty says what the rule says."""

    model_config = ConfigDict(extra="forbid")

    severity: Severity = "warn"
    title: str = Field("", max_length=200)


class _RowRule(_Rule):
    """A rule of each row. tolerance: share of the rows that may break it."""

    tolerance: float = Field(0.0, ge=0, lt=1)


class NotNull(_RowRule):
    """Values are there."""

    type: Literal["not_null"]
    column: Column


class Unique(_RowRule):
    """No two rows have the same values in these columns; rows where one is missing do not count."""

    type: Literal["unique"]
    columns: list[Column] = Field(min_length=1, max_length=20)


class Range(_RowRule):
    """Values lie between two, which belong to it. Of moments: texts such as 2026-01-31. Missing values do not count."""

    type: Literal["range"]
    column: Column
    min: float | str | None = None
    max: float | str | None = None


class OneOf(_RowRule):
    """Values are among these. Missing values do not count."""

    type: Literal["set"]
    column: Column
    values: list[str | int | float | bool] = Field(min_length=1, max_length=MOST_VALUES)


class Matches(_RowRule):
    """Texts match a pattern (RE2) from their first to their last character. Missing values do not count."""

    type: Literal["regex"]
    column: Column
    pattern: str = Field(min_length=1, max_length=1000)


class RowCount(_Rule):
    """The table has so many rows."""

    type: Literal["row_count"]
    min: int | None = Field(None, ge=0)
    max: int | None = Field(None, ge=0)


class SchemaColumn(BaseModel):
    """A column that must be there, of this type where one is named."""

    model_config = ConfigDict(extra="forbid")

    name: Column
    type: str | None = Field(None, max_length=40)


class Schema(_Rule):
    """These columns are there. others: whether there may be more."""

    type: Literal["schema"]
    columns: list[SchemaColumn] = Field(min_length=1, max_length=2000)
    others: bool = True


class Freshness(_Rule):
    """The newest moment of a column is no older than so many hours when it is checked. zone: that it is written in."""

    type: Literal["freshness"]
    column: Column
    hours: float = Field(gt=0, le=24 * 3650)
    zone: str = "UTC"


class Sql(_RowRule):
    """What SQL says of the table `data`; `title` is its name. Exactly one of the two is written.

    condition: holds for each row, such as `Fare >= 0`; a row for which it is NULL counts as good. query: a SELECT of the rows that
    break the rule. max_failed: so many rows may break it, where it is not a share of them (tolerance).
    """

    type: Literal["sql"]
    condition: str = Field("", max_length=10_000)
    query: str = Field("", max_length=10_000)
    max_failed: int | None = Field(None, ge=0)

    @property
    def field(self) -> Literal["condition", "query"]:
        """Where its SQL stands."""
        return "condition" if self.condition.strip() else "query"

    @property
    def text(self) -> str:
        """Its SQL, without the semicolon that may end it."""
        return (self.condition if self.field == "condition" else self.query).strip().rstrip(";").rstrip()


Rule = Annotated[
    NotNull | Unique | Range | OneOf | Matches | RowCount | Schema | Freshness | Sql, Field(discriminator="type")
]


class FailingRow(BaseModel):
    """A row that breaks a rule. file, line: where it stands, where that is known; values: of the rule's columns."""

    values: dict[str, Any]
    row: int | None = None
    line: int | None = None
    file: str | None = None


class RuleResult(BaseModel):
    """What came of a rule. outcome: `error` where it could not be checked; checked, failed: rows; said: in words."""

    rule: int
    title: str
    type: str
    severity: Severity
    outcome: Literal["passed", "failed", "error"]
    said: str = ""
    checked: int | None = None
    failed: int | None = None
    tolerance: float = 0.0
    examples: list[FailingRow] = Field(default_factory=list)


class Report(BaseModel):
    """What came of a check. rows: of the version; at: the moment that freshness was judged at."""

    rows: int
    at: datetime
    results: list[RuleResult]
    seconds: float


def title(rule: Rule) -> str:
    """Say a rule in words.

    >>> title(RowCount(type="row_count", min=10)), title(NotNull(type="not_null", column="Age", tolerance=0.2))
    ('at least 10 rows', 'Age is there in 80% of the rows')
    >>> title(Range(type="range", column="price", min=0))
    'price is at least 0'
    """
    if rule.title:
        return rule.title
    if isinstance(rule, _RowRule) and rule.tolerance:
        return f"{_words(rule)} in {(1 - rule.tolerance) * 100:.4g}% of the rows"
    if isinstance(rule, Sql) and rule.max_failed:
        return f"{_words(rule)}, but for {rule.max_failed:,} rows"
    return _words(rule)


def _words(rule: Rule) -> str:  # noqa: PLR0911 - one line a rule
    if isinstance(rule, NotNull):
        return f"{rule.column} is there"
    if isinstance(rule, Unique):
        return f"{' and '.join(rule.columns)} {'is' if len(rule.columns) == 1 else 'are together'} unique"
    if isinstance(rule, Range):
        low, high = _plain(rule.min), _plain(rule.max)
        both = low is not None and high is not None
        return f"{rule.column} {f'lies between {low} and {high}' if both else f'is {_bound(low, high)}'}"
    if isinstance(rule, OneOf):
        shown = ", ".join(map(str, rule.values[:5])) + (", …" if len(rule.values) > 5 else "")
        return f"{rule.column} is one of {shown}"
    if isinstance(rule, Matches):
        return f"{rule.column} matches {rule.pattern}"
    if isinstance(rule, RowCount):
        both = rule.min is not None and rule.max is not None
        return f"{rule.min:,} to {rule.max:,} rows" if both else f"{_bound(rule.min, rule.max)} rows"
    if isinstance(rule, Schema):
        return f"{len(rule.columns):,} columns are there{'' if rule.others else ' and no others'}"
    if isinstance(rule, Sql):
        text = " ".join(rule.text.split())
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        return shown if rule.field == "condition" else f"no rows of {shown}"
    return f"{rule.column} is at most {rule.hours:g} hours old"


def _bound(low: object, high: object) -> str:
    return f"at least {low}" if low is not None else f"at most {high}"


def _plain(bound: object) -> object:
    """Write 0.0 as 0, as who wrote the rule did."""
    return int(bound) if isinstance(bound, float) and bound.is_integer() and abs(bound) < 1e15 else bound


def columns_of(rule: Rule) -> list[str]:
    """Return the columns that a rule looks at."""
    if isinstance(rule, Unique):
        return list(rule.columns)
    if isinstance(rule, RowCount | Schema | Sql):
        return []
    return [rule.column]
