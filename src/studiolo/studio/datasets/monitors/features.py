"""Which columns a monitor compares, decided from the schema; and which of them turn out to say nothing."""

from collections.abc import Collection

from studiolo.studio.datasets.monitors.schemas import MOST_FEATURES, MonitorSettings
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

NUMBERS = {"integer", "number", "decimal"}
MOMENTS = {"date", "datetime"}
MOST_CATEGORIES = 100  # with more, and
UNIQUE_SHARE = 0.05  # more than this share of the rows different, a text is free text or an identifier


def choose(
    baseline: TableSchema, target: TableSchema, settings: MonitorSettings
) -> tuple[list[ColumnSchema], dict[str, str]]:
    """Return the columns to compare, in the target's order, and why each of the others is left out."""
    asked = set(settings.features)
    clocks = {settings.target.timestamp, settings.baseline.timestamp}
    theirs = {column.name: column for column in baseline.columns}
    kept: list[ColumnSchema] = []
    left: dict[str, str] = {}
    for column in target.columns:
        reason = _unfit(column, theirs.get(column.name), asked, settings.exclude, clocks)
        if not reason and len(kept) == MOST_FEATURES:
            reason = f"more than {MOST_FEATURES} features"
        if reason:
            left[column.name] = reason
        else:
            kept.append(column)
    return kept, left


def says_nothing(distinct: int, rows: int) -> bool:
    """Say whether a column of texts differs too much from row to row to be compared by category."""
    return distinct > MOST_CATEGORIES and distinct > UNIQUE_SHARE * rows


def kind(column: ColumnSchema) -> str:
    """Return how a column is compared: by its `number` or by its `category`."""
    return "number" if column.type in NUMBERS | MOMENTS else "category"


def _unfit(  # noqa: PLR0911 - one line a reason
    column: ColumnSchema,
    other: ColumnSchema | None,
    asked: Collection[str],
    exclude: Collection[str],
    clocks: Collection[str | None],
) -> str:
    if column.name in exclude:
        return "excluded"
    if asked and column.name not in asked:
        return "not chosen"
    if column.name in clocks:
        return "the timestamp of the windows"
    if other is None:
        return "not in the baseline"
    if kind(column) != kind(other):
        return f"{other.type} in the baseline, {column.type} here"
    if column.type in MOMENTS and column.name not in asked:
        return "moments move with time"
    return ""
