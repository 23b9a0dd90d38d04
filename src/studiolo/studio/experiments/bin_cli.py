"""`studiolo experiments delete | restore | gc`: the bin."""

from typing import Annotated

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import OlderThanOption, Output, OutputOption, out, progress, show, size, transport
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.schemas import Cleanup

Ids = Annotated[list[str] | None, typer.Argument(help="Ids of runs.")]
ExperimentId = Annotated[
    str | None, typer.Option("--experiment", help="Id of an experiment: it, with its runs, instead of single runs.")
]


def delete(
    context: typer.Context, runs: Ids = None, experiment: ExperimentId = None, output: OutputOption = Output.table
) -> None:
    """Put runs, or an experiment with its runs, in the bin."""
    experiments = Experiments(transport(context))
    _need_one(runs, experiment)
    if experiment:
        experiments.delete_experiment(experiment)
    changed = experiments.delete(*runs) if runs else 0
    show({"deleted": changed or f"experiment {experiment}"}, output=output)


def restore(
    context: typer.Context, runs: Ids = None, experiment: ExperimentId = None, output: OutputOption = Output.table
) -> None:
    """Take runs, or an experiment with the runs that went with it, out of the bin."""
    experiments = Experiments(transport(context))
    _need_one(runs, experiment)
    if experiment:
        experiments.restore_experiment(experiment)
    changed = experiments.restore(*runs) if runs else 0
    show({"restored": changed or f"experiment {experiment}"}, output=output)


def gc(
    context: typer.Context,
    older_than: OlderThanOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Remove for good what has been in the bin too long, and files that nothing names any more."""
    experiments = Experiments(transport(context))
    found = Cleanup()
    with progress("cleaning up", 1.0) as bar:
        for found in experiments.cleaning(older_than, dry_run=dry_run):
            bar.update(bar.task_ids[0], completed=found.done, description=f"{found.runs} runs, {found.files} files")
    if output is Output.json:
        show(found, output=output)
        return
    verb = "would remove" if dry_run else "removed"
    out.print(
        f"{verb} {found.runs} runs, {found.experiments} experiments, {found.logged_models} logged models; "
        f"{found.files} files, {size(found.bytes)}",
        highlight=False,
    )
    if found.waiting_bytes:
        out.print(f"{size(found.waiting_bytes)} more are younger than a day and go later.", highlight=False)
    if found.held:
        runs = "1 run stays" if found.held == 1 else f"{found.held} runs stay"
        out.print(f"{runs}: registered model versions were made from them.", highlight=False)


def _need_one(runs: list[str] | None, experiment: str | None) -> None:
    if not runs and not experiment:
        raise Invalid("Nothing is named.", "Give ids of runs, or --experiment ID.", field="runs")


COMMANDS = (delete, restore, gc)
