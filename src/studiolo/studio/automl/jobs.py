"""The AutoML job: `python -m studiolo.studio.automl.jobs`, in a process of its own.

In: the dataset version in its input `data`, what was asked in STUDIOLO_AUTOML (schemas.AutoMLSpec as JSON). Of a step of a pipeline its
tables, in STUDIOLO_AUTOML_TABLES: which inputs they are, and whether each is a dataset version.
Out: `model/` (of a step `best_model/`), an MLflow model; `leaderboard.json`; the story in the journal.
"""

import json
import os
import sys
import time
from functools import cache
from pathlib import Path

from studiolo.kernel.errors import StudioloError
from studiolo.runner.journal import Journal
from studiolo.studio.automl import fit, machine
from studiolo.studio.automl.fit_command import tell
from studiolo.studio.automl.reading import Table, of_arrow
from studiolo.studio.automl.schemas import AutoMLSpec
from studiolo.studio.automl.spec import FitSpec
from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.rows import parts
from studiolo.studio.datasets.schemas import ColumnType

STARTING = 15.0  # seconds: a job that waited longer than this was queued, and the wait does not count


def main() -> int:
    """Fit what was asked; the last line of the log says why when it cannot be."""
    asked = AutoMLSpec.model_validate_json(os.environ["STUDIOLO_AUTOML"])
    since = time.time() - float(os.environ.get("STUDIOLO_AUTOML_AT") or time.time())
    tables = _tables()
    spec = FitSpec(
        train=tables.get("training_data", Path(os.environ["STUDIOLO_INPUTS"]) / "data"),
        validation=tables.get("validation_data"),
        test=tables.get("test_data"),
        read=read_input,
        names=names_of,
        target=asked.target,
        task=asked.task,
        metric=asked.metric,
        time_limit=asked.time_limit,
        max_trials=asked.max_trials,
        seed=asked.seed,
        cores=asked.cores,
        memory=asked.memory_mb << 20 if asked.memory_mb else None,
        drop=tuple(asked.drop),
        allowed=tuple(asked.allowed),
        blocked=tuple(asked.blocked),
        work=Path.cwd() / "automl",
        model_dir=Path(os.environ["STUDIOLO_OUTPUTS"]) / ("best_model" if tables else "model"),
        waited=since if machine.age() <= since <= STARTING else machine.age(),
        metadata={
            "studiolo.run_id": os.environ.get("STUDIOLO_RUN_ID", ""),
            "studiolo.dataset": asked.dataset + (f"@{asked.split}" if asked.split else ""),
        },
    )
    try:
        result = fit.run(spec, Journal())
    except StudioloError as error:
        sys.stderr.write(f"{error.detail} {error.hint}\n")
        return 1
    board = Path(os.environ["STUDIOLO_OUTPUTS"]) / "leaderboard.json"
    board.write_text(json.dumps(result.leaderboard), encoding="utf-8")
    sys.stdout.write(tell(result))
    return 0


def _tables() -> dict[str, Path]:
    """Return the tables of a step of a pipeline, by input; none of another job, whose one table is its dataset."""
    root = Path(os.environ["STUDIOLO_INPUTS"])
    return {name: root / name for name in json.loads(os.environ.get("STUDIOLO_AUTOML_TABLES", "{}"))}


@cache
def _opened(place: Path) -> table_file.TableInput:
    """Return the table in an input: of a dataset version as it was registered, else of whatever files lie there."""
    known: dict[str, bool] = json.loads(os.environ.get("STUDIOLO_AUTOML_TABLES", "{}"))
    if known.get(place.name, True):
        return table_file.open_input(place)
    work = Path.cwd() / "reading" / place.name
    work.mkdir(parents=True)
    return table_file.open_folder(place, work)


def names_of(place: Path) -> list[str]:
    """Return the columns of the table in an input."""
    return [column.name for column in _opened(place).schema.columns]


def read_input(folder: Path) -> Table:
    """Read the table in an input folder with the SELECT that preview and profile use."""
    table = _opened(folder)
    part = parts.opened(folder.parent)
    # dates of a text file stay text: the model's callers have text too, and its plan says how to read it
    as_text: tuple[ColumnType, ...] = () if table.schema.format == "parquet" else ("date", "datetime")
    columns = table_file.learnable(table)
    if part is not None:
        return of_arrow(parts.to_arrow(table, part, columns, as_text=as_text), f"part {part.part} of {table.names[0]}")
    return of_arrow(table_file.to_arrow(table, columns, as_text=as_text), table.names[0])


if __name__ == "__main__":
    sys.exit(main())
