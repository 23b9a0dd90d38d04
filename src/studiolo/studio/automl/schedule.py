"""Runs trials, each in a killable process: keeps the cores busy, the deadline and the memory; resumes from files."""

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.kernel.ids import new_id
from studiolo.studio.automl import machine, trial
from studiolo.studio.automl.portfolio import FROZEN, Config, family

PATIENCE = (
    (100, 4),
    (500, 8),
    (2_500, 15),
    (10_000, 40),
    (10**12, 100),
)  # rows, trials without gain (AutoGluon's table)
LOAD_SECONDS = 0.015  # to load a model, about, on an idle machine
END_SECONDS = 2.0  # what the end takes beside scoring, on an idle machine
GATE_PIECE = 2_000  # training rows that the compiled form is compared on at least
MEMBERS = 3  # that an ensemble has, mostly
REFIT_SHARE = 0.12  # of the budget
PRELOAD = [
    "numpy",
    "studiolo.studio.automl.trial",
    "studiolo.studio.automl.learners.lightgbm",
    "lightgbm",
    "sklearn.ensemble",
]


@dataclass
class Record:
    """A trial as the leaderboard knows it. state: running, completed, failed, skipped."""

    config: Config
    id: str
    folder: Path
    state: str = "running"
    reason: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    started_at: float = 0.0
    ended_at: float | None = None

    @property
    def score(self) -> float | None:
        found = self.result.get("score")
        if found is None and self.lines:
            found = sum(line["score"] for line in self.lines) / len(self.lines)
        return None if found is None else float(found)


@dataclass
class Slot:
    record: Record
    process: Any
    until: float | None
    cap: float


@dataclass(frozen=True)
class Orders:
    """What holds for all trials of a run. trials_end: monotonic second; memory: bytes of one trial; fold_budget: seconds."""

    data: Path
    folder: Path
    slots: int
    threads: int
    folds: int
    seed: int
    memory: int
    rows: int
    trials_end: float | None = None
    max_trials: int | None = None
    fold_budget: float | None = None
    greater_is_better: bool = True
    end: float | None = None  # monotonic second of the whole run's end


def workers() -> Any:
    """Start the process from which trials are forked: libraries are imported once, while the table is read."""
    before = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # each library is told its threads; a job comes with these set to all cores
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "PASSIVE"
    )  # a spinning thread on a shared machine makes a fit several times slower
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    from multiprocessing import forkserver

    forkserver.ensure_running()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]  # at the end, when trials are over, this process may use all cores
    return context


