"""`studiolo experiments compare | diff`: runs beside each other."""

from typing import Annotated, Any

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, show, transport, warn
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.comparison.client import Compared

RunIds = Annotated[list[str], typer.Argument(help="Ids of the runs.")]


def compare(
    context: typer.Context,
    runs: RunIds,
    every: Annotated[bool, typer.Option("--all", help="Also what is the same in all of them.")] = False,
    baseline: Annotated[str | None, typer.Option(help="Run from which metrics are counted.")] = None,
    statistic: Annotated[str, typer.Option(help="Of a metric: last, low or high.")] = "last",
    output: OutputOption = Output.table,
) -> None:
    """Put runs beside each other: by default only what differs."""
    if statistic not in ("last", "low", "high"):
        raise Invalid(f"'{statistic}' is no statistic.", "Choose last, low or high.", field="statistic")
    found = Experiments(transport(context)).compare([*runs, baseline] if baseline else runs)
    for run_id in found.missing:
        warn(f"Run with id={run_id} not found; it is left out.")
    if output is Output.json:
        show(found, output=output)
        return
    if not found.runs:
        show([], empty="None of these runs is there.")
        return
    base = next((n for n, run in enumerate(found.runs) if run.id == baseline), None)
    rows = _rows(found, every or len(found.runs) == 1, base, statistic)
    show(rows, ("what", *_heads(found)), empty="Nothing differs. See all: --all")


def _heads(found: Compared) -> list[str]:
    names = [run.name or run.id[-8:] for run in found.runs]
    return [n if names.count(n) == 1 else f"{n} {run.id[-8:]}" for n, run in zip(names, found.runs, strict=True)]


def _rows(found: Compared, every: bool, base: int | None, statistic: str) -> list[dict[str, Any]]:
    heads = _heads(found)
    rows = [
        {"what": f"{prefix}.{text.key}", **dict(zip(heads, text.values, strict=True))}
        for prefix, texts in (("params", found.params), ("tags", found.tags))
        for text in texts
        if every or text.differs
    ]
    for metric in found.metrics:
        if every or metric.differs:
            values = metric.values(statistic)
            cells = [_cell(value, values, n, base) for n, value in enumerate(values)]
            rows.append({"what": f"metrics.{metric.key}", **dict(zip(heads, cells, strict=True))})
    return rows


def _cell(value: float | str | None, values: list[float | str | None], n: int, base: int | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if base is None or n == base or (other := values[base]) is None or isinstance(other, str):
        return f"{value:.6g}"
    share = f" ({(value - other) / abs(other):+.1%})" if other else ""
    return f"{value:.6g}  {value - other:+.3g}{share}"


def diff(
    context: typer.Context,
    first: Annotated[str, typer.Argument(help="Id of a run.")],
    second: Annotated[str, typer.Argument(help="Id of another run.")],
    path: Annotated[
        str | None, typer.Argument(help="File to compare line by line; without: which files differ.")
    ] = None,
    output: OutputOption = Output.table,
) -> None:
    """Compare the files of two runs, or one file line by line."""
    experiments = Experiments(transport(context))
    if path is None:
        files = [file for file in experiments.compare_artifacts([first, second]).files if file.differs]
        columns = ("path", "versions", "sizes")
        show(files, columns, output=output, empty="The files of both runs are the same.")
        return
    found = experiments.diff(first, second, path)
    if output is Output.json:
        show(found, output=output)
        return
    marks = {"same": " ", "removed": "-", "added": "+", "gap": "…"}
    for line in found.lines:
        typer.echo(f"{marks[line.op]} {line.text}")
    if not found.lines:
        typer.echo("The same.")


COMMANDS = (compare, diff)
