"""One trial: a configuration, fitted on each fold. It runs in a process of its own and is a pure function of files.

In: the run's `data/` (x.npy, y.npy, folds.npy, data.json) and the trial's `trial.json`.
Out, all in the trial's folder: one model file per fold, `oof<folds>.npy` (float32, NaN for rows that no fold checked),
`folds.jsonl` (a line as each fold ends, read live by the driver), `charts.json` and, last and at once, `result.json`.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl import charts, folds, metrics
from studiolo.studio.automl.learners.base import Effort, Fitted, Part
from studiolo.studio.automl.portfolio import Config, family, full_params
from studiolo.studio.automl.predictor import members


@dataclass(frozen=True)
class Data:
    """The prepared table of a run, as files shared by all trials (memory-mapped)."""

    x: NDArray[np.float32]
    y: NDArray[Any]
    folds: NDArray[np.int16]
    about: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> "Data":
        about = json.loads((folder / "data.json").read_text(encoding="utf-8"))
        return cls(
            np.load(folder / "x.npy", mmap_mode="r"), np.load(folder / "y.npy"), np.load(folder / "folds.npy"), about
        )

    @property
    def classes(self) -> int:
        return len(self.about["labels"])

    def part(self, train: Any = slice(None), valid: Any = None) -> Part:
        """Take the rows of one fit."""
        return Part(
            np.asarray(self.x[train]), self.y[train], self.classes, tuple(self.about["categories"]),
            tuple(self.about["levels"]), None if valid is None else np.asarray(self.x[valid]),
            None if valid is None else self.y[valid], self.about["metric"],
        )  # fmt: skip


def main(data_folder: str, folder: str) -> None:
    """Run the trial whose files are in `folder`; always leaves a result.json unless it is killed."""
    place = Path(folder)
    order = json.loads((place / "trial.json").read_text(encoding="utf-8"))
    settle(place, order)
    started = time.monotonic()
    try:
        result = run(Data.load(Path(data_folder)), place, order)
    except MemoryError:
        result = {"state": "failed", "reason": "out of memory: the limit of a trial was reached"}
    except Exception as error:  # noqa: BLE001 - whatever a library raises is the failure of this trial alone
        traceback.print_exc()
        result = {"state": "failed", "reason": f"{type(error).__name__}: {error}"[:500]}
    result["seconds"] = time.monotonic() - started
    write_json(place / "result.json", result)


def run(data: Data, folder: Path, order: dict[str, Any]) -> dict[str, Any]:
    """Fit every fold that the order asks for and score the rows left out."""
    config = Config(**order["config"])
    learner, params = family()[config.learner], full_params(config)
    metric = metrics.find(data.about["metric"], data.about["task"], data.classes)
    oof = np.full((len(data.y), max(1, data.classes)), np.nan, dtype=np.float32)
    wanted, total = int(order["folds"]), int(data.about["folds"])
    until: float | None = order["until"]
    fitted: list[Fitted] = []
    scores: list[float] = []
    predict_seconds = 0.0
    place = 0
    while place < wanted:
        started = time.monotonic()
        end = None if until is None else started + (until - started) / (wanted - place)
        effort = Effort(int(order["threads"]), int(order["seed"]) + place, end)
        valid = np.flatnonzero(data.folds == place)
        train = np.flatnonzero(data.folds != place)
        model = learner.fit(data.part(train, valid), params, effort, folder, f"fold{place}")
        fit_seconds = time.monotonic() - started
        scorer = members.load(folder, {**model.member, "files": [model.file]})[0]
        oof[valid] = scorer.scores(np.asarray(data.x[valid]))
        predict_seconds += time.monotonic() - started - fit_seconds
        fitted.append(model)
        scores.append(metric.measure(data.y[valid], oof[valid].astype(np.float64)))
        place += 1
        if order.get("fold_budget") and place == 1:
            wanted = min(wanted, folds.used(total, time.monotonic() - started, float(order["fold_budget"])))
        line = {"fold": place, "of": wanted, "score": scores[-1], "seconds": time.monotonic() - started}
        with (folder / "folds.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if order.get("salvage") and place < wanted:
            write_json(folder / "partial.json", _result(data, folder, metric, oof, fitted, scores, predict_seconds))
    return _result(data, folder, metric, oof, fitted, scores, predict_seconds)


def _result(
    data: Data, folder: Path, metric: metrics.Metric, oof: NDArray[np.float32], fitted: list[Fitted], scores: list[float],
    predict_seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """Save the predictions and charts and say how good the folds so far are."""
    # not the file of the folds before, which count when this is killed in the middle of it
    saved = f"oof{len(fitted)}.npy"
    np.save(folder / saved, oof)
    there = ~np.isnan(oof[:, 0])
    y, seen = data.y[there], oof[there].astype(np.float64)
    drawn = charts.classification(y, seen, data.about["labels"]) if data.classes else charts.regression(y, seen)
    write_json(folder / "charts.json", drawn)
    gains = [model.gains for model in fitted if model.gains]
    capped = any(model.capped for model in fitted)
    return {
        "state": "completed",
        "reason": "stopped by its share of the time, with what it had" if capped else "",
        "score": metric.measure(y, seen),
        "fold_scores": scores,
        "folds": len(fitted),
        "oof": saved,
        "metrics": metrics.classification(y, seen) if data.classes else metrics.regression(y, seen),
        "files": [model.file for model in fitted],
        "member": fitted[0].member,
        "rounds": [model.rounds for model in fitted],
        "capped": capped,
        "gains": np.mean(gains, axis=0).tolist() if gains else None,
        "predict_ms": 1000 * predict_seconds / max(1, int(there.sum())),
        "size": sum((folder / model.file).stat().st_size for model in fitted),
    }


def write_json(path: Path, value: Any) -> None:
    """Write a file that is either whole or absent."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value), encoding="utf-8")
    part.replace(path)


def settle(folder: Path, order: dict[str, Any]) -> None:
    """Make the process safe to have: dies with its parent, keeps its memory, logs into its folder."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG; Linux only
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    limit = order.get("memory")
    if limit and sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + int(limit),) * 2)
