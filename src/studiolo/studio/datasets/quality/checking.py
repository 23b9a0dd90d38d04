"""Whether rules can be used, decided before they are kept; pure functions."""

import re
from datetime import datetime

from studiolo.kernel.nearest import nearest
from studiolo.studio.datasets.monitors.windows import zone
from studiolo.studio.datasets.quality import rules as r
from studiolo.studio.datasets.quality.errors import BadRule
from studiolo.studio.datasets.quality.rules import Rule
from studiolo.studio.datasets.schemas import TableSchema

_NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!])|\\[1-9]|\\[kKgZG]|[*+?}]\+")  # look-around, back references, possessive
_MOMENTS, _NUMBERS = {"date", "datetime"}, {"integer", "number", "decimal"}


def check(rules: list[Rule], schema: TableSchema | None) -> None:
    """Raise BadRule for the first rule that cannot be used. schema: of the newest version; none is not looked at."""
    types: dict[str, str] | None = {column.name: column.type for column in schema.columns} if schema else None
    for number, rule in enumerate(rules):
        try:
            _alone(rule)
            if types is not None and not isinstance(rule, r.Schema):
                _fits(rule, types)
        except ValueError as error:
            said = str(error)
            raise BadRule(f"Rule {number + 1} ({r.title(rule)[:120]}): {said}", field=f"rules.{number}") from None


def _alone(rule: Rule) -> None:
    """Raise ValueError for what is wrong with a rule whatever the table is."""
    if isinstance(rule, r.Range | r.RowCount):
        if rule.min is None and rule.max is None:
            raise ValueError("name a smallest or a largest value.")
        if rule.min is not None and rule.max is not None and _greater(rule.min, rule.max):
            raise ValueError("the smallest value is greater than the largest.")
    if isinstance(rule, r.Unique) and len(set(rule.columns)) < len(rule.columns):
        raise ValueError("a column is named twice.")
    if isinstance(rule, r.Freshness):
        zone(rule.zone)
    if isinstance(rule, r.Sql):
        _alone_sql(rule)
    if isinstance(rule, r.Matches):
        if _NOT_RE2.search(rule.pattern):
            raise ValueError(
                "the pattern has look-around, a back reference or a possessive quantifier, which RE2 has not."
            )
        try:
            re.compile(rule.pattern)
        except re.error as error:
            raise ValueError(f"the pattern cannot be read: {error}.") from None


def _alone_sql(rule: r.Sql) -> None:
    if bool(rule.condition.strip()) == bool(rule.query.strip()):
        raise ValueError(
            "write either a `condition`, such as Fare >= 0, or a `query`, such as SELECT * FROM data WHERE …"
        )
    if rule.max_failed is not None and rule.tolerance:
        raise ValueError("name either `max_failed`, rows, or `tolerance`, a share of them.")


def _greater(low: object, high: object) -> bool:
    if isinstance(low, int | float) and isinstance(high, int | float):
        return low > high
    return str(low) > str(high)


def _fits(rule: Rule, types: dict[str, str]) -> None:
    """Raise ValueError for a rule that does not fit the columns of a table."""
    for name in r.columns_of(rule):
        if name not in types:
            near = nearest(name, list(types))
            raise ValueError(f"there is no column '{name[:100]}'" + (f"; did you mean '{near}'?" if near else "."))
    if isinstance(rule, r.Freshness) and types[rule.column] not in _MOMENTS:
        raise ValueError(f"'{rule.column}' holds {types[rule.column]}, not moments.")
    if isinstance(rule, r.Range):
        _fits_range(rule, types[rule.column])
    if isinstance(rule, r.OneOf) and types[rule.column] in _NUMBERS:
        for value in rule.values:
            if isinstance(value, str | bool):
                raise ValueError(f"'{rule.column}' holds numbers; {value!r} is none.")  # noqa: TRY004 - all of these are told the same way


def _fits_range(rule: r.Range, kind: str) -> None:
    for value in (rule.min, rule.max):
        if value is None:
            continue
        if kind in _MOMENTS:
            try:
                datetime.fromisoformat(str(value))
            except ValueError:
                raise ValueError(f"'{value}' is no moment such as 2026-01-31.") from None
        elif kind in _NUMBERS:
            if isinstance(value, str):
                raise ValueError(f"'{value[:60]}' is no number.")
        elif kind == "boolean":
            raise ValueError(f"'{rule.column}' holds true and false: use `set`.")
