"""Tier one: exact counters of a group of columns, and a sample of their rows, in one scan."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.profile.sketch import Sketch, aggregate
from studiolo.studio.datasets.profile.state import ColumnState, Moments
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

NUMBERS = ("integer", "number", "decimal")
MOMENTS = ("date", "datetime")
TEXTS = ("text", "json", "binary")
PRIORITY = " priority"  # of a row: those with the smallest ones are the sample; no column is called so
ROW = " row"  # the row's number, where the format knows it
FULL = 2**64 - 1
LOOKED = 2048  # rows from which the middle of a column is guessed
WORST = 1e5  # how far, in variances, the guess may be from the mean before digits are lost


@dataclass(frozen=True)
class Plan:
    """One scan. source: what stands after FROM; names a column PRIORITY where `keep` is asked for.

    keep: the highest priority of a row that is kept; None keeps no rows. extremes: of columns that need not be asked.
    """

    source: str
    columns: Sequence[ColumnSchema]
    keep: int | None = None
    extremes: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def count(connection: "DuckDBPyConnection", plan: Plan) -> tuple[int, dict[str, ColumnState], "pa.Table | None"]:
    """Scan and return the number of rows, the counters by column, and the rows that are kept.

    The quick aggregates go wrong with NaN or infinity among the values, which shows in the extremes, and lose digits where the
    first rows are far from the rest, which shows in the moments: those columns are then scanned once more.
    """
    middles = _middles(connection, plan)
    rows, found, kept = _scan(connection, plan, middles, set())
    spoilt = {column.name for column in plan.columns if not _finite(column, found[column.name])}
    if spoilt:
        again = Plan(plan.source, [column for column in plan.columns if column.name in spoilt])
        found |= _scan(connection, again, middles, spoilt)[1]
    inexact = {
        column.name: found[column.name].moments.mean
        for column in plan.columns
        if column.type in NUMBERS and _inexact(found[column.name].moments, middles.get(column.name, 0.0))
    }
    if inexact:
        again = Plan(plan.source, [column for column in plan.columns if column.name in inexact])
        found |= _scan(connection, again, inexact, spoilt)[1]
    return rows, found, kept


def _middles(connection: "DuckDBPyConnection", plan: Plan) -> dict[str, float]:
    """Return a value near the middle of each column of numbers, so that sums of powers lose no digits."""
    numbers = [column for column in plan.columns if column.type in NUMBERS]
    if not numbers:
        return {}
    asked = ", ".join(f"median({_double(column)})" for column in numbers)
    picked = ", ".join(engine.name(column.name) for column in numbers)
    row = connection.execute(f"SELECT {asked} FROM (SELECT {picked} FROM {plan.source} LIMIT {LOOKED})").fetchall()[0]
    return {
        column.name: float(value) if value is not None and math.isfinite(value) else 0.0
        for column, value in zip(numbers, row, strict=True)
    }


def _double(column: ColumnSchema) -> str:
    name = engine.name(column.name)
    return name if column.type == "number" else f"CAST({name} AS DOUBLE)"


def _inexact(moments: Moments, middle: float) -> bool:
    return moments.usable and moments.n * (moments.mean - middle) ** 2 > WORST * max(moments.m2, 0.0)


def _finite(column: ColumnSchema, state: ColumnState) -> bool:
    """Say whether no NaN or infinity got into the counters; `epoch` of an endless date is NULL."""
    if column.type not in ("number", *MOMENTS) or not state.count:
        return True
    return all(end is not None and math.isfinite(end) for end in (state.low, state.high))


def _value(column: ColumnSchema, *, guard: bool) -> str:
    name = engine.name(column.name)
    return f"CASE WHEN isfinite({name}) THEN {name} END" if guard else name


def _asked(place: int, column: ColumnSchema, *, guard: bool) -> dict[str, str]:
    """Return the aggregates of a column by what they say. Names below: v value, d distance from the middle."""
    v, d = f"v{place}", f"d{place}"
    found = {"count": f"count({v})"}
    if column.type in NUMBERS:
        found |= {"low": f"min({v})", "high": f"max({v})", "s1": f"sum({d})", "s2": f"sum({d} * {d})"}
    elif column.type in MOMENTS:
        found |= {"low": f"epoch(min({v}))", "high": f"epoch(max({v}))"}
    elif column.type == "boolean":
        found["true_count"] = f"count_if({v})"
    elif column.type in ("text", "json"):
        found |= {"empty": f"count_if({v} = '')", "low": f"min({v})", "high": f"max({v})"}
    elif column.type == "time":
        found |= {"low": f"CAST(min({v}) AS VARCHAR)", "high": f"CAST(max({v}) AS VARCHAR)"}
    if guard:
        found["infinite"] = f"count_if(isinf({engine.name(column.name)}))"
    return found if column.type == "boolean" else found | {"registers": aggregate(v)}


def _scan(
    connection: "DuckDBPyConnection", plan: Plan, middles: Mapping[str, float], guarded: set[str]
) -> tuple[int, dict[str, ColumnState], "pa.Table | None"]:
    items: list[str] = []
    parts: list[str] = ["count(*)"]
    asked = []
    for place, column in enumerate(plan.columns):
        guard = column.name in guarded
        items.append(f"{_value(column, guard=guard)} AS v{place}")
        if column.type in NUMBERS:
            items.append(f"{_shifted(column, guard=guard, middle=middles.get(column.name, 0.0))} AS d{place}")
        wanted = _asked(place, column, guard=guard)
        if column.name in plan.extremes:
            del wanted["low"], wanted["high"]
        asked.append(wanted)
        parts += wanted.values()
    names = [engine.name(column.name) for column in plan.columns]
    if plan.keep is not None:
        passed = [*names, engine.name(PRIORITY)]
        items += passed
        packed = ", ".join(f"{name} := {name}" for name in passed)
        parts.append(f"list(struct_pack({packed})) FILTER ({engine.name(PRIORITY)} <= {plan.keep}::UBIGINT)")
    else:
        items += [name for column, name in zip(plan.columns, names, strict=True) if column.name in guarded]
    query = f"SELECT {', '.join(parts)} FROM (SELECT {', '.join(items)} FROM {plan.source})"
    row, kept = _one(connection, query, keep=plan.keep is not None)
    values = iter(row)
    rows = int(next(values))
    states = {}
    for column, wanted in zip(plan.columns, asked, strict=True):
        found = {key: next(values) for key in wanted}
        if column.name in plan.extremes:
            found["low"], found["high"] = plan.extremes[column.name]
        states[column.name] = _state(column, found, middles.get(column.name, 0.0))
    return rows, states, kept


def _shifted(column: ColumnSchema, *, guard: bool, middle: float) -> str:
    value = _value(column, guard=guard)
    double = value if column.type == "number" else f"CAST({value} AS DOUBLE)"
    return f"({double} - {middle!r}::DOUBLE)"


def _one(connection: "DuckDBPyConnection", query: str, *, keep: bool) -> "tuple[Sequence[Any], pa.Table | None]":
    """Return the one row of a scan; its last value, where rows are kept, is the list of them, taken as it is as a table."""
    if not keep:
        return connection.execute(query).fetchall()[0], None
    import pyarrow as pa

    found = connection.sql(query).to_arrow_table()
    listed = found.column(found.num_columns - 1).chunk(0)
    kept = pa.Table.from_batches([pa.RecordBatch.from_struct_array(listed.values)])
    return [found.column(place)[0].as_py() for place in range(found.num_columns - 1)], kept


def _state(column: ColumnSchema, found: dict[str, Any], middle: float) -> ColumnState:
    count, infinite = int(found["count"]), int(found.get("infinite") or 0)
    state = ColumnState(
        count=count + infinite,
        infinite=infinite,
        empty=int(found.get("empty") or 0),
        true_count=int(found.get("true_count") or 0),
        low=_plain(found.get("low"), whole=column.type == "integer"),
        high=_plain(found.get("high"), whole=column.type == "integer"),
        sketch=Sketch.of(found.get("registers")) if count else Sketch(),
    )
    if column.type in NUMBERS and count:
        state.moments = Moments.of_sums(count, middle, float(found["s1"]), float(found["s2"]))
    return state


def _plain(value: Any, *, whole: bool) -> Any:
    """Return an extreme as JSON holds it: a decimal as a number, a text cut."""
    if isinstance(value, str):
        return value[:200]
    if value is None or isinstance(value, int | float):
        return value
    return int(value) if whole else float(value)
