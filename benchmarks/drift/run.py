"""Drift measures beside their closed forms; alarms where nothing drifts, and where something does.

    python benchmarks/drift/run.py [--windows 200] [--sizes 50,200,1000,5000,20000]

No drift: a baseline of 10,000 rows and windows of the same distribution, ten features (normal, lognormal, mostly zero, a few
values, categories, gaps); each window is judged as the job of a monitor judges it. A false alarm is a window that is called
drifting. Power: one feature of ten moves by half a deviation.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
from scipy import stats

from studiolo.studio.datasets.monitors import comparing, magnitude, measures
from studiolo.studio.datasets.monitors.distributions import (
    Distribution,
    Numbers,
    largest_gap,
    load,
    number_table,
    of_categories,
    of_numbers,
    transport,
)
from studiolo.studio.datasets.monitors.results import Comparison

NUMBERS = ("normal", "wide", "lognormal", "zeros", "count", "gaps")
CLOSED = {0.1: (0.0096, 0.0416), 0.25: (0.0598, 0.1036), 0.5: (0.2377, 0.2047), 1.0: (0.9261, 0.3914)}


def table(rows: int, chance: np.random.Generator, shift: float = 0.0) -> pd.DataFrame:
    """Ten features; `normal` moves by so many deviations."""
    gaps = chance.normal(size=rows)
    gaps[chance.random(rows) < 0.15] = np.nan
    return pd.DataFrame(
        {
            "normal": chance.normal(shift, 1.0, rows),
            "wide": chance.normal(100, 30, rows),
            "lognormal": chance.lognormal(0, 1, rows),
            "zeros": np.where(chance.random(rows) < 0.9, 0.0, chance.exponential(size=rows)),
            "count": chance.poisson(2.0, rows).astype(float),
            "gaps": gaps,
            "pair": chance.choice(["yes", "no"], rows, p=[0.8, 0.2]),
            "few": chance.choice(list("abcdef"), rows, p=[0.4, 0.3, 0.15, 0.1, 0.04, 0.01]),
            "many": chance.zipf(1.7, rows).clip(max=90).astype(str),
            "truth": chance.choice(["true", "false"], rows),
        }
    )


def taken(frame: pd.DataFrame) -> dict[str, Distribution]:
    """The distributions of a table."""
    found: dict[str, Distribution] = {}
    for name in frame.columns:
        column = frame[name]
        if name in NUMBERS:
            values = column.to_numpy(dtype=float)
            found[name] = of_numbers(values[np.isfinite(values)], int(np.isnan(values).sum()))
        else:
            found[name] = of_categories({str(k): int(v) for k, v in column.value_counts().items()}, 0)
    return found


def judged(seed: int, rows: int, shift: float) -> tuple[bool, bool, bool]:
    """One window: is it an alarm, by its magnitude, by a feature."""
    chance = np.random.default_rng(seed)
    base, window = table(10_000, chance), table(rows, chance, shift)
    kept = {name: load(one.model_dump(mode="json")) for name, one in taken(base).items()}
    features = comparing.everything(kept, taken(window), dict.fromkeys(kept, 0.1), {})
    found = Comparison(rows=rows, all_rows=rows, baseline_rows=len(base), enough=True, threshold=0.2, features=features)
    comparing.add_magnitude(found, magnitude.measure(base, window))
    comparing.judge(found)
    size = found.magnitude
    assert size is not None
    by_size = size.value > max(found.threshold, size.floor)
    return found.drifting, by_size, any(one.drifting for one in features)


def closed_forms() -> bool:
    """Print each measure beside what mathematics says; True when the bar is held."""
    print(
        "\n## Closed forms\nN(0,1) beside N(d,1), 1,000,000 rows each; the baseline by its 200 quantiles, as it is kept.\n"
    )
    print("| d | KS | 2Φ(d/2)−1 | W1 | d | PSI | closed | JS | closed |\n|---|---|---|---|---|---|---|---|---|")
    chance = np.random.default_rng(0)
    base = load(of_numbers(chance.normal(size=1_000_000), 0).model_dump(mode="json"))
    assert isinstance(base, Numbers)
    worst = 0.0
    for shift, (psi, js) in CLOSED.items():
        target = of_numbers(chance.normal(shift, 1, 1_000_000), 0)
        first, second = number_table(base, target)
        pairs = [
            (largest_gap(base, target), 2 * stats.norm.cdf(shift / 2) - 1),
            (transport(base, target), shift),
            (measures.population_stability(first, second), psi),
            (measures.jensen_shannon(first, second), js),
        ]
        worst = max(worst, *(abs(a - b) for a, b in pairs))
        print(f"| {shift} | " + " | ".join(f"{a:.4f} | {b:.4f}" for a, b in pairs) + " |")
    print(f"\nLargest difference {worst:.4f} (bar 0.005).")
    return worst <= 0.005


def models() -> bool:
    """Print the magnitude beside 2Φ(D/2) − 1; True when the bar is held."""
    print("\n## Drift magnitude\n20,000 + 20,000 rows, ten normal features.\n")
    print("| moved | magnitude | 2Φ(D/2)−1 | difference | seconds |\n|---|---|---|---|---|")
    worst = 0.0
    for deviations, features in ((0.0, 0), (0.5, 1), (0.5, 3), (1.0, 2), (2.0, 3)):
        chance = np.random.default_rng(1)
        names = [f"x{i}" for i in range(10)]
        base = pd.DataFrame(chance.normal(size=(20_000, 10)), columns=names)
        window = pd.DataFrame(chance.normal(size=(20_000, 10)), columns=names)
        window.iloc[:, :features] += deviations
        begun = time.monotonic()
        found = magnitude.measure(base, window)
        best = 2 * stats.norm.cdf(deviations * np.sqrt(features) / 2) - 1
        worst = max(worst, abs(found.value - best))
        print(
            f"| {features} features by {deviations} | {found.value:.4f} | {best:.4f} | {found.value - best:+.4f} "
            f"| {time.monotonic() - begun:.1f} |"
        )
    print(f"\nLargest difference {worst:.4f} (bar 0.03).")
    return worst <= 0.03


def alarms(windows: int, sizes: list[int]) -> bool:
    """Print how many windows are alarms; True when the bars are held, within what so few windows can tell."""
    held = True
    print(f"\n## Alarms\n{windows} windows of each size, baseline of 10,000 rows, ten features of six kinds.\n")
    print("| rows | drift | alarms | by magnitude | by a feature | bar |\n|---|---|---|---|---|---|")
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:  # a fork of a process that has used OpenMP hangs
        for rows in sizes:
            for shift in (0.0, 0.5) if rows == 500 else (0.0,):
                jobs = [pool.submit(judged, 1000 * rows + seed, rows, shift) for seed in range(windows)]
                found = np.array([job.result() for job in jobs])
                shares = " | ".join(f"{share:.1%}" for share in found.mean(axis=0))
                bar = "≥ 95 %" if shift else "≤ 2 %"
                share = float(found.mean(axis=0)[0])
                # alarms that a share of just the bar gives in one run of a hundred
                most = stats.binom.ppf(0.99, windows, 0.02) / windows
                held &= share >= 0.95 if shift else share <= most
                print(f"| {rows:,} | {shift or 'none'} | {shares} | {bar} |", flush=True)
    return held


def main() -> int:
    """Measure and print; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=200)
    parser.add_argument("--sizes", default="50,100,200,500,1000,5000,20000")
    given = parser.parse_args()
    held = [closed_forms(), models(), alarms(given.windows, [int(size) for size in given.sizes.split(",")])]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
