"""`studiolo datasets …`: tables, their versions, preview and profile."""

from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, counted, out, progress, show, transport
from studiolo.studio.datasets import columns_cli, registrations_cli, versions_cli
from studiolo.studio.datasets.client import Datasets
from studiolo.studio.datasets.explore import cli as explore
from studiolo.studio.datasets.mltable import client as mltable
from studiolo.studio.datasets.monitors import cli as monitors_cli
from studiolo.studio.datasets.profile_schemas import ColumnProfile
from studiolo.studio.datasets.quality import cli as quality_cli
from studiolo.studio.datasets.rows import cli as rows_cli

app = typer.Typer(help="Tables: create, list, preview, profile.", no_args_is_help=True)
rows_cli.add_to(app)
app.add_typer(monitors_cli.app, name="monitors")
app.command("drift")(monitors_cli.drift)
app.add_typer(quality_cli.app, name="quality")

Name = Annotated[str, typer.Argument(metavar="NAME[:VERSION]", help="Name of the dataset; the newest version, or one.")]
VERSION = ("reference", "rows", "columns", "format", "size", "created_at", "created_by")


@app.command()
def create(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(help="A file, several, or a folder.")] = None,
    yaml: Annotated[
        Path | None, typer.Option("--file", "-f", help="An Azure ML data YAML that names the rest.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", "-n", help="Default: the file's own.")] = None,
    kind: registrations_cli.KindOption = "tabular",
    description: Annotated[str | None, typer.Option(help="What the table is.")] = None,
    tag: registrations_cli.TagOption = None,
    unpack: Annotated[bool, typer.Option("--unpack", help="Unpack archives.")] = False,
    session: Annotated[str | None, typer.Option(help="Go on with an upload that was cut off.")] = None,
    wait: registrations_cli.WaitOption = True,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="delimited, json_lines, json, parquet, arrow, excel, texts, images or delta."),
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="What separates the values; default: found out.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as cp1252; default: found out.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Of a workbook: its name, or its number from 1.")] = None,
    table_version: Annotated[int | None, typer.Option(min=0, help="Of a Delta table; default: its newest.")] = None,
    table_time: Annotated[str | None, typer.Option(help="A Delta table as of a time: 2026-01-31T00:00:00Z.")] = None,
    header: Annotated[
        bool | None, typer.Option(help="Whether the first row names the columns; else found out.")
    ] = None,
    read: registrations_cli.ReadOption = None,
    column: columns_cli.ColumnOption = None,
    rename: columns_cli.RenameOption = None,
    leave_out: columns_cli.LeaveOutOption = None,
    timestamp: columns_cli.TimestampOption = None,
    output: OutputOption = Output.table,
) -> None:
    """Create a dataset from files or a folder, or the next version of one; a folder with an MLTable file is read as that says."""
    datasets = Datasets(transport(context))
    if yaml is not None:
        registrations_cli.create_from_yaml(datasets, yaml, wait=wait, output=output)
        return
    if not files:
        raise Invalid("What is to be registered?", "Name a file or folder, or a YAML with --file.", field="file")
    for place in files:
        if not place.exists():
            raise Invalid(
                f"There is no file {place}.", "Check the path; the dataset's name is said by --name.", field="file"
            )
    delimiter = "\t" if delimiter in ("tab", "\\t") else delimiter
    file = files[0]
    columns = columns_cli.chosen(column, rename, leave_out, timestamp)
    by_registration = (  # what one request with the table in it cannot say
        len(files) > 1,
        file.is_dir(),
        kind == "file",
        unpack,
        tag,
        session,
        sheet,
        read,
        columns,
        table_version is not None,
        table_time,
        mltable.is_one(file),
    )
    if any(by_registration):
        reading: dict[str, object] = {"format": format_, "delimiter": delimiter, "encoding": encoding, "header": header}
        reading |= {"sheet": sheet, "table_version": table_version, "table_time": table_time}
        reading |= registrations_cli.reading_of(read) | columns
        registrations_cli.send(
            datasets,
            files,
            name,
            kind=kind,
            description=description,
            tags=registrations_cli.tags_of(tag),
            unpack=unpack,
            session=session,
            reading={key: value for key, value in reading.items() if value is not None},
            wait=wait,
            output=output,
        )
        return
    size = file.stat().st_size
    with progress(f"Uploading {file.name}", size, bytes_=True, quiet=output is Output.json) as bar:
        created = datasets.upload(
            file,
            name,
            description=description,
            format=format_,
            delimiter=delimiter,
            encoding=encoding,
            header=header,
            through=lambda pieces: counted(pieces, bar),
        )
    if output is Output.json:
        show(created, output=output)
        return
    show(created.dataset, VERSION, output=output)
    for note in [created.note, *registrations_cli.notes_of(created.dataset)]:
        if note:
            out.print(f"note: {note}", markup=False, highlight=False)


