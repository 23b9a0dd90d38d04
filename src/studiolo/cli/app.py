"""Builds the command tree from studio/*/cli.py, and turns errors into sentences."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from studiolo.cli import apply, environment, up
from studiolo.kernel.errors import Invalid, StudioloError
from studiolo.kernel.terminal import fail
from studiolo.studio.slices import SLICES, parts
from studiolo.version import __version__

OWNERS = {"submit": "pipelines"}  # the slices of commands that stand beside the slices


class Commands(TyperGroup):
    """Imports the commands of the slice that is asked for, of all for the help and for a word that nobody knows."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # typer keeps its copy of Click to itself
        """Return a command of the studio, or the group of a slice."""
        if cmd_name not in self.commands:
            owner = OWNERS.get(cmd_name, cmd_name)
            self._attach([owner] if owner in SLICES else SLICES)
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return all of them."""
        self._attach(SLICES)
        return super().list_commands(ctx)

    def _attach(self, slices: Sequence[str]) -> None:
        attach_slices(slices)
        self.commands = typer.main.get_group(app).commands


app = typer.Typer(
    cls=Commands,
    name="studiolo",
    help="A machine-learning studio that you own.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"studiolo {__version__}")
        raise typer.Exit


@app.callback()
def studio(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="Address of the studio; else the one started with this home.")] = None,
    token: Annotated[str | None, typer.Option(help="API token; else the one in the home folder.")] = None,
    workspace: Annotated[str | None, typer.Option("--workspace", "-w", help="Workspace to work in.")] = None,
    home: Annotated[Path | None, typer.Option(help="Home folder of the studio.")] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """A machine-learning studio that you own."""

    def connect() -> object:
        from studiolo.kernel.http import Transport

        return Transport(url, token, workspace=workspace, home=home)

    context.obj = connect


app.command("up")(up.up)
app.command("env")(environment.env)
app.command("login")(environment.login)
app.command("apply")(apply.apply)


def attach_slices(slices: Sequence[str] = SLICES) -> None:
    """Add the commands of slices that are not there yet."""
    there = {group.name for group in app.registered_groups}
    for name, module in parts("cli", [name for name in slices if name not in there]):
        app.add_typer(module.app, name=name)
        for verb, command in getattr(module, "root_commands", {}).items():
            app.command(verb)(command)


def main() -> None:
    """Run the command line; a problem is one sentence and exit code 1, a wrong usage exit code 2."""
    try:
        app()
    except StudioloError as error:
        fail(error)
        sys.exit(1)
    except ValidationError as error:  # a noun that the SDK makes of what was given, before it is sent
        first = error.errors()[0]
        fail(Invalid(f"{first['msg'].removeprefix('Value error, ')}.", field=".".join(map(str, first["loc"]))))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
