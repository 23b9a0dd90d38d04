"""`studiolo workspace notices …` and `studiolo workspace mail …`."""

import sys
from typing import Annotated

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.studio.workspace.notices.client import MailSender, Notices

notices = typer.Typer(help="What the studio has told you.", no_args_is_help=True)
mail = typer.Typer(help="How the workspace sends mail.", no_args_is_help=True)
_COLUMNS = ("created_at", "severity", "title", "text", "read_at", "id")
_SENT = ("created_at", "to", "subject", "state", "attempts", "error")


@notices.command("list")
def list_(
    context: typer.Context,
    unread: Annotated[bool, typer.Option(help="Only what is unread.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    output: OutputOption = Output.table,
) -> None:
    """List your notices, newest first."""
    found = Notices(transport(context)).list(unread=unread, limit=limit)
    show(found, _COLUMNS, output=output, empty="Nothing to tell.")


@notices.command("read")
def read(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of notices; none: all of them.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Mark notices as read."""
    show({"unread": Notices(transport(context)).mark(ids or None)}, output=output)


@mail.command("show")
def show_mail(context: typer.Context, output: OutputOption = Output.table) -> None:
    """Show how mail is sent; the password is never shown."""
    found = MailSender(transport(context)).show()
    show([] if found is None else found, output=output, empty="This workspace sends no mail yet.")


@mail.command("set")
def set_mail(
    context: typer.Context,
    host: Annotated[str, typer.Argument(help="Name of the mail server.")],
    sender: Annotated[str, typer.Option("--from", help="Address that mail comes from.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="587 for starttls, 465 for tls, 25 for none.")] = 587,
    security: Annotated[str, typer.Option(help="starttls, tls or none.")] = "starttls",
    username: Annotated[str, typer.Option(help="User name at the mail server.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    output: OutputOption = Output.table,
) -> None:
    """Say how mail is to be sent; without --password-stdin a password that is there stays."""
    password = None
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise Invalid("No password came on standard input.", "Pipe it in, one line.", field="password")
    sender_ = MailSender(transport(context))
    show(sender_.set(host, sender, password=password, port=port, security=security, username=username), output=output)


@mail.command("remove")
def remove_mail(context: typer.Context, output: OutputOption = Output.table) -> None:
    """Send no more mail from the workspace."""
    MailSender(transport(context)).remove()
    show({"mail": "removed"}, output=output)


@mail.command("test")
def try_mail(
    context: typer.Context,
    to: Annotated[str, typer.Argument(help="Address that gets the mail.")],
    output: OutputOption = Output.table,
) -> None:
    """Send a mail at once and show what came of it."""
    tried = MailSender(transport(context)).test(to)
    show(tried, output=output)
    if not tried.ok:
        raise typer.Exit(1)


@mail.command("outbox")
def outbox(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    output: OutputOption = Output.table,
) -> None:
    """Show mails that were sent or wait, newest first."""
    show(MailSender(transport(context)).outbox(limit), _SENT, output=output, empty="No mail yet.")
