"""Values of a table of runs, column by column, straight from the rows of the database: what a file of many runs is made of."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, DateTime, Select, select, type_coerce

from studiolo.studio.experiments import keys
from studiolo.studio.experiments.table.rows import RECORDED, Clause
from studiolo.studio.experiments.tables import experiments, runs
from studiolo.studio.experiments.tracking_tables import metric_latest, params, run_tags

_r, _m = runs.c, metric_latest.c
_SOURCES: Mapping[str, Any] = {
    **{name: _r[name] for name in ("id", "name", "state", "kind", "user", "parent_id", "error")},
    # as the driver has them: to make each aware on its way costs more than to read it
    **{name: type_coerce(_r[name], DateTime).label(name) for name in ("created_at", "started_at", "ended_at")},
    "experiment": experiments.c.name.label("experiment_name"),
}
_SPANNED = ("created_at", "started_at", "ended_at")  # what a duration follows from


class Column(NamedTuple):
    """A column of a file. type: text, number or time."""

    header: str
    source: Clause
    type: Literal["text", "number", "time"]


def read(tx: Connection, seqs: Sequence[int], chosen: Sequence[Column], *, every: bool = False) -> list[list[Any]]:
    """Return the values of runs, a list per column, each in the order of `seqs`; runs that are gone are in none of them.

    A missing value is None; a metric that is NaN or infinite is that number. every: the columns are all that was recorded,
    which is read faster when the database need not look for them.
    """
    found, there = _attributes(tx, seqs, chosen)
    places = {seq: n for n, seq in enumerate(there)}
    numbers = keys.known(tx, [column.source.key for column in chosen if column.source.entity in RECORDED])
    wanted: dict[str, dict[int, list[tuple[str, list[Any]]]]] = {}
    for n, column in enumerate(chosen):
        one = column.source
        if one.entity in RECORDED:
            found[n] = [None] * len(there)
            if one.key in numbers:
                wanted.setdefault(one.entity, {}).setdefault(numbers[one.key], []).append((one.of, found[n]))
    for entity, table in (("parameter", params), ("tag", run_tags)):
        lists = {number: [values for _, values in columns] for number, columns in wanted.get(entity, {}).items()}
        for run, key, value in _recorded(tx, table, there, lists, every, table.c.value):
            for values in lists.get(key, ()):
                values[places[run]] = value
    _metrics(tx, there, places, wanted.get("metric", {}), every)
    return [found[n] for n in range(len(chosen))]


def _attributes(
    tx: Connection, seqs: Sequence[int], chosen: Sequence[Column]
) -> tuple[dict[int, list[Any]], Sequence[int]]:
    """Return the columns of attributes by their place, and which of the runs are there."""
    asked = {n: column.source.key for n, column in enumerate(chosen) if column.source.entity == "attribute"}
    names = {name for key in asked.values() for name in (_SPANNED if key == "duration" else (key,))}
    of = [name for name in _SOURCES if name in names]
    query = select(_r.seq, *(_SOURCES[name] for name in of)).where(_r.seq.in_(seqs))
    if "experiment" in names:
        query = query.join(experiments, experiments.c.number == _r.experiment)
    rows = {row[0]: row for row in tx.execute(query)}
    there = [seq for seq in seqs if seq in rows]
    columns = list(zip(*(rows[seq] for seq in there), strict=True)) or [()] * (len(of) + 1)
    by_name = {name: list(values) for name, values in zip(of, columns[1:], strict=True)}
    for name in by_name.keys() & set(_SPANNED):
        by_name[name] = [at if at is None or at.tzinfo else at.replace(tzinfo=UTC) for at in by_name[name]]
    if "duration" in asked.values():
        spans = zip(*(by_name[name] for name in _SPANNED), strict=True)
        by_name["duration"] = [(end - (start or made)).total_seconds() if end else None for made, start, end in spans]
    return {n: by_name[key] for n, key in asked.items()}, there


def _metrics(
    tx: Connection,
    there: Sequence[int],
    places: Mapping[int, int],
    wanted: Mapping[int, list[tuple[str, list[Any]]]],
    every: bool,
) -> None:
    of_point = (_m.value, _m.nan, _m.low, _m.high)
    for run, key, value, nan, low, high in _recorded(tx, metric_latest, there, wanted, every, *of_point):
        at = places[run]
        for of, values in wanted.get(key, ()):
            if of == "last":
                values[at] = math.nan if nan else value
            else:
                edge = low if of == "min" else high
                values[at] = edge if edge is not None and math.isfinite(edge) else None


def _recorded(
    tx: Connection, table: Any, there: Sequence[int], wanted: Mapping[int, Any], every: bool, *columns: Any
) -> Sequence[Any]:
    """Return run, key and columns of what was recorded, as the driver has them: numbers and texts, which need no more."""
    if not there or not wanted:
        return ()
    query: Select[Any] = select(table.c.run, table.c.key, *columns).where(table.c.run.in_(there))
    result = tx.execute(query if every else query.where(table.c.key.in_(wanted)))
    assert result.cursor is not None  # of a query that returns rows
    rows: Sequence[Any] = result.cursor.fetchall()
    result.close()
    return rows
