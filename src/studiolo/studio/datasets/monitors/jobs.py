"""The job of a window: `python -m studiolo.studio.datasets.monitors.jobs`, in a process of its own.

In: the target's newest version in `target`; the baseline in `baseline`, or what an earlier window kept of it in `reference`; the
settings and the window in STUDIOLO_DRIFT. Out: `comparison.json`; from the first window also `reference.json` and `sample.parquet`.
"""

import json
import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import StudioloError
from studiolo.runner.journal import Journal
from studiolo.studio.datasets.monitors import comparing, distributions, features, magnitude, rows
from studiolo.studio.datasets.monitors.distributions import Categories, Distribution
from studiolo.studio.datasets.monitors.errors import BadMonitor
from studiolo.studio.datasets.monitors.exchange import ASKED, REFERENCE_FILE, RESULT_FILE, SAMPLE_FILE, SETTINGS_FILE
from studiolo.studio.datasets.monitors.results import Comparison
from studiolo.studio.datasets.monitors.schemas import MonitorSettings
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

if TYPE_CHECKING:
    import pandas as pd


class Reference:
    """What is kept of the baseline: each feature's distribution, and some rows."""

    def __init__(
        self,
        features_: dict[str, Distribution],
        left_out: dict[str, str],
        all_rows: int,
        read_rows: int,
        sample: "pd.DataFrame",
    ) -> None:
        self.features = features_
        self.left_out = left_out
        self.all_rows = all_rows
        self.rows = read_rows
        self.sample = sample


def main() -> int:
    """Compare the window; the last line of the log says why when it cannot be."""
    asked = json.loads(os.environ[ASKED])
    inputs, outputs = Path(os.environ["STUDIOLO_INPUTS"]), Path(os.environ["STUDIOLO_OUTPUTS"])
    settings = MonitorSettings.model_validate_json((inputs / "settings" / SETTINGS_FILE).read_bytes())
    try:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as spill:
            found = compare(settings, asked, inputs, outputs, Path(spill))
    except StudioloError as error:
        sys.stderr.write(f"{error.detail} {error.hint}\n")
        return 1
    outputs.joinpath(RESULT_FILE).write_text(found.model_dump_json(), encoding="utf-8")
    print(f"{found.all_rows:,} rows. {found.why or 'No drift.'} {found.seconds:.1f} s", flush=True)
    return 0


def compare(settings: MonitorSettings, asked: dict[str, Any], inputs: Path, outputs: Path, spill: Path) -> Comparison:
    """Read what is needed and measure it."""
    begun, journal = time.monotonic(), Journal()
    query, schema = rows.opened(inputs / "target")
    journal.progress(0.05, 1.0, "Reading the baseline")
    kept = inputs / "reference"
    reference = _load(kept) if kept.is_dir() else _make(settings, schema, inputs / "baseline", outputs, spill)
    journal.progress(0.3, 1.0, "Reading the window")
    columns, missing = _columns(reference, schema)
    span = rows.Span(
        asked["timestamp"],
        datetime.fromisoformat(asked["start"]),
        datetime.fromisoformat(asked["end"]),
        settings.target.zone,
    )
    part = rows.read(query, schema, columns, span, spill)
    found = Comparison(
        rows=part.rows,
        all_rows=part.all_rows,
        baseline_rows=reference.rows,
        enough=min(part.rows, reference.rows) >= comparing.ENOUGH,
        threshold=settings.threshold,
        left_out=reference.left_out | missing,
    )
    if part.rows and reference.rows:
        journal.progress(0.5, 1.0, "Comparing the features")
        names = [column.name for column in columns]
        found.features = comparing.everything(
            {name: reference.features[name] for name in names},
            {column.name: rows.distribution(part, column) for column in columns},
            {name: settings.thresholds.get(name, settings.feature_threshold) for name in names},
            settings.weights,
        )
        if found.enough:
            journal.progress(0.6, 1.0, "Telling the window from the baseline")
            seen = [name for name in names if settings.weights.get(name, 1.0) > 0]
            if seen:
                sample = rows.some(part, seen, magnitude.ROWS)
                comparing.add_magnitude(found, magnitude.measure(reference.sample[seen], sample))
            comparing.judge(found, by_features=settings.alert_features)
    found.seconds = round(time.monotonic() - begun, 3)
    _tell(journal, found)
    return found


def _tell(journal: Journal, found: Comparison) -> None:
    journal.metric("rows", found.all_rows)
    journal.metric("drifting_features", sum(one.drifting for one in found.features))
    if found.magnitude:
        journal.metric("drift_magnitude", found.magnitude.value)
    journal.progress(1.0, 1.0, "Done")


def _columns(reference: Reference, schema: TableSchema) -> tuple[list[ColumnSchema], dict[str, str]]:
    """Return the columns of the target that the baseline knows, and why others are left out now."""
    here = {column.name: column for column in schema.columns}
    columns: list[ColumnSchema] = []
    missing: dict[str, str] = {}
    for name, one in reference.features.items():
        if name not in here:
            missing[name] = "not in this version of the target"
        elif features.kind(here[name]) != one.kind:
            missing[name] = f"{here[name].type} in this version of the target"
        else:
            columns.append(here[name])
    return columns, missing


def _make(settings: MonitorSettings, target: TableSchema, folder: Path, outputs: Path, spill: Path) -> Reference:
    """Read the baseline once, and keep what the windows need of it."""
    query, schema = rows.opened(folder)
    columns, left = features.choose(schema, target, settings)
    theirs = {column.name: column for column in schema.columns}
    columns = [theirs[column.name] for column in columns]
    base = settings.baseline
    span = rows.Span(base.timestamp, base.start, base.end, settings.target.zone) if base.timestamp else None
    part = rows.read(query, schema, columns, span, spill)
    found: dict[str, Distribution] = {}
    for column in columns:
        # read back from what is kept, so that the first window is measured as all others are
        one = distributions.load(rows.distribution(part, column).model_dump(mode="json"))
        asked = column.name in settings.features
        if isinstance(one, Categories) and not asked and features.says_nothing(one.distinct, part.rows):
            left[column.name] = f"{one.distinct:,} different texts"
            continue
        if not one.count:
            left[column.name] = "empty in the baseline"
            continue
        found[column.name] = one
    if not found:
        said = "; ".join(f"{name}: {why}" for name, why in list(left.items())[:5])
        raise BadMonitor(f"There is no feature to compare ({said}).", "Choose features by name.", field="features")
    sample = rows.some(part, list(found), magnitude.ROWS)
    document = {
        "features": {name: one.model_dump(mode="json") for name, one in found.items()},
        "left_out": left,
        "all_rows": part.all_rows,
        "rows": part.rows,
    }
    sample.to_parquet(outputs / SAMPLE_FILE, index=False)
    outputs.joinpath(REFERENCE_FILE).write_text(json.dumps(document), encoding="utf-8")
    return Reference(found, left, part.all_rows, part.rows, sample)


def _load(folder: Path) -> Reference:
    import pandas as pd

    document = json.loads(folder.joinpath(REFERENCE_FILE).read_text("utf-8"))
    found = {name: distributions.load(one) for name, one in document["features"].items()}
    sample = pd.read_parquet(folder / SAMPLE_FILE)
    return Reference(found, document["left_out"], document["all_rows"], document["rows"], sample)


if __name__ == "__main__":
    sys.exit(main())
