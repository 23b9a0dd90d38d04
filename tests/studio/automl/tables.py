"""Small tables with everything in them, made on the spot."""

import csv
from pathlib import Path
from typing import Any

import numpy as np


def people(rows: int = 400, seed: int = 0) -> dict[str, list[Any]]:
    """Numbers, levels, gaps, a date, a key, a constant; the classes depend on age, job and pay."""
    draw = np.random.default_rng(seed)
    age = draw.integers(18, 80, rows)
    job = draw.choice(["cook", "pilot", "nurse", "clerk"], rows)
    pay = np.round(draw.lognormal(8, 0.5, rows), 2)
    chance = 1 / (1 + np.exp(-((age - 45) / 10 + (job == "pilot") * 2 - (pay < 2500))))
    y = draw.random(rows) < chance
    gap = draw.random(rows) < 0.1
    return {
        "key": [f"K{place:05d}" for place in range(rows)],
        "age": age.tolist(),
        "job": job.tolist(),
        "pay": ["" if empty else f"{value}" for value, empty in zip(pay, gap, strict=True)],
        "since": [f"20{place % 20:02d}-0{1 + place % 9}-15" for place in range(rows)],
        "planet": ["earth"] * rows,
        "bought": ["yes" if value else "no" for value in y],
        "spent": np.round(age * 3.0 + (job == "nurse") * 40 + draw.normal(0, 5, rows), 3).tolist(),
    }


def write(path: Path, table: dict[str, list[Any]]) -> Path:
    """Write a table as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return path


def without(table: dict[str, list[Any]], *names: str) -> dict[str, list[Any]]:
    return {name: values for name, values in table.items() if name not in names}
