"""`studiolo experiments groups | metrics | artifacts | download`: what runs recorded."""

from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.studio.experiments.client import Experiments

RunId = Annotated[str, typer.Argument(help="Id of the run.")]


def groups(
    context: typer.Context,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those in the bin.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """List experiments, newest first, with the number of their runs."""
    found = Experiments(transport(context)).groups(deleted=deleted)
    columns = ("id", "name", "deleted_at", "remove_at") if deleted else ("id", "name", "runs", "created_at")
    show(found, columns, output=output, empty="The bin is empty." if deleted else "No experiments yet.")


def metrics(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """List the metrics of a run: latest, lowest and highest value."""
    found = Experiments(transport(context)).overview(run).metrics
    columns = ("key", "value", "special", "step", "low", "high", "points")
    show(found, columns, output=output, empty="The run has logged no metrics.")


def params(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """List the params of a run."""
    found = Experiments(transport(context)).overview(run).params
    rows = [{"key": key, "value": value} for key, value in found.items()]
    show(
        found if output is Output.json else rows, ("key", "value"), output=output, empty="The run has logged no params."
    )


def artifacts(
    context: typer.Context,
    run: RunId,
    path: Annotated[str, typer.Argument(help="Folder below the run's artifacts.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """List the files and folders that a run made."""
    found = Experiments(transport(context)).artifacts(run, path)
    show(found, ("path", "is_dir", "size"), output=output, empty="The run has no artifacts here.")


def download(
    context: typer.Context,
    run: RunId,
    path: Annotated[str, typer.Argument(help="File below the run's artifacts.")],
    target: Annotated[Path | None, typer.Option("--target", help="Where to; default: its name, here.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Fetch a file that a run made."""
    file = Experiments(transport(context)).download(run, path, target or Path(PurePosixPath(path).name))
    show({"path": path, "file": str(file), "size": file.stat().st_size}, output=output)


COMMANDS = (groups, metrics, params, artifacts, download)
