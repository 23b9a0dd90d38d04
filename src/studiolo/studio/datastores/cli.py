"""`studiolo datastores …`: where bytes live."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, counted, fail, out, progress, show, transport, warn
from studiolo.studio.datastores import databases_cli
from studiolo.studio.datastores.client import Datastores
from studiolo.studio.datastores.errors import KindNotFound
from studiolo.studio.datastores.schemas import CheckState, DatastoreKind, KindField

app = typer.Typer(help="Where bytes live: register, try, browse, upload, download.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the datastore.")]
Address = Annotated[str, typer.Argument(help="NAME:PATH, or azureml://datastores/NAME/paths/PATH.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what stands there.")]
_FREE = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command("list")
def list_(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List the datastores, the default one first."""
    columns = ("name", "kind", "default", "read_only", "location", "state")
    found = Datastores(transport(context)).list()
    if output is Output.json:
        show(found, output=output)
        return
    rows = [{**one.model_dump(mode="json"), "state": _word(one.check)} for one in found]
    show(rows, columns, output=output)


@app.command("show")
def show_(context: typer.Context, name: Name = "", output: OutputOption = Output.table) -> None:
    """Show a datastore; of credentials only whether they are set."""
    show(Datastores(transport(context)).get(name or None), output=output)


@app.command()
def kinds(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="Show the fields of this kind.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """List the kinds of datastores, or the options of one."""
    found = Datastores(transport(context)).kinds()
    if not kind:
        show(found, ("name", "title", "installed", "extra"), output=output)
        return
    chosen = _kind(found, kind)
    if output is Output.json:
        show(chosen, output=output)
        return
    out.print(f"{chosen.title}: {chosen.description}", markup=False)
    out.print(f"sign-in (--auth): {', '.join(one.name for one in chosen.auth)}", markup=False)
    rows = [
        {
            "option": _option(field),
            "what": field.title,
            "required": field.required,
            "sign_in": ", ".join(field.auth),
            "help": _about(field),
        }
        for field in chosen.fields
    ]
    show(rows, output=output)


def _about(field: KindField) -> str:
    """Return what an option takes: its help, an example, what may be chosen and what is meant without it."""
    default = str(field.default).lower() if isinstance(field.default, bool) else field.default
    parts = [
        field.help.rstrip("."),
        f"one of {', '.join(field.choices)}" if field.choices else "",
        f"such as {field.example}" if field.example else "",
        f"default {default}" if default not in (None, "") else "",
    ]
    return "; ".join(part for part in parts if part)


@app.command(context_settings=_FREE)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Letters, digits and underscores.")] = "",
    kind: Annotated[str, typer.Option(help="The kind; its options: studiolo datastores kinds KIND")] = "",
    file: Annotated[Path | None, typer.Option(help="A YAML file, also one of Azure ML.")] = None,
    auth: Annotated[str, typer.Option(help="The way to sign in; default by the credentials given.")] = "",
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Never write to it.")] = False,
    default: Annotated[bool, typer.Option("--default", help="Make it the default.")] = False,
    check: Annotated[bool, typer.Option(help="Try the connection afterwards.")] = True,
    output: OutputOption = Output.table,
) -> None:
    """Register a datastore: `create sales --kind s3 --bucket b --access-key-id k --secret-access-key-env SECRET`.

    Options of the kind follow: studiolo datastores kinds KIND. Credentials are taken from a variable (--FIELD-env), a file
    (--FIELD-file) or asked for; never from the command line, which others on the machine can read.
    """
    client = Datastores(transport(context))
    if file is not None:
        from studiolo.studio.datastores.definitions import load

        _no_more(context.args)
        spec = load(file)
        made = client.create_from(spec.model_copy(update={"name": name} if name else {}))
    else:
        if not name or not kind:
            raise Invalid("Name and kind are needed.", "Or a YAML file: --file datastore.yml", field="name")
        chosen = _kind(client.kinds(), kind)
        config, credentials = _given(chosen, context.args, auth)
        made = client.create(
            name,
            kind,
            auth=auth or None,
            credentials=credentials,
            description=description,
            read_only=read_only,
            default=default,
            **config,
        )
    if check and made.family != "blobs":
        state = client.check(made.name)
        if not state.ok and output is Output.table:
            fail(Invalid(f"Registered, but the connection does not work: {state.cause}", state.hint))
        made = client.get(made.name)
    show(made, ("name", "kind", "location", "default", "read_only"), output=output)


@app.command()
def check(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Try the connection; ends with code 1 when it does not work."""
    found = Datastores(transport(context)).check(name)
    if output is Output.json:
        show(found, output=output)
    elif found.ok:
        out.print(f"{name} works ({found.milliseconds:.0f} ms).", markup=False)
    else:
        fail(Invalid(found.cause, found.hint))
    if not found.ok:
        raise typer.Exit(1)


@app.command(context_settings=_FREE)
def rotate(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Replace credentials: --FIELD-env NAME, --FIELD-file PATH, or asked for."""
    client = Datastores(transport(context))
    store = client.get(name)
    chosen = _kind(client.kinds(), store.kind)
    config, credentials = _given(chosen, context.args, store.auth)
    if config:
        raise Invalid(
            "Only credentials are rotated.",
            "Change other fields with: studiolo datastores update",
            field=next(iter(config)),
        )
    show(client.rotate(name, **credentials), ("name", "credentials"), output=output)


@app.command(context_settings=_FREE)
def update(
    context: typer.Context,
    name: Name,
    auth: Annotated[str, typer.Option(help="Another way to sign in.")] = "",
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    read_only: Annotated[bool | None, typer.Option(help="Whether it is never written to.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Change fields; another address or sign-in needs the credentials anew."""
    client = Datastores(transport(context))
    chosen = _kind(client.kinds(), client.get(name).kind)
    config, credentials = _given(chosen, context.args, auth, ask=bool(auth))
    changes: dict[str, Any] = {"description": description, "read_only": read_only, "auth": auth or None}
    changes |= {"config": config or None, "credentials": credentials or None}
    given = {key: value for key, value in changes.items() if value is not None}
    show(client.update(name, **given), ("name", "kind", "location", "auth", "read_only"), output=output)


@app.command("set-default")
def set_default(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Make it the one that is meant when none is named."""
    show(Datastores(transport(context)).set_default(name), ("name", "default"), output=output)


@app.command()
def delete(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Forget a datastore and its credentials; what is in it stays."""
    Datastores(transport(context)).delete(name)
    show({"deleted": name}, output=output)


@app.command()
def browse(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="NAME, NAME:FOLDER or an address.")],
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 1000,
    output: OutputOption = Output.table,
) -> None:
    """List a folder."""
    name, folder = Datastores.locate(address if ":" in address else f"{address}:")
    found = Datastores(transport(context)).browse(name, folder, limit=min(limit, 1000))
    rows = [
        {**one.model_dump(mode="json"), "path": one.path + "/" * one.folder}
        for _, one in zip(range(limit), found, strict=False)
    ]
    show(rows, ("path", "size", "modified"), output=output, empty="The folder is empty.")
    if len(rows) == limit and next(found, None):
        warn(f"These are the first {limit:,}: more are there (--limit).")


@app.command()
def upload(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="A file or a folder of this machine.", exists=True)],
    address: Annotated[str, typer.Argument(help="NAME:PATH; a path that ends with / is a folder.")],
    overwrite: Overwrite = False,
    output: OutputOption = Output.table,
) -> None:
    """Upload a file or a folder."""
    name, path = Datastores.locate(address)
    sizes = (
        source.stat().st_size if source.is_file() else sum(f.stat().st_size for f in source.rglob("*") if f.is_file())
    )
    with progress(source.name, sizes, bytes_=True, quiet=output is Output.json) as bar:
        client = Datastores(transport(context))
        made = client.upload(name, source, path, overwrite=overwrite, through=lambda pieces: counted(pieces, bar))
    show(made, ("path", "size"), output=output)


