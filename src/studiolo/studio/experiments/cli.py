"""`studiolo experiments …`: look at runs and jobs, and stop them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, show, transport, warn
from studiolo.studio.experiments import bin_cli, page_cli, traces_cli, tracking_cli
from studiolo.studio.experiments.client import Experiments, RunFailed
from studiolo.studio.experiments.comparison import cli as comparison_cli
from studiolo.studio.experiments.environments import cli as environments_cli
from studiolo.studio.experiments.importing import cli as import_cli
from studiolo.studio.experiments.table import cli as table_cli

app = typer.Typer(help="Runs and jobs: list, look into, search, stop.", no_args_is_help=True)

RunId = Annotated[str, typer.Argument(help="Id of the run.")]
COLUMNS = ("id", "experiment", "name", "kind", "state", "created_at", "user")


@app.command("list")
def list_(
    context: typer.Context,
    experiment: Annotated[str | None, typer.Option(help="Only runs of this experiment.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="Only runs of this kind: run, command, automl, trial, profile…")
    ] = None,
    state: Annotated[str | None, typer.Option(help="Only runs in this state, such as Running.")] = None,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Those in the bin, and when they will be removed.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    output: OutputOption = Output.table,
) -> None:
    """List runs, newest first."""
    where = {"experiment": experiment, "kind": kind, "state": state, "lifecycle": "deleted" if deleted else None}
    runs = Experiments(transport(context)).list(**where, limit=limit)
    columns = (*COLUMNS, "deleted_at", "remove_at") if deleted else COLUMNS
    empty = "The bin has no runs." if deleted else "No runs yet. Submit a job: studiolo submit job.yml"
    show(runs, columns, output=output, empty=empty)


@app.command("show")
def show_(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """Show a run."""
    show(Experiments(transport(context)).get(run), output=output)


@app.command("logs")
def logs(
    context: typer.Context,
    run: RunId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing until the job has ended.")] = False,
    node: Annotated[
        int | None, typer.Option(min=0, help="Only the lines of this node of a job that has several.")
    ] = None,
    attempt: Annotated[int | None, typer.Option(min=1, help="Of an earlier attempt than the newest.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Print the log of a job."""
    if attempt is not None and (follow or node is not None):
        raise typer.BadParameter("it is printed whole: leave out --follow and --node", param_hint="--attempt")
    experiments = Experiments(transport(context))
    if node is not None:
        for line in experiments.lines_of_node(run, node, follow=follow):
            sys.stdout.write(line)
            sys.stdout.flush()
        return
    if output is Output.json:
        show(experiments.log(run, 0, attempt), output=output)
        return
    if follow:
        for text in experiments.follow(run):
            sys.stdout.write(text)
            sys.stdout.flush()
        return
    for text in experiments.written(run, attempt):
        sys.stdout.write(text)


@app.command("cancel")
def cancel(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """Ask a job to stop; it is ended when it does not within the grace time."""
    show(Experiments(transport(context)).cancel(run), ("id", "state", "desired"), output=output)


def submit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Command job: YAML of Azure ML v2.")],
    change: Annotated[
        list[str] | None, typer.Option("--set", help="Another value for a key: inputs.rate=0.1; may be repeated.")
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option("--map-url", help="A folder here for the beginning of an address: PREFIX=DIR; may be repeated."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--stream", "--wait", help="Print the log as it is written, until the job has ended.")
    ] = False,
    output: OutputOption = Output.table,
) -> None:
    """Submit a job from a YAML file; its code and local inputs are sent along."""
    experiments = Experiments(transport(context))
    run, warnings = experiments.submit_file(file, change or (), places_of(place or ()))
    for warning in warnings:
        warn(warning)
    if not wait:
        show(run, ("id", "name", "state", "compute"), output=output)
        return
    for text in experiments.follow(run.id):
        if output is not Output.json:
            sys.stdout.write(text)
            sys.stdout.flush()
    run = experiments.get(run.id)
    if output is Output.json or run.state == "Completed":
        show(run, ("id", "name", "state", "exit_code"), output=output)
    if run.state != "Completed":
        raise RunFailed(run)


def places_of(given: Sequence[str]) -> dict[str, str]:
    """Return what `--map-url PREFIX=DIR` says; an address may have signs of its own, so the last one parts."""
    found = {}
    for one in given:
        prefix, sign, folder = one.rpartition("=")
        if not sign or not prefix or not folder:
            raise Invalid(f"'{one}' maps nothing.", "Write PREFIX=DIR.", field="map_url")
        found[prefix] = folder
    return found


app.add_typer(traces_cli.app, name="traces")
app.add_typer(environments_cli.app, name="environments")
for _command in (*tracking_cli.COMMANDS, *table_cli.COMMANDS, *comparison_cli.COMMANDS, *bin_cli.COMMANDS):
    app.command(_command.__name__)(_command)
for _name, _named in [*page_cli.COMMANDS.items(), *import_cli.COMMANDS.items()]:
    app.command(_name)(_named)
