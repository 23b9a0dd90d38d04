"""Each statistic of a profile beside its exact value: `python benchmarks/profile/accuracy.py [--rows 1000000] [--csv]`.

The exact values are asked of DuckDB over all rows, in SQL of its own, and by NumPy over whole columns; nothing is shared with the
code of the profile. Ends with 1 when a bar is missed: what is counted must agree to 1e-9, what is estimated as the page says.
"""

import argparse
import math
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import run

from studiolo.studio.datasets.profile.compute import profile
from studiolo.studio.datasets.profile_schemas import ColumnProfile, Profile

EXACT, DISTINCT, RANK, SHARE, CORRELATION = 1e-9, 0.05, 0.005, 0.005, 0.01


@dataclass
class Worst:
    """The largest error of each kind, where it was, and its bar."""

    found: dict[str, tuple[float, str, float]] = field(default_factory=dict)

    def see(self, kind: str, where: str, error: float, bar: float) -> None:
        """Keep an error when it is the largest of its kind; one that is no number is larger than any, and stays."""
        if kind not in self.found or error > self.found[kind][0] or math.isnan(error):
            self.found[kind] = (error, where, bar)

    def missed(self) -> list[str]:
        """Return the kinds whose error is above its bar, or no number."""
        return [kind for kind, (error, _, bar) in self.found.items() if not error <= bar]


def relative(ours: float, exact: float) -> float:
    """Return the error in that of the exact value."""
    return abs(ours - exact) / max(abs(exact), 1e-300) if ours != exact else 0.0


def counted(worst: Worst, connection: duckdb.DuckDBPyConnection, column: ColumnProfile, rows: int) -> None:
    """Compare what the profile counts over all rows."""
    name = f'"{column.name}"'
    count, distinct = connection.execute(f"SELECT count({name}), count(DISTINCT {name}) FROM t").fetchall()[0]
    worst.see("values, missing", column.name, abs(column.count - count) + abs(column.missing - rows + count), EXACT)
    worst.see("different values", column.name, relative(column.distinct, distinct), DISTINCT)
    if column.type in ("integer", "number"):
        asked = f"min({name}), max({name}), avg({name}::DOUBLE), stddev_samp({name}::DOUBLE), count_if({name} = 0), count_if({name} < 0)"
        low, high, mean, std, zeros, negative = connection.execute(f"SELECT {asked} FROM t").fetchall()[0]
        worst.see("extremes", column.name, relative(column.min, low) + relative(column.max, high), EXACT)
        worst.see("mean", column.name, abs(column.mean - mean) / max(std, abs(mean)), EXACT)
        worst.see("deviation", column.name, relative(column.std, std), EXACT)
        worst.see("share of zeros", column.name, abs((column.zeros or 0) - zeros) / count, SHARE)
        worst.see("share of negatives", column.name, abs((column.negative_share or 0) - negative / count), SHARE)
    elif column.type == "boolean":
        true = connection.execute(f"SELECT count_if({name}) FROM t").fetchall()[0][0]
        worst.see("true values", column.name, abs(column.true_count - true), EXACT)
    elif column.type == "text":
        low, high, empty, mean = connection.execute(
            f"SELECT min({name}), max({name}), count_if({name} = ''), avg(length({name})) FROM t"
        ).fetchall()[0]
        worst.see(
            "extremes of texts", column.name, float((column.min, column.max, column.empty) != (low, high, empty)), EXACT
        )
        worst.see("mean length of texts", column.name, relative(column.mean_length, mean), SHARE)


def sampled(worst: Worst, connection: duckdb.DuckDBPyConnection, column: ColumnProfile) -> None:
    """Compare what comes from the sample: ranks of quantiles and edges, shares of bins and of frequent values."""
    name = f'"{column.name}"'
    if column.type in ("integer", "number", "date", "datetime"):
        value = f"epoch({name})" if column.type in ("date", "datetime") else f"{name}::DOUBLE"
        values = np.sort(connection.execute(f"SELECT {value} AS v FROM t WHERE {name} IS NOT NULL").fetchnumpy()["v"])
        asked = {f"edge {i}": (edge, i / 200) for i, edge in enumerate(column.edges)}
        if column.type in ("integer", "number"):
            asked |= {key: (float(found), float(key)) for key, found in column.quantiles.items()}
        for found, share in asked.values():
            below = np.searchsorted(values, found, side="left") / len(values)
            upto = np.searchsorted(values, found, side="right") / len(values)
            worst.see("rank of quantiles", column.name, max(below - share, share - upto, 0.0), RANK)
        histogram = column.histogram
        counts = np.histogram(values, histogram.edges)[0]
        worst.see("share of bins", column.name, float(np.abs(counts - histogram.counts).max()) / len(values), SHARE)
        if column.type == "number":
            z = (values - values.mean()) / values.std()
            worst.see(
                "skewness",
                column.name,
                abs(column.skewness - float((z**3).mean())) / (1 + abs(column.skewness)),
                math.inf,
            )
    if column.type in ("text", "boolean"):
        shown = f"CAST({name} AS VARCHAR)"
        true: dict[str, int] = dict(
            connection.execute(f"SELECT {shown}, count(*) FROM t WHERE {name} IS NOT NULL GROUP BY 1").fetchall()
        )
        for one in column.top:
            worst.see("share of frequent values", column.name, abs(one.share - true[one.value] / column.count), SHARE)


def related(worst: Worst, connection: duckdb.DuckDBPyConnection, found: Profile) -> None:
    """Compare Pearson's correlations with those over all rows."""
    matrix = found.correlations.pearson
    for i, first in enumerate(matrix.columns):
        for j, second in enumerate(matrix.columns[:i]):
            exact = connection.execute(f'SELECT corr("{first}"::DOUBLE, "{second}"::DOUBLE) FROM t').fetchall()[0][0]
            ours = matrix.values[i][j]
            if ours is None and (exact is None or math.isnan(exact)):  # of a column that never changes there is none
                continue
            error = math.nan if ours is None or exact is None else abs(ours - exact)
            worst.see("correlations", f"{first}, {second}", error, CORRELATION)


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--csv", action="store_true")
    asked = parser.parse_args()
    worst = Worst()
    with tempfile.TemporaryDirectory(prefix="studiolo-accuracy-") as folder:
        path, schema = Path(folder) / f"t.{'csv' if asked.csv else 'parquet'}", Path(folder) / "schema.json"
        list(run.generate(path, asked.rows))
        list(run.inspect(path, schema))
        (Path(folder) / "spill").mkdir()
        table: Any = run.opened(path, schema)
        found = profile(table, Path(folder) / "spill")
        connection = duckdb.connect(config={"threads": 2, "memory_limit": "2GB", "temp_directory": folder})
        connection.execute(f"CREATE VIEW t AS SELECT * FROM '{path}'")
        for column in found.columns:
            counted(worst, connection, column, found.rows)
            sampled(worst, connection, column)
        related(worst, connection, found)
        connection.close()
    print(f"{found.rows:,} rows, {len(found.columns)} columns, sample of {found.sample.rows:,}; {found.sample.note}\n")
    print("| | largest error | of | bar |\n|---|---|---|---|")
    for kind, (error, where, bar) in worst.found.items():
        print(f"| {kind} | {error:.2g} | {where} | {f'{bar:g}' if math.isfinite(bar) else ''} |")
    missed = worst.missed()
    for kind in missed:
        print(f"MISSED {kind}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