@app.command("list")
def list_(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="A part of the name.")] = "",
    deleted: Annotated[bool, typer.Option("--deleted", help="Those in the bin.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """List datasets, last changed first."""
    columns = ("name", "version", "rows", "columns", "format", "file_count", "size", "updated_at")
    empty = "The bin is empty." if deleted else "No datasets yet."
    show(
        Datasets(transport(context)).list(search, deleted=deleted),
        (*columns, "remove_at") if deleted else columns,
        output=output,
        empty=empty,
    )


@app.command("show")
def show_(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show a version: its columns, files and notes."""
    found = Datasets(transport(context)).get(name)
    show(found, () if output is Output.json else (*VERSION, "quality"), output=output)
    if output is Output.json:
        return
    out.print(f"profile     {found.profile.state}\n", markup=False)
    show(found.table.columns, ("name", "type", "stored"), output=output)
    for note in found.table.notes:
        out.print(f"note: {note.message}", markup=False, highlight=False)


@app.command()
def versions(
    context: typer.Context,
    name: Name,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those in the bin.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """List the versions of a dataset, newest first."""
    show(Datasets(transport(context)).versions(name, deleted=deleted), (*VERSION, "quality", "tags"), output=output)


@app.command()
def preview(
    context: typer.Context,
    name: Name,
    rows: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 10,
    output: OutputOption = Output.table,
) -> None:
    """Show the first rows."""
    datasets = Datasets(transport(context))
    found = datasets.preview(name, rows=rows)
    if output is Output.json:
        show(found, output=output)
        return
    columns = [column.name for column in found.columns]
    show([dict(zip(columns, row, strict=True)) for row in found.rows], columns, output=output)
    version = datasets.get(name)
    if version.mode == "referenced":
        out.print(
            f"note: these rows were kept when {version.reference} was registered; its files stay in "
            f"'{version.datastore}', where they may have changed since.",
            markup=False,
            highlight=False,
        )


@app.command()
def profile(
    context: typer.Context,
    name: Name,
    wait: Annotated[bool, typer.Option(help="Wait until it is computed.")] = True,
    exact: Annotated[bool, typer.Option("--exact", help="Compute it anew, from all rows.")] = False,
    target: Annotated[str, typer.Option(help="Column to predict: compute it anew, find what gives it away.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """Show what the columns hold: missing, distinct, extremes, quartiles, frequent values; of files as they are, what they are like."""
    datasets = Datasets(transport(context))
    if datasets.get(name).kind == "file":
        versions_cli.show_file_profile(datasets, name, output)
        return
    with progress(f"Profile of {name}", 1.0, quiet=output is Output.json) as bar:

        def watch(share: float, label: str) -> None:
            bar.update(bar.task_ids[0], completed=share, description=label or None)

        if exact or target:
            datasets.profile_again(name, exact=exact, target=target)
            try:
                found = datasets.wait_for_profile(name, watch=watch)
            except KeyboardInterrupt:
                datasets.cancel_profile(name)
                raise
        else:
            found = datasets.profile(name, wait=wait, watch=watch)
    if output is Output.json:
        show(found, output=output)
        return
    columns = ("column", "type", "missing", "distinct", "min", "median", "max", "mean", "frequent")
    show([_line(column) for column in found.columns], columns, output=output)
    out.print(f"\n{found.rows:,} rows. {found.sample.note}", markup=False, highlight=False)
    for alert in found.alerts:
        out.print(f"note: {alert.message}", markup=False, highlight=False)


def _line(column: ColumnProfile) -> dict[str, object]:
    return {
        "column": column.name,
        "type": column.type,
        "missing": f"{column.missing_share:.1%}" if column.missing else "",
        "distinct": column.distinct,
        "min": column.min,
        "median": column.quantiles.get("0.5"),
        "max": column.max,
        "mean": column.mean,
        "frequent": ", ".join(f"{top.value} ({top.share:.0%})" for top in column.top[:3] if top.share >= 0.01),
    }


@app.command()
def sample(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the sample.")] = "titanic",
    output: OutputOption = Output.table,
) -> None:
    """Make a dataset of a table that comes with the studio."""
    show(Datasets(transport(context)).create_sample(name), () if output is Output.json else VERSION, output=output)


for command in (*versions_cli.COMMANDS, *registrations_cli.COMMANDS):
    app.command()(command)
app.command("sql")(explore.sql)
app.command("rows")(explore.rows)
