"""Builds the command tree from studio/*/cli.py, and turns errors into sentences."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from studiolo.cli import apply, environment, up
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.terminal import fail
from studiolo.studio.slices import parts
from studiolo.version import __version__

app = typer.Typer(
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


def attach_slices() -> None:
    """Add the commands of every slice."""
    for name, module in parts("cli"):
        app.add_typer(module.app, name=name)
        for verb, command in getattr(module, "root_commands", {}).items():
            app.command(verb)(command)


def main() -> None:
    """Run the command line; a problem is one sentence and exit code 1, a wrong usage exit code 2."""
    if sys.argv[1:2] != ["up"]:  # `up` is waited for: it starts the server before anything else is imported
        attach_slices()
    try:
        app()
    except StudioloError as error:
        fail(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