@app.command()
def download(
    context: typer.Context,
    address: Address,
    target: Annotated[Path, typer.Argument(help="A folder, or the path of the file.")] = Path(),
    output: OutputOption = Output.table,
) -> None:
    """Fetch a file, or a folder with all that is below it."""
    name, path = Datastores.locate(address)
    with progress(path or name, None, bytes_=True, quiet=output is Output.json) as bar:
        made = Datastores(transport(context)).download(
            name, path, target, progress=lambda size: bar.advance(bar.task_ids[0], size)
        )
    show([{"file": str(one)} for one in made], output=output)


@app.command()
def cat(context: typer.Context, address: Address) -> None:
    """Write the bytes of a file to standard output."""
    name, path = Datastores.locate(address)
    for piece in Datastores(transport(context)).stream(name, path):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


@app.command("remove-file")
def remove_file(context: typer.Context, address: Address, output: OutputOption = Output.table) -> None:
    """Remove a file from the store; it cannot be brought back."""
    name, path = Datastores.locate(address)
    Datastores(transport(context)).remove(name, path)
    show({"removed": path}, output=output)


app.command("tables")(databases_cli.tables)
app.command("columns")(databases_cli.columns)
app.command("rows")(databases_cli.rows)
app.command("query")(databases_cli.query)


