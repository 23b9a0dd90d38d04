"""Columns of the table `sample` as arrays, all in the order of its rows.

The engine makes them: Arrow's own way to arrays loads pandas, which costs as much as the whole profile of a small table.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studiolo.studio.datasets.profile.counters import MOMENTS, NUMBERS
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray


def numbers(connection: "DuckDBPyConnection", columns: Sequence[ColumnSchema]) -> dict[str, "NDArray[np.float64]"]:
    """Return the columns of numbers and moments, these as seconds since 1970: NaN where missing, not finite where endless."""
    asked = [column for column in columns if column.type in (*NUMBERS, *MOMENTS)]
    items = [f"coalesce({_double(column)}, 'nan'::DOUBLE) AS v{place}" for place, column in enumerate(asked)]
    found = _fetched(connection, items)
    return {column.name: np.asarray(found[f"v{place}"], dtype=np.float64) for place, column in enumerate(asked)}


def _double(column: ColumnSchema) -> str:
    name = engine.name(column.name)
    return f"epoch({name})" if column.type in MOMENTS else f"CAST({name} AS DOUBLE)"


def codes(connection: "DuckDBPyConnection", names: Sequence[str], step: int) -> dict[str, "NDArray[np.int64]"]:
    """Return every step-th row of columns of few values as the number of its value, -1 where missing."""
    # by their hashes: making a text for each row would take longer than all the rest
    items = [
        f"CASE WHEN {engine.name(name)} IS NULL THEN 0::UBIGINT ELSE hash({engine.name(name)}) | 1 END AS v{place}"
        for place, name in enumerate(names)
    ]
    found = _fetched(connection, items)
    return {name: _coded(found[f"v{place}"][::step]) for place, name in enumerate(names)}


def _coded(hashes: "NDArray[np.uint64]") -> "NDArray[np.int64]":
    known = np.unique(hashes)  # few: looking each up is quicker than sorting with places
    missing = len(known) > 0 and known[0] == 0
    return np.searchsorted(known, hashes).astype(np.int64) - int(missing)


def _fetched(connection: "DuckDBPyConnection", items: Sequence[str]) -> dict[str, Any]:
    if not items:
        return {}
    before = connection.execute("SELECT current_setting('threads')").fetchall()[0][0]
    connection.execute("SET threads = 1; SET preserve_insertion_order = true")  # rows in the same order each time
    found: dict[str, Any] = connection.execute(f"SELECT {', '.join(items)} FROM sample").fetchnumpy()
    connection.execute(f"SET threads = {before}; SET preserve_insertion_order = false")
    return found
