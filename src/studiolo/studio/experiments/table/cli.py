"""`studiolo experiments search | columns`: the table of runs, on the screen or as a file."""

import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.table.schemas import RunRecord

_METRICS = 6  # of which a table on the screen has columns when none are chosen


class ExportFormat(StrEnum):
    """Form of an exported table."""

    csv = "csv"
    parquet = "parquet"
    json = "json"


def search(
    context: typer.Context,
    filter: Annotated[str, typer.Argument(help="MLflow's filter, such as: metrics.auc > 0.9")] = "",  # noqa: A002
    order_by: Annotated[list[str], typer.Option(help="Such as: 'metrics.auc DESC'. Repeatable.")] = [],  # noqa: B006
    columns: Annotated[
        str, typer.Option(help="Comma-separated: name, params.depth, metrics.auc, min(metrics.loss), tags.team")
    ] = "",
    experiment: Annotated[list[str], typer.Option(help="Only runs of this experiment: its id. Repeatable.")] = [],  # noqa: B006
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many are listed; an export has all.")] = 50,
    format: Annotated[  # noqa: A002
        ExportFormat | None, typer.Option(help="Send all runs that match in this form; default: by the file's ending.")
    ] = None,
    export: Annotated[Path | None, typer.Option(help="Write all runs that match into this file.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Find runs by what they recorded; write them all into a file with --export."""
    experiments = Experiments(transport(context))
    chosen = [_named(name.strip()) for name in columns.split(",") if name.strip()]
    if export is not None or format is not None:
        more: dict[str, Any] = {"columns": chosen or None, "order_by": order_by, "experiments": experiment}
        form: Any = format.value if format else None
        if export is not None:
            file = experiments.export(export, filter, format=form, **more)
            show({"file": str(file), "size": file.stat().st_size}, output=output)
            return
        with tempfile.TemporaryDirectory() as folder:
            file = experiments.export(Path(folder) / "runs", filter, format=form, **more)
            sys.stdout.buffer.write(file.read_bytes())
        return
    recorded = [name for name in chosen if not name.startswith("attributes.")]
    found = experiments.search(filter, order_by, limit=limit, experiments=experiment, columns=recorded or None)
    if output is Output.json:
        show(found, output=output)
        return
    shown = chosen or [
        "attributes.name",
        "attributes.state",
        *(f"metrics.{key}" for key in sorted({key for record in found for key in record.metrics})[:_METRICS]),
    ]
    headers = {name: name.removeprefix("attributes.") if chosen else name.partition(".")[2] for name in shown}
    rows = [{"id": record.run.id, **{headers[name]: _cell(record, name) for name in shown}} for record in found]
    show(rows, ("id", *headers.values()), empty="No run matches.")


def columns(
    context: typer.Context,
    experiment: Annotated[list[str], typer.Argument(help="Ids of experiments; none: all.")] = [],  # noqa: B006
    text: Annotated[str, typer.Option(help="A part of the name.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """List the names of params, metrics and tags that runs have, most used first."""
    found = Experiments(transport(context)).columns(*experiment, text=text)
    if output is Output.json:
        show(found, output=output)
        return
    rows = [
        {"family": family, "name": one.name, "runs": one.runs}
        for family, names in (("params", found.params), ("metrics", found.metrics), ("tags", found.tags))
        for one in names
    ]
    show(rows, ("family", "name", "runs"), empty="No run has recorded anything.")


def _named(name: str) -> str:
    """Return a column's full name: what has no family is an attribute."""
    return name if "." in name or "(" in name else f"attributes.{name}"


def _cell(record: RunRecord, name: str) -> Any:
    of, _, rest = name.rstrip(")").rpartition("(")
    family, _, key = rest.partition(".")
    key = key.strip("`")
    if family in ("params", "tags"):
        return getattr(record, family).get(key)
    if family == "metrics":
        metric = record.metrics.get(key)
        field = {"min": "low", "max": "high"}.get(of, "value")
        return (
            None
            if metric is None
            else metric.special
            if field == "value" and metric.special
            else getattr(metric, field)
        )
    return getattr(record.run, key, None)


COMMANDS = (search, columns)
