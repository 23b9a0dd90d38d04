"""`studiolo env` and `studiolo login`: how other programs and browsers get in."""

import shlex
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.home import Home
from studiolo.kernel.terminal import Output, OutputOption, out, show, transport


def env(context: typer.Context, output: OutputOption = Output.table) -> None:
    """Print the variables that point an MLflow client, the SDK and this command at the studio.

    Use it as: eval "$(studiolo env)"
    """
    connection = transport(context)
    tracking = connection.url if connection.workspace == "default" else f"{connection.url}/w/{connection.workspace}"
    variables = {
        "STUDIOLO_URL": connection.url,
        "STUDIOLO_TOKEN": connection.token,
        "STUDIOLO_WORKSPACE": connection.workspace,
        "MLFLOW_TRACKING_URI": tracking,
        "MLFLOW_TRACKING_TOKEN": connection.token,
    }
    if output is Output.json:
        show(variables, output=output)
        return
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def login(
    context: typer.Context,
    url: Annotated[str | None, typer.Argument(help="A login link of a studio elsewhere; keeps a token for it.")] = None,
    home: Annotated[Path | None, typer.Option(help="Home folder that keeps the token.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Print a fresh one-time login link for the browser; with a link, sign this command line in to that studio."""
    if url is None:
        link = transport(context).post("//api/session/link")
        show(link, ("url",), output=output) if output is Output.json else out.print(link["url"], markup=False)
        return
    from studiolo.kernel.http import Transport

    parts = urlsplit(url)
    ticket = parse_qs(parts.query).get("ticket", [""])[0]
    if not parts.netloc or not ticket:
        raise Invalid(f"'{url}' is no login link.", "It looks like http://host:port/login?ticket=…", field="url")
    base = f"{parts.scheme}://{parts.netloc}"
    token = Transport(base, "none").post("//api/session/exchange", ticket=ticket)["token"]
    place = Home(home or context.find_root().params.get("home"))
    if place.read_state().get("pid"):
        raise Invalid(
            f"{place.root} is the home of a studio on this machine.", "Name another folder with --home.", field="home"
        )
    place.prepare()
    place.write_state({"url": base})
    place.write_token(token)
    show({"url": base, "home": str(place.root)}, output=output)
