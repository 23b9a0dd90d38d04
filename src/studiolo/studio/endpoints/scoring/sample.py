"""The sample that a model brings (MLflow's input example), as rows that can be sent."""

import json
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.endpoints.scoring import bodies
from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.inputs import Inputs

ROWS = 5


def read(folder: Path, inputs: Inputs) -> list[dict[str, Any]] | None:
    """Read the first rows of `input_example.json` or `serving_input_example.json`; None when there is nothing usable."""
    for name in ("serving_input_example.json", "input_example.json"):
        path = folder / name
        if not path.is_file():
            continue
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return rows_of(found, inputs)
        except (ValueError, StudioloError):
            continue
    return None


def rows_of(found: Any, inputs: Inputs) -> list[dict[str, Any]]:
    """Turn an example in any of MLflow's shapes into records. Raises the problems of `bodies`."""
    shapes = ("dataframe_split", "dataframe_records", "instances", "inputs")
    if isinstance(found, dict) and "columns" in found and "data" in found:
        table = bodies.read(_json({"dataframe_split": found}), b"", True)
    elif isinstance(found, dict) and any(name in found for name in shapes):
        table = bodies.read(_json(found), b"", True)
    elif isinstance(found, dict):
        table = bodies.read(_json({"inputs": found}), b"", True)
    else:
        table = bodies.from_rows(found if isinstance(found, list) else [found], "data", "'data'")
    return records(table, inputs)[:ROWS]


def records(table: Table, inputs: Inputs) -> list[dict[str, Any]]:
    """Return the rows of a table as objects."""
    table = inputs.named(table)
    if table.records is not None:
        return table.records
    columns = table.columns or {}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False).encode()
