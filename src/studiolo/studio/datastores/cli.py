"""`studiolo datastores …`: where bytes live."""

from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.studio.datastores.client import Datastores

app = typer.Typer(help="Where bytes live.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the datastore.")]


@app.command("list")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the datastores, the default one first."""
    columns = ("name", "kind", "default", "location", "free_bytes", "total_bytes")
    show(Datastores(transport(context)).list(), columns, output=output)


@app.command("show")
def show_(context: typer.Context, name: Name = "workspace", output: OutputOption = Output.table) -> None:
    """Show a datastore and the room that is left."""
    show(Datastores(transport(context)).get(name), output=output)
