"""`studiolo datasets sql` and `rows`."""

from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, out, show, transport
from studiolo.studio.datasets.client import Datasets

SHOWN = 100


def sql(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help='Such as "select count(*) from titanic"; a file as @query.sql.')],
    limit: Annotated[int, typer.Option(min=1, help="Rows that are kept.")] = 10_000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds.")] = 60,
    export: Annotated[Path | None, typer.Option(help="Write the rows to a .csv, .parquet or .arrow file.")] = None,
    save: Annotated[str | None, typer.Option(help="Make a dataset of this name of the answer.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Ask a question in SQL; datasets are tables by their names, versions are quoted: "titanic:2"."""
    if query.startswith("@"):
        path = Path(query[1:])
        if not path.is_file():
            raise Invalid(f"There is no file {path}.", "Check the path.", field="query")
        query = path.read_text("utf-8")
    answer = Datasets(transport(context)).sql(query, limit=limit, timeout=timeout)
    if export:
        answer.export(export)
    saved = answer.save(save) if save else None
    if output is Output.json:
        found = answer.result.model_dump(mode="json")
        show(found | {"saved": saved.reference if saved else None}, output=output)
        return
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.result.first[:SHOWN]]
    show(rows, answer.columns, output=output, empty="No rows.")
    more = f", the first {len(rows):,} shown" if answer.rows > len(rows) else ""
    cut = ", there are more: raise --limit" if answer.cut else ""
    out.print(f"{answer.rows:,} rows in {answer.result.seconds:.2f} s{more}{cut}", markup=False, highlight=False)
    if export:
        out.print(f"written to {export}", markup=False, highlight=False)
    if saved:
        out.print(f"saved as {saved.reference}", markup=False, highlight=False)


def rows(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME[:VERSION]", help="Name of the dataset; the newest version, or one.")
    ],
    offset: Annotated[int, typer.Option(min=0, help="Where to begin, from 0.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    sort: Annotated[str, typer.Option(help="Columns by commas; - in front: largest first.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """Show rows at any place of a dataset of any size."""
    wanted = [column for column in sort.split(",") if column]
    found = Datasets(transport(context)).rows(name, offset=offset, limit=limit, sort=wanted)
    if output is Output.json:
        show(found, output=output)
        return
    columns = ["#", *found.columns]
    lines = [[number + 1, *row] for number, row in zip(found.numbers, found.rows, strict=True)]
    show([dict(zip(columns, line, strict=True)) for line in lines], columns, output=output, empty="No rows there.")
    out.print(f"{found.total:,} rows", markup=False, highlight=False)
