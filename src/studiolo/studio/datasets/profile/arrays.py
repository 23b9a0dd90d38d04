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
    return {column.name: np.array(found[f"v{place}"], dtype=np.float64) for place, column in enumerate(asked)}


def _double(column: ColumnSchema) -> str:
    name = engine.name(column.name)
    return f"epoch({name})" if column.type in MOMENTS else f"CAST({name} AS DOUBLE)"


def codes(connection: "DuckDBPyConnection", names: Sequence[str], step: int) -> dict[str, "NDArray[np.int64]"]:
    """Return every step-th row of columns of few values as the number of its value, -1 where missing."""
    items = [f"CAST({engine.name(name)} AS VARCHAR) AS v{place}" for place, name in enumerate(names)]
    found = _fetched(connection, items)
    return {name: _coded(np.ma.filled(found[f"v{place}"], None)[::step].tolist()) for place, name in enumerate(names)}


def _coded(values: list[Any]) -> "NDArray[np.int64]":
    known: dict[Any, int] = {value: code for code, value in enumerate({*values} - {None})}
    known[None] = -1
    return np.array([*map(known.__getitem__, values)], dtype=np.int64)


def _fetched(connection: "DuckDBPyConnection", items: Sequence[str]) -> dict[str, Any]:
    if not items:
        return {}
    connection.execute("SET threads = 1; SET preserve_insertion_order = true")  # rows in the same order each time
    found: dict[str, Any] = connection.execute(f"SELECT {', '.join(items)} FROM sample").fetchnumpy()
    connection.execute("SET threads = 2; SET preserve_insertion_order = false")
    return found
