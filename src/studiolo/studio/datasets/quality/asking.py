"""Rules as questions to the engine: which rows break them, how many, the first of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from studiolo.studio.datasets.quality import rules as r
from studiolo.studio.datasets.quality.rules import FailingRow, Report, Rule, RuleResult
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema
from studiolo.studio.datasets.table_file import cell

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXAMPLES = 5
ROW = "studiolo row"
MOMENTS = {"date", "datetime"}
NUMBERS = {"integer", "number", "decimal"}


@dataclass
class Table:
    """query: its SELECT; numbered: with a column of row numbers, from 0, named ROW."""

    connection: "DuckDBPyConnection"
    query: str
    numbered: str
    schema: TableSchema
    sql: Callable[[r.Sql, RuleResult, int], None]  # tells what came of a rule in SQL, given the rows there are

    def column(self, name: str) -> ColumnSchema | None:
        """Return a column by its name."""
        return next((one for one in self.schema.columns if one.name == name), None)


def ask(table: Table, rules: list[Rule], at: datetime) -> Report:
    """Check all rules; those of single rows in one scan together."""
    import duckdb

    results: list[RuleResult] = []
    breaks = dict(_conditions(table, rules))
    counted = _count(table, rules, breaks)
    rows = counted.pop(-1)[0]
    for number, rule in enumerate(rules):
        result = RuleResult(rule=number, title=r.title(rule), type=rule.type, severity=rule.severity, outcome="passed")
        results.append(result)
        gone = [name for name in r.columns_of(rule) if table.column(name) is None]
        if gone:
            result.outcome, result.said = "failed", f"There is no column '{gone[0]}'."
            continue
        try:
            if isinstance(rule, r.Sql):
                table.sql(rule, result, rows)
            elif number in breaks:
                _tell_rows(table, result, rule, breaks[number], counted[number])
            else:
                _tell_table(table, result, rule, rows, at)
        except (duckdb.Error, ValueError) as error:
            result.outcome, result.said = "error", engine.said(error)
    return Report(rows=rows, at=at, results=results, seconds=0.0)


def _conditions(table: Table, rules: list[Rule]) -> Iterator[tuple[int, str]]:
    """Yield, of each rule that looks at single rows, when a row breaks it."""
    for number, rule in enumerate(rules):
        names = r.columns_of(rule)
        found = [table.column(name) for name in names]
        if all(one is not None for one in found) and isinstance(rule, r.NotNull | r.Range | r.OneOf | r.Matches):
            condition = breaking(rule, found[0])  # type: ignore[arg-type]
            if _understood(table, condition):
                yield number, condition


def _understood(table: Table, condition: str) -> bool:
    """Say whether the engine can plan a condition, so that one rule that it cannot does not spoil the scan of all."""
    import duckdb

    try:
        table.connection.execute(f"SELECT * FROM ({table.query}) WHERE {condition} LIMIT 0")
    except duckdb.Error:
        return False
    return True


def breaking(rule: r.NotNull | r.Range | r.OneOf | r.Matches, column: ColumnSchema) -> str:
    """Return the condition of rows that break a rule; it is NULL for missing values."""
    name = engine.name(column.name)
    if isinstance(rule, r.NotNull):
        return f"({name} IS NULL OR isnan({name}))" if column.type == "number" else f"{name} IS NULL"
    if isinstance(rule, r.Range):
        parts = [f"{name} < {_value(rule.min, column)}"] if rule.min is not None else []
        parts += [f"{name} > {_value(rule.max, column)}"] if rule.max is not None else []
        return f"({' OR '.join(parts)})"
    if isinstance(rule, r.OneOf):
        return f"{name} NOT IN ({', '.join(_value(value, column) for value in rule.values)})"
    return f"NOT regexp_full_match(CAST({name} AS VARCHAR), {engine.literal(rule.pattern)})"


def _value(value: Any, column: ColumnSchema) -> str:
    if column.type in MOMENTS:
        return f"CAST({engine.literal(str(value))} AS TIMESTAMP)"
    if column.type in NUMBERS:
        return engine.literal(float(value) if isinstance(value, str) else value)
    if column.type == "boolean":
        return f"CAST({engine.literal(str(value).lower())} AS BOOLEAN)"
    return engine.literal(str(value))


def _count(table: Table, rules: list[Rule], breaks: dict[int, str]) -> dict[int, tuple[int, int]]:
    """Return rows that were checked and that break each rule; under -1 the rows of the table."""
    items = ["count(*)"]
    for number, condition in breaks.items():
        rule = rules[number]
        looked = "count(*)" if isinstance(rule, r.NotNull) else f"count({engine.name(r.columns_of(rule)[0])})"
        items += [looked, f"count(*) FILTER ({condition})"]
    found = table.connection.execute(f"SELECT {', '.join(items)} FROM ({table.query})").fetchone() or (0,)
    pairs = {number: (int(found[1 + 2 * i]), int(found[2 + 2 * i])) for i, number in enumerate(breaks)}
    return pairs | {-1: (int(found[0]), 0)}


def _tell_rows(table: Table, result: RuleResult, rule: Rule, condition: str, counted: tuple[int, int]) -> None:
    checked, failed = counted
    settle(result, checked, failed, getattr(rule, "tolerance", 0.0))
    if failed:
        names = r.columns_of(rule)
        chosen = ", ".join(engine.name(name) for name in [ROW, *names])
        query = f"SELECT {chosen} FROM ({table.numbered}) WHERE {condition} ORDER BY 1 LIMIT {EXAMPLES}"
        for row in table.connection.execute(query).fetchall():
            values = {name: cell(value) for name, value in zip(names, row[1:], strict=True)}
            result.examples.append(FailingRow(values=values, row=int(row[0]) + 1))


def settle(result: RuleResult, checked: int, failed: int, tolerance: float, most: int | None = None) -> None:
    """Say whether so many rows may break a rule. most: rows, where it is not a share of them."""
    result.checked, result.failed, result.tolerance = checked, failed, tolerance
    allowed = tolerance * checked if most is None else most
    if failed > allowed:
        result.outcome = "failed"
        share = f" ({failed / checked:.2%})" if checked else ""
        result.said = f"{failed:,} of {checked:,} rows break it{share}."
    elif failed:
        result.said = f"{failed:,} of {checked:,} rows break it, which is tolerated."


def _tell_table(table: Table, result: RuleResult, rule: Rule, rows: int, at: datetime) -> None:
    if isinstance(rule, r.Unique):
        _tell_unique(table, result, rule)
    elif isinstance(rule, r.RowCount):
        result.checked = rows
        if (rule.min is not None and rows < rule.min) or (rule.max is not None and rows > rule.max):
            result.outcome, result.said = "failed", f"There are {rows:,} rows."
    elif isinstance(rule, r.Schema):
        found = problems(rule, table.schema)
        if found:
            result.outcome, result.said = "failed", "; ".join(found[:10])
    elif isinstance(rule, r.Freshness):
        _tell_age(table, result, rule, at)
    else:
        column = table.column(r.columns_of(rule)[0])
        result.outcome = "error"
        result.said = f"The rule does not fit a column of type {column.type if column else 'unknown'}."


def problems(rule: r.Schema, schema: TableSchema) -> list[str]:
    """Return in what a schema differs from the one that is wanted."""
    here = {column.name: column.type for column in schema.columns}
    found = [f"'{one.name}' is missing" for one in rule.columns if one.name not in here]
    found += [
        f"'{one.name}' is {here[one.name]}, not {one.type}"
        for one in rule.columns
        if one.type and one.name in here and here[one.name] != one.type
    ]
    if not rule.others:
        wanted = {one.name for one in rule.columns}
        found += [f"'{name}' is not wanted" for name in here if name not in wanted]
    return found


def _tell_unique(table: Table, result: RuleResult, rule: r.Unique) -> None:
    names = [engine.name(name) for name in rule.columns]
    there = " AND ".join(f"{name} IS NOT NULL" for name in names)
    groups = f"SELECT {', '.join(names)}, count(*) AS n FROM ({table.query}) WHERE {there} GROUP BY {', '.join(names)}"
    found = table.connection.execute(f"SELECT coalesce(sum(n), 0), coalesce(sum(n - 1), 0) FROM ({groups})").fetchone()
    checked, failed = (int(found[0]), int(found[1])) if found else (0, 0)
    settle(result, checked, failed, rule.tolerance)
    if failed:
        worst = f"{groups} HAVING n > 1 ORDER BY n DESC, {', '.join(names)} LIMIT {EXAMPLES}"
        for row in table.connection.execute(worst).fetchall():
            values = {name: cell(value) for name, value in zip(rule.columns, row, strict=False)}
            result.examples.append(FailingRow(values=values | {"rows": int(row[-1])}))


def _tell_age(table: Table, result: RuleResult, rule: r.Freshness, at: datetime) -> None:
    column = table.column(rule.column)
    if column is None or column.type not in MOMENTS:
        result.outcome, result.said = "error", f"'{rule.column}' does not hold moments."
        return
    query = f"SELECT max(CAST({engine.name(rule.column)} AS TIMESTAMP)) FROM ({table.query})"
    found = table.connection.execute(query).fetchone()
    newest = found[0] if found else None
    if newest is None:
        result.outcome, result.said = "failed", "There is no moment at all."
        return
    clock = UTC if column.sql_type == "TIMESTAMPTZ" else ZoneInfo(rule.zone)
    age = (at - newest.replace(tzinfo=clock)).total_seconds() / 3600
    old = f"{age:.1f} hours old" if age >= 0 else f"{-age:.1f} hours from now"
    result.said = f"The newest is {newest.isoformat(sep=' ')}, {old}."
    if age > rule.hours:
        result.outcome = "failed"
