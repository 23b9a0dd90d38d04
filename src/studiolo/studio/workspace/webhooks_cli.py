"""`studiolo workspace webhooks …`."""

import sys
from typing import Annotated, Any

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, out, show, transport
from studiolo.studio.workspace.webhooks_client import Webhooks

app = typer.Typer(help="URLs that are told of what happens in the workspace.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="Id or name of the webhook.")]
SecretOption = Annotated[
    bool, typer.Option("--secret-stdin", help="Read the secret that signs deliveries from standard input.")
]
EventOption = Annotated[list[str] | None, typer.Option("--event", help="What to tell of; repeat for more.")]
_COLUMNS = ("id", "name", "url", "events", "status", "has_secret")
_SENT = ("id", "kind", "state", "attempts", "status", "error", "sent_at", "next_at")


def _webhooks(context: typer.Context) -> Webhooks:
    return Webhooks(transport(context))


def _id(hooks: Webhooks, which: str) -> str:
    """Find the id of a name; what is no name of one is taken as an id."""
    named = [hook.id for hook in hooks.list() if which in (hook.name, hook.id)]
    if len(named) > 1:
        raise Invalid(f"{len(named)} webhooks are called '{which}'.", "Name it by its id.", field="id")
    return named[0] if named else which


@app.command("list")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the webhooks."""
    show(_webhooks(context).list(), _COLUMNS, output=output)


@app.command()
def events(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List what a webhook can be told of."""
    found = _webhooks(context).events()
    if output is Output.json:
        show(found, output=output)
        return
    for kind in found:
        out.print(kind, markup=False, highlight=False)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Letters, digits, dots, hyphens.")],
    url: Annotated[str, typer.Argument(help="https://…")],
    event: EventOption = None,
    secret_stdin: SecretOption = False,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """Add a webhook; without --event it is told of new versions of models."""
    secret = _from_stdin() if secret_stdin else None
    kinds = event or ["model_version.created"]
    show(_webhooks(context).create(name, url, kinds, secret=secret, description=description), output=output)


@app.command()
def update(
    context: typer.Context,
    id: Id,  # noqa: A002 - what the user calls it
    url: Annotated[str | None, typer.Option(help="Another URL.")] = None,
    event: EventOption = None,
    secret_stdin: SecretOption = False,
    disable: Annotated[bool | None, typer.Option("--disable/--enable", help="Stop telling, or go on.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Change a webhook."""
    changes: dict[str, Any] = {}
    if url:
        changes["url"] = url
    if event:
        changes["events"] = event
    if secret_stdin:
        changes["secret"] = _from_stdin()
    if disable is not None:
        changes["status"] = "disabled" if disable else "active"
    hooks = _webhooks(context)
    show(hooks.update(_id(hooks, id), **changes), output=output)


@app.command()
def delete(context: typer.Context, id: Id, output: OutputOption = Output.table) -> None:  # noqa: A002
    """Delete a webhook and its log."""
    hooks = _webhooks(context)
    hooks.delete(_id(hooks, id))
    show({"deleted": id}, output=output)


@app.command("test")
def try_out(
    context: typer.Context,
    id: Id,  # noqa: A002
    event: Annotated[str | None, typer.Option(help="Whose example to send.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Send an example at once and show what came of it."""
    hooks = _webhooks(context)
    show(hooks.test(_id(hooks, id), event), output=output)


@app.command()
def deliveries(
    context: typer.Context,
    id: Id,  # noqa: A002
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    output: OutputOption = Output.table,
) -> None:
    """Show what was sent, newest first."""
    hooks = _webhooks(context)
    show(hooks.deliveries(_id(hooks, id), limit), _SENT, output=output)


@app.command("send-again")
def send_again(
    context: typer.Context,
    id: Id,  # noqa: A002
    delivery: Annotated[str, typer.Argument(help="Id of the delivery.")],
    output: OutputOption = Output.table,
) -> None:
    """Send a delivery once more, under its own id."""
    hooks = _webhooks(context)
    show(hooks.send_again(_id(hooks, id), delivery), output=output)


def _from_stdin() -> str:
    secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise Invalid("No secret came on standard input.", "Pipe it in, one line.", field="secret")
    return secret
