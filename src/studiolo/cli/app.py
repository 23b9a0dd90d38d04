"""Builds the command tree from studio/*/cli.py, and turns errors into sentences."""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Annotated

import typer

from studiolo.cli import environment, up
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.kernel.terminal import fail
from studiolo.version import __version__

SLICES = ("workspace", "datastores", "compute", "experiments", "datasets", "models", "automl", "endpoints")

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
    context.obj = lambda: Transport(url, token, workspace=workspace, home=home)


app.command("up")(up.up)
app.command("env")(environment.env)
app.command("login")(environment.login)
for _name in SLICES:
    if importlib.util.find_spec(f"studiolo.studio.{_name}.cli") is not None:
        _module = importlib.import_module(f"studiolo.studio.{_name}.cli")
        app.add_typer(_module.app, name=_name)
        for _verb, _command in getattr(_module, "root_commands", {}).items():
            app.command(_verb)(_command)


def main() -> None:
    """Run the command line; a problem is one sentence and exit code 1, a wrong usage exit code 2."""
    try:
        app()
    except StudioloError as error:
        fail(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
