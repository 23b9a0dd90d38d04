"""`studiolo experiments groups | metrics | artifacts | download | search`: what runs recorded."""

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


def search(
    context: typer.Context,
    filter: Annotated[str, typer.Argument(help="MLflow's filter, such as: metrics.auc > 0.9")] = "",  # noqa: A002
    order_by: Annotated[list[str], typer.Option(help="Such as: 'metrics.auc DESC'. Repeatable.")] = [],  # noqa: B006
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    output: OutputOption = Output.table,
) -> None:
    """Find runs by what they recorded."""
    found = Experiments(transport(context)).search(filter, tuple(order_by), limit=limit)
    if output is Output.json:
        show(found, output=output)
        return
    named = sorted({key for record in found for key in record.metrics})[:6]
    rows = [
        {
            "id": record.run.id,
            "name": record.run.name,
            "state": record.run.state,
            **{key: record.metrics[key].value for key in named if key in record.metrics},
        }
        for record in found
    ]
    show(rows, ("id", "name", "state", *named), empty="No run matches.")


COMMANDS = (groups, metrics, params, artifacts, download, search)
