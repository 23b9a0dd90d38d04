"""Rules that a profile keeps: a first set to choose from. A pure function."""

from studiolo.studio.datasets.profile_schemas import ColumnProfile, Profile
from studiolo.studio.datasets.quality import rules as r
from studiolo.studio.datasets.quality.rules import Rule
from studiolo.studio.datasets.quality.schemas import Suggestion
from studiolo.studio.datasets.schemas import TableSchema

FEW = 20  # different texts that are a set
SEEN = 200  # rows that a set must be seen in
ROOM = 0.5  # of the rows, fewer or more than now
NUMBERS = {"integer", "number", "decimal"}


def suggest(profile: Profile, schema: TableSchema) -> list[Suggestion]:
    """Return rules in the order of the table's columns, those of the table first. All of them warn."""
    columns = [r.SchemaColumn(name=one.name, type=one.type) for one in schema.columns]
    found = [
        _say(r.Schema(type="schema", columns=columns), "The columns as they are now."),
        _say(
            r.RowCount(type="row_count", min=max(1, int(profile.rows * (1 - ROOM)))),
            f"There are {profile.rows:,} rows now.",
        ),
    ]
    for column in profile.columns:
        found += _of_column(column, profile.rows)
    return found


def _of_column(column: ColumnProfile, rows: int) -> list[Suggestion]:
    found: list[Suggestion] = []
    if not column.count:
        return found
    if not column.missing:
        found.append(_say(r.NotNull(type="not_null", column=column.name), "No value is missing now."))
    elif column.missing_share < 0.05:
        some = r.NotNull(type="not_null", column=column.name, tolerance=round(min(0.99, column.missing_share * 2), 4))
        found.append(_say(some, f"{column.missing_share:.2%} are missing now."))
    if column.distinct == column.count == rows and column.distinct_exact and column.type in ("integer", "text"):
        found.append(_say(r.Unique(type="unique", columns=[column.name]), "Each row has its own value now."))
        return found
    if column.type in NUMBERS and isinstance(column.min, int | float) and column.min >= 0:
        found.append(_say(r.Range(type="range", column=column.name, min=0), f"The smallest is {column.min:g} now."))
    seen = [top.value for top in column.top]
    if column.type == "text" and column.distinct <= FEW and len(seen) == column.distinct and rows >= SEEN:
        values: list[str | int | float | bool] = [*sorted(seen)]
        found.append(_say(r.OneOf(type="set", column=column.name, values=values), f"{len(seen)} different texts now."))
    return found


def _say(rule: Rule, why: str) -> Suggestion:
    return Suggestion(rule=rule, title=r.title(rule), why=why)
