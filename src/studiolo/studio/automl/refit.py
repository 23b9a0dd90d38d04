"""Which form of the ensemble is served: the fitted models of all folds, or each member fitted once more on all rows."""

import json
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiolo.studio.automl.learners.base import Effort
from studiolo.studio.automl.portfolio import Config, family, full_params
from studiolo.studio.automl.schedule import Record
from studiolo.studio.automl.trial import Data, write_json

MAX_TREES = 4_000  # of the folds' form: about 0.2 ms for one row, compiled
MAX_BYTES = 60 << 20


@dataclass(frozen=True)
class Member:
    """A member of the final ensemble: files in `folder`, as the predictor loads them."""

    record: Record
    weight: float
    folder: Path
    files: list[str]
    member: dict[str, Any]

    @property
    def learner(self) -> str:
        return self.record.config.learner


def of_folds(chosen: Sequence[tuple[Record, float]]) -> list[Member]:
    """Take the models that the trials fitted on their folds."""
    return [
        Member(record, weight, record.folder, list(record.result["files"]), dict(record.result["member"]))
        for record, weight in chosen
    ]


def wanted(chosen: Sequence[tuple[Record, float]], all_folds: int) -> str:
    """Say why a refit is better than the folds' models; empty when it is not."""
    if any(int(record.result["folds"]) < min(3, all_folds) for record, _ in chosen) or all_folds == 1:
        return "the models of the folds saw a part of the rows only"
    trees = sum(rounds or 0 for record, _ in chosen for rounds in record.result["rounds"])
    if trees > MAX_TREES:
        return f"the models of all folds have {trees:,} trees together"
    size = sum(int(record.result["size"]) for record, _ in chosen)
    return f"the models of all folds take {size >> 20} MB" if size > MAX_BYTES else ""


def predict_seconds(chosen: Sequence[tuple[Record, float]], folds: int, slots: int) -> float:
    """Foretell how long a refit takes from how long the folds took."""
    growth: float = folds / (folds - 1) if folds > 1 else 1.25
    each = [growth * max(line["seconds"] for line in record.lines) for record, _ in chosen if record.lines]
    return 0.4 + float(max(sum(each) / slots, max(each, default=0.0)))


def run(
    chosen: Sequence[tuple[Record, float]], data: Path, folder: Path, context: Any, *, slots: int, threads: int, seed: int,
    until: float | None,
) -> list[Member] | None:  # fmt: skip
    """Fit each member on all rows in processes of their own; None when one failed or the time was over."""
    waiting = [(place, record, weight) for place, (record, weight) in enumerate(chosen)]
    running: list[Any] = []
    made: dict[int, Member] = {}
    try:
        while waiting or running:
            while waiting and len(running) < slots:
                place, record, weight = waiting.pop(0)
                home = folder / record.config.id
                home.mkdir(parents=True, exist_ok=True)
                rounds = [count for count in record.result["rounds"] if count]
                order = {
                    "config": vars(record.config), "threads": threads, "seed": seed,
                    "rounds": max(1, round(sum(rounds) / len(rounds))) if rounds else None,
                }  # fmt: skip
                write_json(home / "refit.json", order)
                process = context.Process(target=main, args=(str(data), str(home)), daemon=True)
                process.start()
                running.append((process, place, record, weight, home))
            for entry in list(running):
                process, place, record, weight, home = entry
                if process.is_alive():
                    continue
                process.join()
                running.remove(entry)
                result = home / "result.json"
                if not result.exists():
                    return None
                told = json.loads(result.read_text(encoding="utf-8"))
                made[place] = Member(record, weight, home, [told["file"]], told["member"])
            if until is not None and time.monotonic() > until:
                return None
            time.sleep(0.03)
    finally:
        for process, *_ in running:
            process.kill()
            process.join(5)
    return [made[place] for place in range(len(chosen))]


def main(data_folder: str, folder: str) -> None:
    """Fit one configuration on all rows; runs in its own process."""
    from studiolo.studio.automl.trial import settle

    home = Path(folder)
    order = json.loads((home / "refit.json").read_text(encoding="utf-8"))
    settle(home, order)
    try:
        config = Config(**order["config"])
        effort = Effort(int(order["threads"]), int(order["seed"]), None, order["rounds"])
        data = Data.load(Path(data_folder))
        model = family()[config.learner].fit(data.part(), full_params(config), effort, home, "all")
    except Exception:  # noqa: BLE001 - the driver then serves the folds' models; the log tells why
        traceback.print_exc()
        return
    write_json(home / "result.json", {"file": model.file, "member": model.member})
