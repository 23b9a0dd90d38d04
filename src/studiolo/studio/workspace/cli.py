"""`studiolo workspace …`."""

import sys
from typing import Annotated

import typer

from studiolo.kernel.auth.roles import Role
from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, out, show, transport
from studiolo.studio.workspace import webhooks_cli
from studiolo.studio.workspace.client import Workspaces
from studiolo.studio.workspace.notices import cli as notices_cli
from studiolo.studio.workspace.vault import cli as vault_cli

app = typer.Typer(help="Workspaces, members, accounts, tokens and the audit trail.", no_args_is_help=True)
accounts = typer.Typer(help="Who can sign in to this studio.", no_args_is_help=True)
tokens = typer.Typer(help="Your API tokens.", no_args_is_help=True)
app.add_typer(accounts, name="accounts")
app.add_typer(tokens, name="tokens")
app.add_typer(webhooks_cli.app, name="webhooks")
app.add_typer(vault_cli.app, name="secrets")
app.command("rotate-key")(vault_cli.rotate_key)
app.add_typer(notices_cli.notices, name="notices")
app.add_typer(notices_cli.mail, name="mail")

Name = Annotated[str, typer.Argument(help="Name of the account.")]
RoleOption = Annotated[Role | None, typer.Option(help="Role in the workspace 'default'.")]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def _workspaces(context: typer.Context) -> Workspaces:
    return Workspaces(transport(context))


@app.command("list")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the workspaces you are a member of."""
    show(_workspaces(context).list(), ("workspace", "role"), output=output)


@app.command("show")
def show_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """Show what this workspace is and what it stands on."""
    show(_workspaces(context).show(), output=output)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Small letters, digits and hyphens.")],
    output: OutputOption = Output.table,
) -> None:
    """Add a workspace and become its owner."""
    show(_workspaces(context).create(name), ("name", "role"), output=output)


@app.command()
def members(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the members of the workspace."""
    show(_workspaces(context).members(), ("name", "role", "disabled"), output=output)


@app.command("set-role")
def set_role(
    context: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Argument(help="Role in this workspace.")],
    output: OutputOption = Output.table,
) -> None:
    """Make an account a member of the workspace, or change its role."""
    show(_workspaces(context).set_role(name, role.value), ("name", "role"), output=output)


@app.command("remove-member")
def remove_member(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """End an account's membership."""
    _workspaces(context).remove_member(name)
    show({"removed": name}, output=output)


@accounts.command("list")
def list_accounts(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List everybody who can sign in."""
    show(_workspaces(context).accounts(), ("name", "disabled", "has_password", "created_at"), output=output)


@accounts.command("create")
def create_account(
    context: typer.Context,
    name: Name,
    role: RoleOption = None,
    password_stdin: StdinOption = False,
    output: OutputOption = Output.table,
) -> None:
    """Add an account; without --password-stdin it has no password yet (studiolo workspace set-password)."""
    password = _from_stdin() if password_stdin else None
    made = _workspaces(context).create_account(name, password=password, role=role.value if role else None)
    show(made, ("name", "has_password"), output=output)


@accounts.command("disable")
def disable(
    context: typer.Context,
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let the account in again.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Shut an account out at once."""
    show(_workspaces(context).disable(name, disabled=not undo), ("name", "disabled"), output=output)


@app.command("set-password")
def set_password(
    context: typer.Context, name: Name, password_stdin: StdinOption = False, output: OutputOption = Output.table
) -> None:
    """Give an account a password; it is asked for twice, or read from standard input."""
    password = _from_stdin() if password_stdin else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    _workspaces(context).set_password(name, password)
    show({"password_set": name}, output=output)


@tokens.command("list")
def list_tokens(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List your API tokens; their secrets are not kept."""
    columns = ("id", "name", "workspace", "scopes", "created_at", "expires_at")
    show(_workspaces(context).tokens(), columns, output=output)


@tokens.command("create")
def create_token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    days: Annotated[float, typer.Option(min=0, help="How long it is good; 0: until it is revoked.")] = 90,
    scope: Annotated[
        list[str] | None, typer.Option(help="Narrow it to this, e.g. datasets.read or '*.read'; repeat for more.")
    ] = None,
    output: OutputOption = Output.table,
) -> None:
    """Make an API token for this workspace; it is printed this once."""
    made = _workspaces(context).create_token(name, days=days or None, scopes=scope or None)
    if output is Output.json:
        show(made, output=output)
        return
    out.print(made.token, markup=False, highlight=False)


@tokens.command("revoke")
def revoke_token(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="Id of the token.")],  # noqa: A002 - what the user calls it
    output: OutputOption = Output.table,
) -> None:
    """Make one of your tokens useless, at once."""
    _workspaces(context).revoke_token(id)
    show({"revoked": id}, output=output)


@app.command()
def audit(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many entries.")] = 50,
    output: OutputOption = Output.table,
) -> None:
    """Show who did what, newest first."""
    show(_workspaces(context).audit(limit), ("at", "actor", "action", "subject", "detail"), output=output)


def _from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Invalid("No password came on standard input.", "Pipe it in, one line.", field="password")
    return password
