"""`studiolo experiments environments …`: what jobs have of Python."""

from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport, warn
from studiolo.studio.experiments.environments.client import Environments

app = typer.Typer(help="What jobs have of Python: register, list, look into.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the environment.")]
Version = Annotated[int | None, typer.Option(min=1, help="Version; else the newest.")]
COLUMNS = ("name", "version", "python", "packages", "source", "built", "created_at")
ALL = (*COLUMNS, "archived")  # where archived ones stand beside others


@app.command("list")
def list_(
    context: typer.Context,
    archived: Annotated[bool, typer.Option("--archived", help="Those that are hidden.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """List environments by name, each with its newest version."""
    found = Environments(transport(context)).list(archived=archived)
    show(found, COLUMNS, output=output, empty="No environments yet. Make one: studiolo experiments environments create")


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name; of a file that has one it may be left out with ''.")],
    package: Annotated[
        list[str] | None, typer.Option("--package", "-p", help="A requirement; may be repeated.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="conda.yml, requirements.txt, pyproject.toml or Azure ML's YAML."),
    ] = None,
    python: Annotated[str, typer.Option(help="Version of Python, such as 3.11.")] = "",
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """Lock packages and register them as the next version of a name."""
    found = Environments(transport(context)).create(
        name, packages=package, file=file, python=python, description=description
    )
    for note in found.notes:
        warn(note)
    show(found, COLUMNS, output=output)


@app.command("show")
def show_(context: typer.Context, name: Name, version: Version = None, output: OutputOption = Output.table) -> None:
    """Show a version; with --output json also its lock and build log."""
    found = Environments(transport(context)).get(name, version)
    columns = () if output is Output.json else (*ALL, "lock_hash", "bytes", "last_used_at", "user")
    show(found, columns, output=output) if columns else show(found, output=output)


@app.command("versions")
def versions(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """List the versions of an environment."""
    show(Environments(transport(context)).versions(name), ALL, output=output)


@app.command("lock")
def lock(context: typer.Context, name: Name, version: Version = None, output: OutputOption = Output.table) -> None:
    """Print the lock: every package with its version and hashes."""
    found = Environments(transport(context)).get(name, version)
    if output is Output.json:
        show({"lock": found.lock}, output=output)
        return
    typer.echo(found.lock, nl=False)


@app.command("archive")
def archive(context: typer.Context, name: Name, version: Version = None, output: OutputOption = Output.table) -> None:
    """Hide versions from lists and from @latest; without --version all of them."""
    show(Environments(transport(context)).archive(name, version), ALL, output=output)


@app.command("restore")
def restore(context: typer.Context, name: Name, version: Version = None, output: OutputOption = Output.table) -> None:
    """Show archived versions again."""
    show(Environments(transport(context)).restore(name, version), ALL, output=output)


@app.command("recipes")
def recipes(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the curated names that are known here, such as sklearn-1.5."""
    show(Environments(transport(context)).recipes(), ("name", "description", "packages"), output=output)


@app.command("space")
def space(context: typer.Context, output: OutputOption = Output.table) -> None:
    """Show what environments and uv's cache take of the disk, and above what some go."""
    found = Environments(transport(context)).space()
    show(found, ("built", "bytes", "cache_bytes", "limit_bytes", "keep_days", "measured_at"), output=output)
