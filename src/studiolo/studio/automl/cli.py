"""`studiolo automl …`: submit runs, look at leaderboards, fit without a server."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, out, progress, show, transport
from studiolo.studio.automl.client import AutoML, AutoMLFailed
from studiolo.studio.automl.schemas import AutoMLRun

app = typer.Typer(help="Automated ML: from a table and a target to a checked model.", no_args_is_help=True)

RunId = Annotated[str, typer.Argument(help="Id of the AutoML run.")]
BOARD = ("rank", "name", "title", "state", "score", "folds", "seconds", "reason")


@app.command("submit")
def submit(
    context: typer.Context,
    dataset: Annotated[str, typer.Option(help="name, name:version, or a part of a split: name:version@part.")],
    target: Annotated[str, typer.Option(help="Column to learn.")],
    split: Annotated[str, typer.Option(help="Part of a recorded split to learn from, such as train.")] = "",
    task: Annotated[str, typer.Option(help="auto, classification or regression.")] = "auto",
    metric: Annotated[str, typer.Option(help="What to make best, such as AUC_weighted or rmse.")] = "",
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for all of it; default 60 without --max-trials.")
    ] = None,
    max_trials: Annotated[int | None, typer.Option(help="Number of models instead of a time.")] = None,
    seed: Annotated[int, typer.Option(help="Same data, seed and number of models: same leaderboard.")] = 0,
    cores: Annotated[int | None, typer.Option(help="Cores to use.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Column to leave out (repeatable).")] = None,
    block: Annotated[list[str] | None, typer.Option(help="Learner not to try (repeatable).")] = None,
    experiment: Annotated[str, typer.Option(help="Experiment of the run.")] = "",
    model: Annotated[str, typer.Option(help="Name of the registered model; default that of the dataset.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the model, with a progress bar.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Train and combine models on a dataset, and register the result."""
    automl = AutoML(transport(context))
    limit = time_limit if time_limit is not None or max_trials is not None else 60.0
    found = automl.submit(
        dataset, target, split=split, task=task, metric=metric, time_limit=limit, max_trials=max_trials, seed=seed, cores=cores,
        drop=drop or [], blocked=block or [], experiment=experiment, model=model,
    )  # fmt: skip
    if wait:
        found = _wait(automl, found, quiet=output is Output.json)
    _tell(automl, found, output)


@app.command("list")
def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many runs.")] = 50,
    output: OutputOption = Output.table,
) -> None:
    """List AutoML runs, newest first."""
    runs = AutoML(transport(context)).list(limit)
    if output is Output.json:
        show(runs, output=output)
        return
    rows = [
        {
            "id": found.run.id, "dataset": found.dataset, "target": found.spec.target, "state": found.run.state,
            "trials": found.trials, "score": found.best.score if found.best else None, "model": found.model,
        }
        for found in runs
    ]  # fmt: skip
    show(rows, output=output, empty="No AutoML runs yet: studiolo automl submit --dataset NAME --target COLUMN")


@app.command("show")
def show_(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """Show an AutoML run."""
    automl = AutoML(transport(context))
    _tell(automl, automl.get(run), output)


@app.command("leaderboard")
def leaderboard(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """Show the models of a run, best first."""
    found = AutoML(transport(context)).leaderboard(run)
    if output is Output.json:
        show(found, output=output)
        return
    out.print(f"by {found.metric} ({'higher' if found.greater_is_better else 'lower'} is better)", markup=False)
    show(found.rows, BOARD, output=output, empty="No model yet.")


@app.command("guardrails")
def guardrails(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """Show the checks of the data."""
    show(AutoML(transport(context)).guardrails(run), ("state", "title", "detail"), output=output)


@app.command("fit")
def fit(
    train: Annotated[Path, typer.Option(help="CSV or Parquet with the target.")],
    target: Annotated[str, typer.Option(help="Column to learn.")],
    task: Annotated[str, typer.Option(help="classification or regression.")],
    test: Annotated[Path | None, typer.Option(help="Table to predict.")] = None,
    metric: Annotated[str, typer.Option(help="What to make best.")] = "",
    time: Annotated[float | None, typer.Option("--time", help="Seconds for all of it; default 60.")] = None,
    max_trials: Annotated[int | None, typer.Option(help="Number of models.")] = None,
    seed: Annotated[int, typer.Option(help="Same data, seed and number of models: same result.")] = 0,
    cores: Annotated[int | None, typer.Option(help="Cores to use; default all.")] = None,
    memory: Annotated[int | None, typer.Option(help="MB that one trial may use.")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="CSV of predictions for --test.")] = None,
    model_dir: Annotated[Path | None, typer.Option(help="Folder for the MLflow model.")] = None,
    work_dir: Annotated[Path | None, typer.Option(help="Folder for trials; an interrupted fit goes on there.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Column to leave out (repeatable).")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Fit models to a table without a server, and predict another table."""
    given = {
        "train": train, "target": target, "task": task, "test": test, "metric": metric, "time": time, "max-trials": max_trials,
        "seed": seed, "cores": cores, "memory": memory, "out": out_file, "model-dir": model_dir, "work-dir": work_dir,
    }  # fmt: skip
    words = [f"--{name}={value}" for name, value in given.items() if value not in (None, "")]
    words += [f"--drop={name}" for name in drop or []] + (["--json"] if output is Output.json else [])
    # a process of its own: libraries of models never load in the command's, and its age counts towards --time
    raise typer.Exit(subprocess.call([sys.executable, "-P", "-m", "studiolo.studio.automl.fit_command", *words]))


def _wait(automl: AutoML, found: AutoMLRun, quiet: bool) -> AutoMLRun:
    with progress("waiting for a free core", None, quiet=quiet) as bar:
        for now in automl.watch(found.run.id):
            found = now
            done = now.run.progress
            if done is not None:
                best = f", best {now.best.score:.4f}" if now.best and now.best.score is not None else ""
                bar.update(bar.task_ids[0], completed=done.done, total=done.total, description=f"{done.label}{best}")
    if found.run.state != "Completed" or found.model_error:
        raise AutoMLFailed(found)
    return found


def _tell(automl: AutoML, found: AutoMLRun, output: Output) -> None:
    if output is Output.json:
        show(found, output=output)
        return
    summary = found.summary
    plain = {
        "id": found.run.id, "state": found.run.state, "dataset": found.dataset, "target": found.spec.target, "error": found.run.error,
        "trials": found.trials, "score": f"{summary.metric} {summary.score:.6g}" if summary else None, "model": found.model,
        "onnx": None if summary is None else "equal" if summary.export.onnx else f"refused: {summary.export.reason}",
    }  # fmt: skip
    show({key: value for key, value in plain.items() if value is not None}, output=output)
    if found.best is not None:
        show(automl.leaderboard(found.run.id).rows, BOARD, output=output)
