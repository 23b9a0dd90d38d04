"""`studiolo datasets export | traits | split | splits`: rows, what columns mean, parts."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, progress, show, transport
from studiolo.studio.datasets.rows.handle import fetch
from studiolo.studio.datasets.rows.schemas import SplitCreate

Reference = Annotated[
    str, typer.Argument(metavar="NAME[:VERSION][@PART]", help="The newest version, or one; or a part of it.")
]
Name = Annotated[str, typer.Argument(metavar="NAME[:VERSION]", help="The newest version, or one.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(export)
    app.command()(traits)
    app.command()(split)
    app.command()(splits)


def export(
    context: typer.Context,
    name: Reference,
    target: Annotated[Path, typer.Argument(help="A file that ends in .parquet, .arrow or .csv.")],
    column: Annotated[list[str] | None, typer.Option("--column", "-c", help="Only this one; may be repeated.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Only the first so many rows.")] = None,
    after: Annotated[str | None, typer.Option(help="Rows of this moment and later.")] = None,
    before: Annotated[str | None, typer.Option(help="Rows of this moment and earlier.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Write the rows of a version into a file, with their types."""
    version = fetch(transport(context), name)
    version = version.time_after(after) if after else version
    version = version.time_before(before) if before else version
    rows = 0
    part = target.with_name(f"{target.name}.part")
    with progress(f"Exporting {name}", version.rows, quiet=output is Output.json) as bar:
        try:
            reader = version.to_reader(column, limit)
            with _writer(part, target.suffix.lower(), reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
                    rows += batch.num_rows
                    bar.update(bar.task_ids[0], completed=rows)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    show({"path": str(target), "rows": rows}, output=output)


def _writer(path: Path, ending: str, schema: Any) -> Any:
    import pyarrow as pa
    from pyarrow import csv, parquet

    if ending in (".parquet", ".pq"):
        return parquet.ParquetWriter(path, schema, compression="zstd")
    if ending in (".arrow", ".feather"):
        return pa.ipc.new_file(str(path), schema)
    if ending == ".csv":
        return csv.CSVWriter(str(path), schema)
    raise Invalid(f"'{ending}' is not written.", "Use a name that ends in .parquet, .arrow or .csv.", field="target")


def traits(
    context: typer.Context,
    name: Name,
    timestamp: Annotated[
        str | None, typer.Option(help="Column that orders the rows in time; empty takes it away.")
    ] = None,
    partition_timestamp: Annotated[
        str | None, typer.Option(help="Column with the moment in the path of each file.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Column that models will predict.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Show, or say, what columns mean."""
    version = fetch(transport(context), name)
    body = {"timestamp": timestamp, "partition_timestamp": partition_timestamp, "target": target}
    if any(value is not None for value in body.values()):
        transport(context).patch(f"datasets/{version.name}/versions/{version.version}/traits", body)
    show(version.traits(), output=output)


def split(
    context: typer.Context,
    name: Name,
    shares: Annotated[str, typer.Option(help="Parts and their shares, in order.")] = "train=0.8,test=0.2",
    split_name: Annotated[str, typer.Option("--name", help="Of the split.")] = "default",
    method: Annotated[str, typer.Option(help="hash, stratified, group or time.")] = "hash",
    seed: Annotated[int, typer.Option(min=0, help="Another one, another split.")] = 0,
    column: Annotated[str, typer.Option(help="To share out alike, to keep together, or to order by.")] = "",
    key: Annotated[str, typer.Option(help="Column that tells rows apart; default: file and place.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """Record how the rows are split into parts; take one by NAME:VERSION@PART."""
    try:
        parts = {part.split("=")[0].strip(): float(part.split("=")[1]) for part in shares.split(",")}
        spec = SplitCreate.model_validate(
            {"name": split_name, "method": method, "seed": seed, "column": column, "key": key, "shares": parts}
        )
    except (ValueError, IndexError) as error:
        raise Invalid(
            f"The split cannot be used: {error}", "Write shares as train=0.8,test=0.2.", field="shares"
        ) from None
    version = fetch(transport(context), name)
    version.split(spec.shares, name=spec.name, method=spec.method, seed=seed, column=column, key=key)
    made = next(each for each in version.splits() if each.name == spec.name)
    show(
        [{"part": p, "share": s, "reference": made.references[p]} for p, s in made.shares.items()],
        ("part", "share", "reference"),
        output=output,
    )


def splits(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """List the splits that are recorded with a version."""
    found = fetch(transport(context), name).splits()
    show(found, ("name", "method", "shares", "column", "seed", "created_at"), output=output, empty="No splits yet.")