@app.command("used-by")
def used_by(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """List what points at a datastore."""
    show(Datastores(transport(context)).used_by(name), output=output, empty="Nothing uses it.")


def _word(state: CheckState | None) -> str:
    return "not tried" if state is None else "works" if state.ok else state.cause


def _kind(found: list[DatastoreKind], name: str) -> DatastoreKind:
    for kind in found:
        if kind.name == name:
            return kind
    raise KindNotFound(name, [kind.name for kind in found])


def _option(field: KindField) -> str:
    name = "--" + field.name.replace("_", "-")
    return f"{name}-env" if field.secret else name


def _no_more(rest: list[str]) -> None:
    if rest:
        raise Invalid(f"'{rest[0]}' is not understood here.", "See: studiolo datastores create --help")


def _given(
    kind: DatastoreKind, rest: list[str], auth: str, *, ask: bool = True
) -> tuple[dict[str, Any], dict[str, str | None]]:
    """Read `--option value` and `--option=value` by the kind's fields; secrets from variables, files or a question."""
    fields = {field.name: field for field in kind.fields}
    config: dict[str, Any] = {}
    credentials: dict[str, str | None] = {}
    words = iter(rest)
    for word in words:
        option, equals, value = word.partition("=")
        key = option.removeprefix("--").replace("-", "_")
        if not option.startswith("--"):
            _no_more([word])
        value = value if equals else next(words, "")
        name, _, how = key.rpartition("_")
        if key in fields and not fields[key].secret:
            config[key] = value
        elif name in fields and fields[name].secret and how in ("env", "file"):
            credentials[name] = _secret(how, value, name)
        elif key in fields:
            raise Invalid(
                f"The {fields[key].title} is not taken from the command line, which others can read.",
                f"Use {option}-env VARIABLE or {option}-file PATH, or leave it out to be asked.",
                field=key,
            )
        else:
            raise Invalid(
                f"{kind.title} has no option {option}.", f"See: studiolo datastores kinds {kind.name}", field=key
            )
    if ask and sys.stdin.isatty():
        _ask(kind, auth, credentials)
    return config, credentials


def _secret(how: str, value: str, name: str) -> str:
    if how == "env":
        found = os.environ.get(value)
        if not found:
            raise Invalid(f"The variable {value} is not set.", "Export it first.", field=name)
        return found
    try:
        return Path(value).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{value}: {error}", "Name a readable text file.", field=name) from None


def _ask(kind: DatastoreKind, auth: str, credentials: dict[str, str | None]) -> None:
    way = auth or (kind.auth[0].name if not credentials else "")
    for field in kind.fields:
        wanted = (
            field.secret and field.required and field.name not in credentials and (not field.auth or way in field.auth)
        )
        if wanted and field.type != "lines":
            credentials[field.name] = typer.prompt(field.title, hide_input=True)
