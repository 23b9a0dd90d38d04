"""The table `sample` as arrays, all in the order of its rows: numbers as they are, all else by its hashes.

The engine makes them: Arrow's own way to arrays loads pandas, which costs as much as the whole profile of a small table. To make a
text in Python for each row would take longer than all the rest; hashes tell the same of what is equal and how often.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from studiolo.studio.datasets.profile.counters import MOMENTS, NUMBERS, TEXTS
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray


@dataclass
class Hashed:
    """keys: one for each value, 0 where missing; lengths: characters, of binary bytes, 0 where missing; None of what has none."""

    keys: "NDArray[np.uint64]"
    lengths: "NDArray[np.uint32] | None" = None


@dataclass
class Arrays:
    """numbers: and moments, these as seconds since 1970: NaN where missing, not finite where endless. rows: hashes of whole rows."""

    numbers: dict[str, "NDArray[np.float64]"] = field(default_factory=dict)
    hashed: dict[str, Hashed] = field(default_factory=dict)
    rows: "NDArray[np.uint64]" = field(default_factory=lambda: np.empty(0, dtype=np.uint64))


def fetch(connection: "DuckDBPyConnection", columns: Sequence[ColumnSchema]) -> Arrays:
    """Read the columns, in one question."""
    items = [f"hash({', '.join(engine.name(column.name) for column in columns)}) AS rows"]
    for place, column in enumerate(columns):
        name = engine.name(column.name)
        if column.type in (*NUMBERS, *MOMENTS):
            items.append(f"coalesce({_double(column)}, 'nan'::DOUBLE) AS v{place}")
            continue
        items.append(f"CASE WHEN {name} IS NULL THEN 0::UBIGINT ELSE hash({name}) | 1 END AS v{place}")
        if column.type in TEXTS:
            length = f"octet_length({name})" if column.type == "binary" else f"length(CAST({name} AS VARCHAR))"
            items.append(f"coalesce({length}, 0)::UINTEGER AS n{place}")
    before = connection.execute("SELECT current_setting('threads')").fetchall()[0][0]
    connection.execute("SET threads = 1; SET preserve_insertion_order = true")  # rows in the same order each time
    fetched = connection.execute(f"SELECT {', '.join(items)} FROM sample").fetchnumpy()
    connection.execute(f"SET threads = {before}; SET preserve_insertion_order = false")
    found = Arrays(rows=np.asarray(fetched["rows"], dtype=np.uint64))
    for place, column in enumerate(columns):
        values = fetched[f"v{place}"]
        if column.type in (*NUMBERS, *MOMENTS):
            found.numbers[column.name] = np.asarray(values, dtype=np.float64)
        else:
            lengths = fetched.get(f"n{place}")
            found.hashed[column.name] = Hashed(
                np.asarray(values, dtype=np.uint64), None if lengths is None else np.asarray(lengths, dtype=np.uint32)
            )
    return found


def _double(column: ColumnSchema) -> str:
    name = engine.name(column.name)
    return f"epoch({name})" if column.type in MOMENTS else f"CAST({name} AS DOUBLE)"


def codes(keys: "NDArray[np.uint64]") -> "NDArray[np.int64]":
    """Return the keys of few values as the numbers of their values, -1 where missing."""
    known = np.unique(keys)  # few: looking each up is quicker than sorting with places
    missing = len(known) > 0 and known[0] == 0
    return np.searchsorted(known, keys).astype(np.int64) - int(missing)


def runs(ordered: "NDArray[np.generic]") -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Return where each different one of the sorted values begins, and how often it is there."""
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else np.empty(0, int)
    return starts, np.diff(starts, append=len(ordered))
