"""Fit from the command line, without a server: `studiolo automl fit`, and `python -m` this module."""

import argparse
import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.automl import machine
from studiolo.studio.automl.fit import FitResult, run
from studiolo.studio.automl.spec import FitSpec, Silent


def parser() -> argparse.ArgumentParser:
    """Name the options; the typer command has the same."""
    made = argparse.ArgumentParser(prog="studiolo automl fit", description="Fit models to a table and predict another.")
    made.add_argument("--train", required=True, type=Path, help="CSV or Parquet with the target")
    made.add_argument("--test", type=Path, help="table to predict, in the same columns")
    made.add_argument("--target", required=True, help="column to learn")
    made.add_argument("--task", required=True, help="classification, regression or auto")
    made.add_argument("--metric", default="", help="what to make best; default AUC_weighted or root_mean_squared_error")
    made.add_argument("--time", type=float, default=None, help="seconds for all of it; default 60 without --max-trials")
    made.add_argument(
        "--max-trials", type=int, default=None, help="number of models; with --seed the result is the same each time"
    )
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--cores", type=int, default=None)
    made.add_argument("--memory", type=int, default=None, help="MB that one trial may use")
    made.add_argument("--out", type=Path, help="CSV of predictions for --test")
    made.add_argument("--model-dir", type=Path, help="folder for the MLflow model")
    made.add_argument("--work-dir", type=Path, help="folder for trials; an interrupted fit goes on there")
    made.add_argument("--drop", action="append", default=[], help="column to leave out (repeatable)")
    made.add_argument("--json", action="store_true", help="print the summary and the leaderboard as JSON")
    made.add_argument("--quiet", action="store_true", help="no progress bar")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0, or 2 with the error on stderr."""
    given = parser().parse_args(arguments)
    limit = given.time if given.time is not None or given.max_trials is not None else 60.0
    with tempfile.TemporaryDirectory(prefix="studiolo-automl-") as scratch:
        spec = FitSpec(
            train=given.train, test=given.test, target=given.target, task=given.task, metric=given.metric, time_limit=limit,
            max_trials=given.max_trials, seed=given.seed, cores=given.cores, drop=tuple(given.drop), model_dir=given.model_dir,
            memory=given.memory << 20 if given.memory else None, work=given.work_dir or Path(scratch), waited=machine.age(),
        )  # fmt: skip
        try:
            with Screen(quiet=given.quiet or not sys.stderr.isatty()) as screen:
                result = run(spec, screen)
            if given.out and result.test_scores is not None:
                write_predictions(given.out, result)
        except StudioloError as error:
            sys.stderr.write(f"error: {error.detail}\n  {error.hint}\n")
            return 2
        except KeyboardInterrupt:
            return 130
    if given.json:
        sys.stdout.write(json.dumps({"summary": result.summary, "leaderboard": result.leaderboard}, indent=2) + "\n")
    else:
        sys.stdout.write(tell(result))
    return 0


def write_predictions(path: Path, result: FitResult) -> None:
    """Write `prediction` and, for classes, `proba_<class>`; rows in the order of the test table."""
    scores = result.test_scores
    assert scores is not None
    predicted = result.prepared.encoder.plan["output"]
    encoder = type(result.prepared.encoder)(result.prepared.plan)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(predicted)
        chances = scores.tolist() if encoder.labels else [[] for _ in scores]
        writer.writerows([label, *chance] for label, chance in zip(encoder.decode(scores), chances, strict=True))


def tell(result: FitResult) -> str:
    """Write the leaderboard and the summary for people."""
    board, summary = result.leaderboard, result.summary
    lines = [f"{'rank':>4}  {'model':<28} {board['metric']:>24}  {'folds':>5}  {'seconds':>7}"]
    for row in board["rows"]:
        score = f"{row['score']:.6f}" if row["score"] is not None else row["state"]
        seconds = f"{row['seconds']:.1f}" if row["seconds"] else ""
        lines.append(
            f"{row['rank']:>4}  {row['name']:<28} {score:>24}  {row['folds']:>5}  {seconds:>7}  {row['reason'][:60]}"
        )
    members = ", ".join(f"{member['name']} {member['weight']:.2f}" for member in summary["members"])
    lines += ["", f"ensemble: {members}; served as {summary['form']} ({summary['form_reason']})"]
    export = summary["export"]
    lines.append(
        f"ONNX: {'equal' if export['onnx'] else 'refused: ' + export['reason']}"
        + (f" on {export['rows']:,} rows, at most {export['max_difference']:.2g} apart" if "rows" in export else "")
    )
    if summary["test_metrics"]:
        found = summary["test_metrics"]
        shown = [board["metric"], *(name for name in ("accuracy", "log_loss", "r2_score") if name in found)]
        lines.append(
            "test: " + ", ".join(f"{name} {found[name]:.6f}" for name in dict.fromkeys(shown) if name in found)
        )
    first = f", first row after {summary['first_row_seconds']:.1f} s" if summary["first_row_seconds"] else ""
    lines.append(f"{summary['seconds']:.1f} s{first}; leaderboard {summary['digest']}")
    return "\n".join(lines) + "\n"


class Screen(Silent):
    """A progress bar with the time left, and a line for each finished model."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> "Screen":
        if not self.quiet:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task("starting", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def progress(self, done: float, total: float | None = None, label: str = "") -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total or None, description=label)


if __name__ == "__main__":
    sys.exit(main())
