"""The driver of a run: prepare, try, combine, check, explain, write. Every station reports; the clock is kept at each."""

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl import ensemble, guardrails, leaderboard, machine, metrics, portfolio, schedule
from studiolo.studio.automl.budget import Budget
from studiolo.studio.automl.errors import BudgetTooSmall, NoModel
from studiolo.studio.automl.finish import Finished, finish
from studiolo.studio.automl.prepare import Prepared, TestTable, check_task, check_test, prepare, read_test
from studiolo.studio.automl.schedule import Record
from studiolo.studio.automl.spec import FitSpec, Report, Silent

SMALL_ROWS = 20_000  # below, trials run side by side with one thread each


@dataclass
class FitResult:
    """What a fit leaves: the leaderboard, the summary, the model's folder, and the answers for the test table."""

    leaderboard: dict[str, Any]
    summary: dict[str, Any]
    model_dir: Path | None
    test_scores: NDArray[np.float64] | None
    prepared: Prepared
    test_metrics: dict[str, float] = field(default_factory=dict)


class Run:
    """One fit; holds what its stations share."""

    def __init__(self, spec: FitSpec, report: Report | None = None) -> None:
        self.spec = spec
        self.report: Report = report or Silent()
        self.budget = Budget(_limit(spec), time.monotonic() - spec.waited)
        self.cores = machine.cores(spec.cores)
        self.first_row: float | None = None
        self._rows: dict[str, dict[str, Any]] = {}
        self._told = 0.0
        self._test: TestTable | None = None
        self._board_late, self._board_told = False, 0.0
        self._warming = threading.Thread(target=_warm, daemon=True)

    def go(self) -> FitResult:
        """Run all stations. Raises the errors of this slice for what cannot be learned."""
        spec = self.spec
        check_task(spec)
        context = schedule.workers()
        self._progress("reading the table")
        started, worked = time.monotonic(), time.process_time()
        prepared = prepare(spec, spec.work / "data")
        slowness = min(4.0, max(1.0, (time.monotonic() - started) / max(0.2, time.process_time() - worked)))
        check_test(spec, prepared)
        self._tell_start(prepared)
        orders = self._orders(prepared)
        trials = schedule.Schedule(
            orders, context, lambda record: self._changed(record, prepared), lambda: self._idle(trials, prepared)
        )
        trials.slowness = slowness
        try:
            records = trials.run(
                portfolio.configs(spec.seed, prepared.task, spec.allowed, spec.blocked, prepared.first())
            )
        finally:
            trials.stop()
        usable = _usable(records)
        if not usable:
            raise NoModel([f"{record.config.id}: {record.reason}" for record in records if record.state == "failed"])
        self._progress("combining the models")
        test = self._read_test(trials, prepared)
        chosen, oof, threshold = self._combine(usable, prepared)
        done = finish(self, prepared, test, chosen, oof, threshold, context, orders)
        return self._conclude(prepared, test, done, records)

    # stations

    def _orders(self, prepared: Prepared) -> schedule.Orders:
        rows, spec = len(prepared.target.y), self.spec
        side_by_side = rows < SMALL_ROWS
        slots = self.cores if side_by_side else 1
        memory = spec.memory or int(0.7 * machine.memory() / slots)
        timed = spec.max_trials is None and self.budget.seconds is not None
        if timed:
            used = self.budget.used()
            if self.budget.left() - self.budget.reserve < 0.5:
                raise BudgetTooSmall(self.budget.seconds or 0.0, used + self.budget.reserve + 3)
        return schedule.Orders(
            data=spec.work / "data", folder=spec.work / "trials", slots=slots, threads=1 if side_by_side else self.cores,
            folds=prepared.folds, seed=spec.seed, memory=memory, rows=rows, trials_end=self.budget.trials_end,
            max_trials=spec.max_trials, fold_budget=self.budget.seconds if timed else None,
            greater_is_better=prepared.metric.greater_is_better, end=self.budget.end,
        )  # fmt: skip

    def _combine(
        self, usable: list[Record], prepared: Prepared
    ) -> tuple[list[tuple[Record, float]], NDArray[np.float64], float | None]:
        """Choose members and weights on the out-of-fold predictions; give the blend, NaN where no fold checked."""
        parts = [np.load(record.folder / record.result["oof"]) for record in usable]
        there = ~np.isnan(parts[0][:, 0])
        y = prepared.target.y[there]
        seen = [part[there] for part in parts]
        weights = ensemble.select(y, seen, prepared.metric)
        oof = np.full(parts[0].shape, np.nan)
        oof[there] = ensemble.blend(seen, weights)
        threshold = None
        if len(prepared.target.labels) == 2:
            threshold = ensemble.best_threshold(y, oof[there, 1], prepared.metric)
        return [(usable[place], weight) for place, weight in weights], oof, threshold

    def _conclude(self, prepared: Prepared, test: TestTable | None, done: Finished, records: list[Record]) -> FitResult:
        self._rows[done.row["id"]] = done.row
        board = self._board(prepared)
        self.report.document("automl/leaderboard", board)
        states = [record.state for record in records]
        test_metrics: dict[str, float] = {}
        if test is not None and test.y is not None and done.test_scores is not None:
            threshold = prepared.plan["threshold"]
            test_metrics = (
                metrics.classification(test.y, done.test_scores, threshold)
                if prepared.target.labels
                else metrics.regression(test.y, done.test_scores)
            )
        best = next(row for row in board["rows"] if row["kind"] == "trial")
        summary = {
            "task": prepared.task, "target": self.spec.target, "metric": prepared.metric.name,
            "greater_is_better": prepared.metric.greater_is_better, "labels": prepared.target.labels,
            "rows": len(prepared.target.y), "columns": len(prepared.table.columns), "features": prepared.x.shape[1],
            "folds": done.row["folds"], "score": done.row["score"], "best_single": best["name"],
            "best_single_score": best["score"], "members": done.row["members"], "form": done.form, "form_reason": done.form_reason,
            "threshold": prepared.plan["threshold"], "metrics": done.row["metrics"], "test_metrics": test_metrics,
            "export": done.export, "trials": {state: states.count(state) for state in sorted(set(states))},
            "cores": self.cores, "seed": self.spec.seed, "time_limit": self.budget.seconds, "max_trials": self.spec.max_trials,
            "seconds": self.budget.used(), "first_row_seconds": self.first_row, "digest": leaderboard.digest(board),
        }  # fmt: skip
        self.report.document("automl/summary", summary)
        for name, value in done.row["metrics"].items():
            self.report.metric(name, value)
        for name, value in test_metrics.items():
            self.report.metric(f"test_{name}", value)
        self._progress("done", force=True, done=self.budget.seconds)
        return FitResult(board, summary, done.model_dir, done.test_scores, prepared, test_metrics)

    # reports

    def _tell_start(self, prepared: Prepared) -> None:
        report, spec = self.report, self.spec
        for key, value in (
            ("task", prepared.task), ("target", spec.target), ("metric", prepared.metric.name), ("seed", spec.seed),
            ("time_limit", spec.time_limit), ("max_trials", spec.max_trials), ("cores", self.cores),
            ("rows", len(prepared.target.y)), ("features", prepared.x.shape[1]), ("folds", prepared.folds),
        ):  # fmt: skip
            report.param(key, "" if value is None else value)
        columns = [
            {"name": found.name, "kind": found.kind, "dtype": found.dtype, "missing": found.missing, "distinct": found.distinct,
             "reason": found.reason, "steps": found.steps, "features": found.features[:60], "used": found.spec is not None}
            for found in prepared.reports
        ]  # fmt: skip
        report.document("automl/columns", {"rows": len(prepared.target.y), "target": spec.target, "columns": columns})
        rails = guardrails.check(
            prepared.reports, prepared.target, prepared.table.rows + prepared.target.unlabelled, prepared.x,
            prepared.plan["features"], prepared.folds, prepared.metric.name, prepared.held_out,
        )  # fmt: skip
        report.document("automl/guardrails", {"items": [rail.document() for rail in rails]})

    def _changed(self, record: Record, prepared: Prepared) -> None:
        row = leaderboard.row(record, prepared.folds)
        self._rows[record.id] = row
        if row["score"] is not None and self.first_row is None:
            self.first_row = self.budget.used()
        self._board_late = True
        self._tell_board(prepared, now=self.first_row is not None and len(self._rows) < 3)
        if record.state == "running" and len(record.lines) > 1:
            return  # the board tells of the folds between
        states = {"running": "Running", "completed": "Completed", "failed": "Failed", "skipped": "Skipped"}
        known = {prepared.metric.name: row["score"]} if row["score"] is not None else {}
        self.report.child(
            record.id, record.config.id, states[record.state], kind="trial",
            params={"learner": record.config.learner, **row["params"]},
            metrics={**known, **row["metrics"]}, tags={"learner": row["title"], "why": record.config.why},
            error=record.reason if record.state in {"failed", "skipped"} else None,
            started_at=record.started_at, ended_at=record.ended_at,
        )  # fmt: skip
        if record.state == "completed" and (record.folder / "charts.json").exists():
            drawn = json.loads((record.folder / "charts.json").read_text(encoding="utf-8"))
            self.report.document(f"automl/charts/{record.id}", drawn)

    def _tell_board(self, prepared: Prepared, now: bool = False) -> None:
        """Report the leaderboard when it has changed; the longer it is, the less often."""
        pause = max(0.3, 0.03 * len(self._rows))
        if self._board_late and (now or time.monotonic() - self._board_told > pause):
            self._board_late, self._board_told = False, time.monotonic()
            self.report.document("automl/leaderboard", self._board(prepared))

    def _board(self, prepared: Prepared) -> dict[str, Any]:
        return leaderboard.board(list(self._rows.values()), prepared.metric)

    def _read_test(self, trials: schedule.Schedule, prepared: Prepared) -> TestTable | None:
        """Read the table to predict, once; not before the first model, which must not wait for it."""
        if self._test is None:
            self._test = read_test(self.spec, prepared)
            trials.end_rows = schedule.GATE_PIECE + (self._test.rows if self._test else 0)
        return self._test

    def _idle(self, trials: schedule.Schedule, prepared: Prepared) -> None:
        done = sum(row["state"] == "completed" for row in self._rows.values())
        self._progress(f"training models, {done} done")
        self._tell_board(prepared)
        if self.first_row is not None and self._warming.ident is None:
            self._read_test(trials, prepared)
            self._warming.start()

    def _progress(self, label: str, force: bool = False, done: float | None = None) -> None:
        now = time.monotonic()
        if now - self._told < 1.0 and not force and label.startswith("training"):
            return
        self._told = now
        if self.budget.seconds is not None and self.spec.max_trials is None:
            self.report.progress(done or min(self.budget.used(), self.budget.seconds), self.budget.seconds, label)
        else:
            ended = sum(
                row["state"] in {"completed", "failed"} for row in self._rows.values() if row["kind"] == "trial"
            )
            self.report.progress(float(ended), float(self.spec.max_trials or 0), label)

    def say(self, label: str) -> None:
        """Report the station that is worked on."""
        self._progress(label, force=True)


def run(spec: FitSpec, report: Report | None = None) -> FitResult:
    """Fit models to a table, combine the best, and write the model folder where `spec.model_dir` says."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(
        limits=1, user_api="blas"
    ):  # BLAS threads spin: beside trials they made one step 30 times slower
        return Run(spec, report).go()


def _limit(spec: FitSpec) -> float | None:
    """Take the time limit; with a number of trials and none, there is no limit."""
    return 60.0 if spec.time_limit is None and spec.max_trials is None else spec.time_limit


def _usable(records: list[Record]) -> list[Record]:
    """Take the completed trials that were checked on the same rows, the largest such group; in order of the portfolio."""
    done = [record for record in records if record.state == "completed" and record.score is not None]
    done = [record for record in done if np.isfinite(record.score or np.nan)]
    most = max((int(record.result["folds"]) for record in done), default=0)
    return [record for record in done if int(record.result["folds"]) == most]


def _warm() -> None:
    """Import what the end needs while the trials run; in a thread, so that the next trial need not wait for it."""
    import lightgbm  # noqa: F401
    import onnx  # noqa: F401
    import onnxruntime  # noqa: F401
