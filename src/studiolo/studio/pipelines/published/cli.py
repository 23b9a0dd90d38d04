"""`studiolo pipelines published …`: names with versions, started over HTTP with a key."""

from typing import Annotated, Any

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport, warn
from studiolo.studio.experiments.job_files import document
from studiolo.studio.pipelines.client import Pipelines
from studiolo.studio.pipelines.published.client import PublishedPipelines

app = typer.Typer(help="Published pipelines: started over HTTP by those who have a key.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the published pipeline.")]
_COLUMNS = ("name", "enabled", "default_version", "newest", "url")
_RUNS = ("run_id", "name", "state", "version", "by", "created_at", "error")


def _published(context: typer.Context) -> PublishedPipelines:
    return Pipelines(transport(context)).published


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name to publish under; one that exists gets its next version.")],
    pipeline: Annotated[
        str, typer.Argument(help="Pipeline: YAML of Azure ML v2, or the id of a run whose like it is.")
    ],
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    note: Annotated[str, typer.Option(help="What is new in this version.")] = "",
    keep_default: Annotated[bool, typer.Option("--keep-default", help="Leave the default version as it is.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Publish a pipeline; the keys of a new name are shown this once."""
    made = _published(context).publish(name, pipeline, description=description, note=note, default=not keep_default)
    if output is Output.json:
        show(made, output=output)
        return
    shown: dict[str, Any] = {key: made.model_dump(mode="json")[key] for key in _COLUMNS}
    show(shown | {f"{one.slot} key": one.key for one in made.new_keys}, output=output)
    if made.new_keys:
        warn("the keys are shown this once; keep one where the caller finds it")


@app.command("list")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List published pipelines by name."""
    empty = "No pipeline is published yet. Publish one: studiolo pipelines published create NAME pipeline.yml"
    show(_published(context).list(), _COLUMNS, output=output, empty=empty)


@app.command("show")
def show_(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show a published pipeline: its address, default version and keys."""
    found = _published(context).get(name)
    if output is Output.json:
        show(found, output=output)
        return
    plain = found.model_dump(mode="json")
    shown = {key: plain[key] for key in (*_COLUMNS, "description", "created_by")}
    shown |= {f"{key.slot} key": f"{key.hint}, used {key.used_at or 'never'}" for key in found.keys}
    show(shown, output=output)


@app.command("versions")
def versions(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """List the versions of a published pipeline, newest first, with what they take."""
    rows = [
        {
            **one.model_dump(mode="json"),
            "inputs": ", ".join(f"{key}{'' if key in one.given else ' (needed)'}" for key in one.inputs),
        }
        for one in _published(context).get(name).versions
    ]
    show(rows, ("number", "inputs", "steps", "runs_as", "created_at", "note"), output=output)


@app.command("start")
def start(
    context: typer.Context,
    name: Name,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="Value of an input: rate=0.1; may be repeated.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Version; the default one when left out.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Start a published pipeline."""
    inputs = {key.removeprefix("inputs."): value for key, value in document.changes(change or ()).items()}
    show(_published(context).start(name, version, **inputs), _RUNS, output=output)


@app.command("runs")
def runs(
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    output: OutputOption = Output.table,
) -> None:
    """List the runs that a published pipeline started, newest first."""
    show(_published(context).runs(name, limit), _RUNS, output=output, empty="It has not been started yet.")


@app.command("default")
def default(
    context: typer.Context,
    name: Name,
    version: Annotated[int, typer.Argument(help="Version that calls without one get.")],
    output: OutputOption = Output.table,
) -> None:
    """Move the default version."""
    show(_published(context).change(name, default_version=version), _COLUMNS, output=output)


@app.command("enable")
def enable(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Let a published pipeline be started."""
    show(_published(context).change(name, enabled=True), _COLUMNS, output=output)


@app.command("disable")
def disable(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Let a published pipeline start nothing; its keys stay."""
    show(_published(context).change(name, enabled=False), _COLUMNS, output=output)


@app.command("rotate")
def rotate(
    context: typer.Context,
    name: Name,
    secondary: Annotated[bool, typer.Option("--secondary", help="The secondary key, not the primary one.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Make a key anew and show it this once; the one before opens nothing any more."""
    show(_published(context).rotate(name, "secondary" if secondary else "primary"), output=output)


@app.command("delete")
def delete(context: typer.Context, name: Name) -> None:
    """Remove a published pipeline; its runs stay. Refused while a schedule runs it."""
    _published(context).delete(name)
