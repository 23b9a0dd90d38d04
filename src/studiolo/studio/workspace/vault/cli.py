"""`studiolo workspace secrets …` and `studiolo workspace rotate-key`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from studiolo.kernel.auth.roles import Role
from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.runner import scrub
from studiolo.studio.workspace.vault.client import Secrets
from studiolo.studio.workspace.vault.schemas import Secret

app = typer.Typer(help="Named secrets, which jobs use by name and nobody reads.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the secret.")]
AccountOption = Annotated[str | None, typer.Option(help="Name of an account.")]
RoleOption = Annotated[Role | None, typer.Option(help="Everybody of this role.")]
_COLUMNS = ("name", "version", "state", "given", "expires_at", "usable", "why", "last_used_at", "description")


def _secrets(context: typer.Context) -> Secrets:
    return Secrets(transport(context))


def _show(secret: Secret, columns: Sequence[str], output: Output) -> None:
    """Show one secret; who may use it stands in words, as `--role` and `--account` take it."""
    plain = secret.model_dump(mode="json")
    if output is Output.table:
        plain["granted"] = ", ".join(f"{each.kind} {each.name}" for each in secret.granted) or "nobody"
    show(plain, columns, output=output)


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    value_there: Annotated[list[str] | None, typer.Argument(hidden=True, metavar="")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    days: Annotated[float | None, typer.Option(min=0, help="Give it to jobs for so many days only.")] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the value from standard input, all lines.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Write a new version; the value is asked for, or read from standard input, never given as an argument."""
    if value_there:
        raise Invalid(
            "A value on the command line stays in the shell's history and stands in the list of processes: it was not written.",
            f"Write it when you are asked (studiolo workspace secrets set {name}), or pipe it in with --stdin. The one just typed is known now.",
            field="value",
        )
    value = sys.stdin.read().removesuffix("\n") if stdin else typer.prompt("Value", hide_input=True)
    if not value:
        raise Invalid("No value came on standard input.", "Pipe it in.", field="value")
    end = datetime.now(UTC) + timedelta(days=days) if days is not None else None
    made = _secrets(context).set(name, value, description=description, expires_at=end)
    show(made, ("name", "version", "expires_at"), output=output)
    if len(value) < scrub.SHORTEST:
        short = f"note: values of fewer than {scrub.SHORTEST} characters are not taken out of logs; is this all of it?"
        typer.echo(short, err=True)


@app.command("list")
def list_(
    context: typer.Context,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those in the bin.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """List the secrets, without their values."""
    columns = ("name", "version", "deleted_at", "remove_at") if deleted else _COLUMNS
    show(_secrets(context).list(deleted=deleted), columns, output=output)


@app.command("show")
def show_(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show a secret, without its value."""
    _show(_secrets(context).get(name), (), output)


@app.command()
def versions(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """List the versions, newest first; equal fingerprints are equal values."""
    columns = ("version", "state", "size", "fingerprint", "expires_at", "created_at", "created_by")
    show(_secrets(context).versions(name), columns, output=output)


def _set_state(context: typer.Context, name: str, version: int, state: str, output: Output) -> None:
    show(_secrets(context).set_state(name, version, state), ("version", "state"), output=output)


Number = Annotated[int, typer.Argument(min=1, help="Number of the version.")]


@app.command()
def enable(context: typer.Context, name: Name, version: Number, output: OutputOption = Output.table) -> None:
    """Give a version to jobs again."""
    _set_state(context, name, version, "enabled", output)


@app.command()
def disable(context: typer.Context, name: Name, version: Number, output: OutputOption = Output.table) -> None:
    """Give a version to no job."""
    _set_state(context, name, version, "disabled", output)


@app.command("remove-version")
def remove_version(context: typer.Context, name: Name, version: Number, output: OutputOption = Output.table) -> None:
    """Take the value of a version away, at once and for good."""
    _set_state(context, name, version, "removed", output)


@app.command()
def grant(
    context: typer.Context,
    name: Name,
    account: AccountOption = None,
    role: RoleOption = None,
    output: OutputOption = Output.table,
) -> None:
    """Let an account, or everybody of a role, use the secret in jobs."""
    made = _secrets(context).grant(name, account=account, role=role.value if role else None)
    _show(made, ("name", "granted"), output)


@app.command()
def revoke(
    context: typer.Context,
    name: Name,
    account: AccountOption = None,
    role: RoleOption = None,
    output: OutputOption = Output.table,
) -> None:
    """Take it back."""
    made = _secrets(context).revoke(name, account=account, role=role.value if role else None)
    _show(made, ("name", "granted"), output)


@app.command()
def uses(
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 50,
    output: OutputOption = Output.table,
) -> None:
    """List which jobs got the value, newest first."""
    columns = ("at", "account", "version", "env", "run", "run_id", "attempt")
    show(_secrets(context).uses(name, limit), columns, output=output)


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    for_good: Annotated[bool, typer.Option("--for-good", help="Remove it at once, not into the bin.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Put a secret into the bin; no job gets it from now on."""
    _secrets(context).delete(name, for_good=for_good)
    show({"deleted": name}, output=output)


@app.command()
def restore(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Take a secret out of the bin."""
    show(_secrets(context).restore(name), _COLUMNS, output=output)


def rotate_key(
    context: typer.Context,
    look: Annotated[bool, typer.Option("--look", help="Only say how it stands.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Make a new master key and seal all secrets under it; the old one stays until nothing needs it."""
    vault = _secrets(context)
    show(vault.master_key() if look else vault.rotate_key(), output=output)
