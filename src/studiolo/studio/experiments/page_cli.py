"""`studiolo experiments files | zip | table | code | tree | find`: what the page of a run shows."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.studio.experiments.client import Experiments

RunId = Annotated[str, typer.Argument(help="Id of the run.")]


def files(
    context: typer.Context,
    run: RunId,
    path: Annotated[str, typer.Argument(help="Folder below the run's artifacts.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """List every file of a run, also those in folders."""
    found = Experiments(transport(context)).files(run, path)
    show(found if output is Output.json else found.files, ("path", "size"), output=output, empty="No files.")


def zip_(
    context: typer.Context,
    run: RunId,
    path: Annotated[str, typer.Argument(help="Folder below the run's artifacts; all of them without it.")] = "",
    target: Annotated[Path | None, typer.Option("--target", help="Where to; default: the folder's name, here.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Fetch a folder that a run made as a ZIP."""
    name = path.strip("/").rpartition("/")[2] or f"run-{run[-8:]}"
    file = Experiments(transport(context)).download_folder(run, target or Path(f"{name}.zip"), path)
    show({"path": path, "file": str(file), "size": file.stat().st_size}, output=output)


def table(
    context: typer.Context,
    run: RunId,
    path: Annotated[str, typer.Argument(help="CSV, TSV, JSON, JSON lines or Parquet file below the run's artifacts.")],
    offset: Annotated[int, typer.Option(min=0, help="First row.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    output: OutputOption = Output.table,
) -> None:
    """Show rows of a table that a run made."""
    found = Experiments(transport(context)).table(run, path, offset, limit)
    names = tuple(column.name for column in found.columns)
    rows = [dict(zip(names, row, strict=False)) for row in found.rows]
    show(found if output is Output.json else rows, names, output=output, empty="No rows here.")


def code(
    context: typer.Context,
    run: RunId,
    to: Annotated[Path | None, typer.Option("--to", help="Write the files below this folder.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """List the code that a job was submitted with, or fetch it."""
    experiments = Experiments(transport(context))
    found = experiments.code(run)
    if to is not None:
        experiments.download_code(run, to)
    show(found, ("path", "size"), output=output, empty="The run was made by a client, or submitted without code.")


def tree(context: typer.Context, run: RunId, output: OutputOption = Output.table) -> None:
    """List the runs below a run, with theirs."""
    experiments = Experiments(transport(context))
    rows = list(_below(experiments, run, 0))
    show(rows, ("name", "id", "state", "children"), output=output, empty="The run has no children.")


def find(
    context: typer.Context,
    run: RunId,
    text: Annotated[str, typer.Argument(help="Text to look for, whatever its case.")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many lines.")] = 100,
    output: OutputOption = Output.table,
) -> None:
    """Find text in the log of a job."""
    found = Experiments(transport(context)).find_in_log(run, text, limit)
    show(found if output is Output.json else found.matches, ("line", "text"), output=output, empty="No line has it.")


def _below(experiments: Experiments, run_id: str, depth: int) -> Iterator[dict[str, Any]]:
    for node in experiments.branch(run_id):
        run = node.run
        indented = f"{'  ' * depth}{run.name}"
        yield {"name": indented, "id": run.id, "state": run.state, "children": node.children, "depth": depth}
        if node.children:
            yield from _below(experiments, run.id, depth + 1)


COMMANDS: dict[str, Callable[..., None]] = {
    "files": files,
    "zip": zip_,
    "table": table,
    "code": code,
    "tree": tree,
    "find": find,
}
