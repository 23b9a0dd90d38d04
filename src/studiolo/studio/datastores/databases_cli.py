"""`studiolo datastores tables, columns, rows, query`: looking into a database."""

from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.studio.datastores.client import Datastores
from studiolo.studio.datastores.schemas import TableHead

Address = Annotated[str, typer.Argument(help="NAME:SCHEMA.TABLE; without a schema the first one is meant.")]
Rows = Annotated[int, typer.Option("--rows", min=1, max=1000, help="How many at most.")]


def tables(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="NAME, or NAME:SCHEMA.")],
    output: OutputOption = Output.table,
) -> None:
    """List the tables and views of a database."""
    name, _, schema = address.partition(":")
    client = Datastores(transport(context))
    rows = [
        {**table.model_dump(), "name": f"{each}.{table.name}"}
        for each in ([schema] if schema else client.schemas(name))
        for table in client.tables(name, each)
    ]
    show(rows, ("name", "kind", "rows"), output=output, empty="There are no tables.")


def columns(context: typer.Context, address: Address, output: OutputOption = Output.table) -> None:
    """List the columns of a table."""
    client = Datastores(transport(context))
    found = client.columns(*_located(client, address))
    show(found.columns, ("name", "type", "nullable", "key"), output=output)


def rows(context: typer.Context, address: Address, rows: Rows = 20, output: OutputOption = Output.table) -> None:
    """Show the first rows of a table."""
    client = Datastores(transport(context))
    name, table, schema = _located(client, address)
    _show(client.rows(name, table, schema, limit=rows), output)


def query(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the datastore.")],
    text: Annotated[str, typer.Argument(help="A SELECT, or @FILE that holds it.")],
    rows: Rows = 20,
    output: OutputOption = Output.table,
) -> None:
    """Show the first rows of a query; all of them become a dataset: `studiolo datasets register --query`."""
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"{text[1:]}: {error}", "Name a readable text file.", field="query") from None
    _show(Datastores(transport(context)).query(name, text, limit=rows), output)


def _show(head: TableHead, output: Output) -> None:
    names = _distinct([column.name for column in head.columns])
    show([dict(zip(names, row, strict=True)) for row in head.rows], tuple(names), output=output, empty="No rows.")


def _distinct(names: list[str]) -> list[str]:
    """Number names that come twice, as an answer of a database may have them.

    >>> _distinct(["a", "a"])
    ['a', 'a_2']
    """
    return [name if name not in names[:place] else f"{name}_{place + 1}" for place, name in enumerate(names)]


def _located(client: Datastores, address: str) -> tuple[str, str, str]:
    name, colon, rest = address.partition(":")
    schema, dot, table = rest.partition(".")
    if not colon or not rest:
        raise Invalid(f"'{address}' names no table.", "Write NAME:SCHEMA.TABLE.", field="table")
    return (name, table, schema) if dot else (name, rest, next(iter(client.schemas(name)), ""))