class Schedule:
    """One pass over the configurations; `changed` is told each time a record changed."""

    def __init__(
        self, orders: Orders, context: Any, changed: Callable[[Record], None], idle: Callable[[], None]
    ) -> None:
        self.orders, self.context, self.changed, self.idle = orders, context, changed, idle
        self.records: list[Record] = []
        self.running: list[Slot] = []
        self.folds = orders.folds
        self.trials_end = orders.trials_end
        self.end_rows = GATE_PIECE  # rows that the end has to score, by native and compiled models
        self.slowness = 1.0  # of this machine at this time: how many times longer work takes than its processor time
        self._row_seconds = 0.0  # that the slowest model needs to score a row
        self.seconds: dict[str, float] = {}  # of the slowest trial of a learner

    def run(self, configs: Iterator[Config]) -> list[Record]:
        """Run configurations until the number, the time, or the patience is used up; return all records in order."""
        pending = next(configs, None)
        while pending is not None or self.running:
            self._collect()
            first_ready = not self.running or bool(
                self.records and (self.records[0].lines or self.records[0].state != "running")
            )
            while pending is not None and len(self.running) < self.orders.slots and first_ready:
                if self._over():
                    pending = None
                    break
                if self._start(pending):
                    first_ready = len(self.records) > 1 or self.records[0].state != "running"
                pending = next(configs, None)
            if self.running:
                self.idle()
                time.sleep(0.03)
        return self.records

    def stop(self) -> None:
        """Kill what runs."""
        for slot in self.running:
            slot.process.kill()
            slot.process.join(5)

    def _over(self) -> bool:
        orders = self.orders
        counted = [record for record in self.records if record.state in {"running", "completed", "failed"}]
        if orders.max_trials is not None and len(counted) >= orders.max_trials:
            return True
        if self.trials_end is not None and time.monotonic() > self.trials_end - 0.7 and counted:
            return True
        return orders.max_trials is None and self._stale()

    def _stale(self) -> bool:
        """Tell whether the last trials brought nothing: the patience grows with the rows."""
        done = [record for record in self.records if record.state == "completed" and record.score is not None]
        patience = next(trials for rows, trials in PATIENCE if self.orders.rows <= rows)
        if len(done) <= max(patience, 6):
            return False
        sign = 1 if self.orders.greater_is_better else -1
        best = max(done, key=lambda record: sign * (record.score or 0.0))
        earlier = done[: -max(patience, 6)]
        top = max(sign * (record.score or 0.0) for record in earlier)
        return sign * (best.score or 0.0) <= top + 1e-3 * abs(top)

    def _start(self, config: Config) -> bool:
        """Start a configuration, or note why not; a finished one is taken from its files."""
        folder = self.orders.folder / config.id
        record = Record(config, new_id(), folder, started_at=time.time())
        spec = family()[config.learner].SPEC
        reason = spec.missing() or self._too_long(config)
        if reason:
            if config in FROZEN:
                record.state, record.reason, record.ended_at = "skipped", reason, time.time()
                self._note(record)
            return False
        order_file = folder / "trial.json"
        order: dict[str, Any] = {"config": vars(config)}
        if order_file.exists():
            known = json.loads(order_file.read_text(encoding="utf-8"))
            record.id = known["child"]
            if (
                (folder / "result.json").exists()
                and known["config"] == order["config"]
                and known["seed"] == self.orders.seed
            ):
                self._finish(record)
                self._note(record)
                return False
            for left in folder.iterdir():
                left.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        now, end = time.monotonic(), self.trials_end
        left_seconds = 0.0 if end is None else end - now
        until = None if end is None else end if left_seconds < 8 else now + max(8.0, 0.6 * left_seconds)
        first = not any(known.state in {"running", "completed"} for known in self.records)
        order |= {
            "child": record.id, "folds": self.folds, "threads": self.orders.threads, "seed": self.orders.seed, "until": until,
            "memory": self.orders.memory, "fold_budget": self.orders.fold_budget if first else None, "salvage": first,
        }  # fmt: skip
        trial.write_json(order_file, order)
        process = self.context.Process(target=trial.main, args=(str(self.orders.data), str(folder)), daemon=True)
        process.start()
        self.running.append(Slot(record, process, until, 0.0 if until is None else until - now))
        self._note(record)
        return True

    def _note(self, record: Record) -> None:
        self.records.append(record)
        self.changed(record)

    def _too_long(self, config: Config) -> str:
        if self.trials_end is None or self.orders.max_trials is not None or config.learner not in self.seconds:
            return ""
        left = self.trials_end - time.monotonic()
        expected = self.seconds[config.learner]
        return f"needs about {expected:.0f} s, {max(0, left):.0f} s were left" if 0.6 * expected > left else ""

    def _collect(self) -> None:
        for slot in list(self.running):
            record = slot.record
            self._read_lines(slot)
            ended = not slot.process.is_alive()
            if not ended and slot.until is not None and time.monotonic() > slot.until + max(1.0, 0.2 * slot.cap):
                ended = self._kill(slot, "stopped: it passed its share of the time")
            elif not ended and machine.resident(slot.process.pid) > 1.1 * self.orders.memory:
                ended = self._kill(slot, f"stopped: it used more than {self.orders.memory >> 20} MB of memory")
            if ended:
                slot.process.join()
                self.running.remove(slot)
                self._finish(record)
                self.changed(record)

    def _learn_speed(self, record: Record) -> None:
        """Take from a trial how fast its models score a row, loading them left out."""
        folds = int(record.result["folds"])
        rows = max(1.0, self.orders.rows * folds / self.orders.folds)
        took = rows * float(record.result["predict_ms"]) / 1000 - 2 * LOAD_SECONDS * self.slowness * folds
        self._row_seconds = max(self._row_seconds, took / rows)

    def _keep_the_end(self) -> None:
        """Let trials end earlier where the end will take longer than its reserve: a slow or busy machine, large tables."""
        if self.trials_end is None or self.orders.end is None:
            return
        rows = min(self.end_rows, self.orders.rows + self.end_rows - GATE_PIECE)
        scoring = (2.2 * self._row_seconds * rows + LOAD_SECONDS * self.slowness) * self.folds * MEMBERS
        self.trials_end = min(self.trials_end, self.orders.end - END_SECONDS * self.slowness - scoring)

    def _kill(self, slot: Slot, reason: str) -> bool:
        slot.process.kill()
        slot.record.reason = reason
        return True

    def _read_lines(self, slot: Slot) -> None:
        record = slot.record
        try:
            text = (record.folder / "folds.jsonl").read_text(encoding="utf-8")
        except OSError:
            return
        lines = [json.loads(line) for line in text.split("\n")[:-1]]
        if len(lines) > len(record.lines):
            if not record.lines and self.orders.fold_budget:
                self.folds = min(self.folds, int(lines[0]["of"]))
                if self.folds < min(3, self.orders.folds) and self.trials_end is not None:
                    self.trials_end -= REFIT_SHARE * self.orders.fold_budget  # such models are fitted again on all rows
            record.lines = lines
            self.changed(record)

    def _finish(self, record: Record) -> None:
        record.ended_at = time.time()
        file = record.folder / "result.json"
        if not file.exists():
            file = record.folder / "partial.json"
        if file.exists():
            record.result = json.loads(file.read_text(encoding="utf-8"))
            record.state = str(record.result["state"])
            record.reason = record.reason or str(record.result.get("reason", ""))
            if record.state == "completed":
                self.folds = min(self.folds, int(record.result["folds"]))
                took = float(record.result.get("seconds") or sum(line["seconds"] for line in record.lines))
                self.seconds[record.config.learner] = max(took, self.seconds.get(record.config.learner, 0.0))
                self._learn_speed(record)
                self._keep_the_end()
        else:
            record.state = "failed"
            record.reason = record.reason or "its process ended without a result (killed by the system?)"
