"""`studiolo experiments import-mlflow | imports`: come from MLflow."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.kernel.terminal import Output, OutputOption, out, progress, show, transport, warn
from studiolo.studio.experiments.client import Experiments

_SHOWN = 20


def import_mlflow(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(help="mlruns folder, SQLite file, database URL or address of a tracking server.")
    ],
    artifacts: Annotated[
        Path | None,
        typer.Option(help="Folder with the files, when the source says a place that is not on this machine."),
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="Token of the tracking server.", envvar="MLFLOW_TRACKING_TOKEN")
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Read also what looks unchanged: a tracking server's lists do not show points that were added before the "
            "latest, nor new files.",
        ),
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Write the whole report as JSON to this file.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Import experiments, runs, files, traces and models from an MLflow; what is here already is left alone."""
    begun = time.monotonic()
    with progress("reading the source", None) as bar:

        def tell(what: str, done: int, total: int) -> None:
            rate = done / max(0.001, time.monotonic() - begun)
            bar.update(bar.task_ids[0], total=total, completed=done, description=f"{what} {done}/{total}, {rate:.0f}/s")

        found = Experiments(transport(context)).import_mlflow(
            source, artifacts=artifacts, token=token, full=full, progress=tell
        )
    if report:
        report.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if output is Output.json:
        show(found, output=output)
        return
    _print(found)


def _print(found: dict[str, Any]) -> None:
    states = ("added", "updated", "there", "refused")
    rows = [
        {"what": kind, **{state: counts.get(state, 0) for state in states}} for kind, counts in found["counts"].items()
    ]
    show(rows, ("what", *states), empty="The source is empty.")
    sent = found["sent"]
    out.print(
        f"{sent['points']} points sent, and {sent['files']} files ({sent['bytes']} bytes) whose content was not here yet, in {found['seconds']} s",
        highlight=False,
    )
    merged = [item for item in found["experiments"] if item["state"] == "merged"]
    for item in merged[:_SHOWN]:
        out.print(f"experiment '{item['name']}' was here: merged into {item['id']}", markup=False, highlight=False)
    for left in found["not_taken"]:
        warn(f"{left['count']} {left['kind']} are not imported. {left['reason']}")
    for item in found["lost"][:_SHOWN]:
        warn(f"{item['kind']} {item['id']}: {item['reason']}")
    if len(found["lost"]) > _SHOWN:
        warn(f"and {len(found['lost']) - _SHOWN} more: --report FILE writes all of them.")


def imports(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List what was imported from where."""
    found = Experiments(transport(context)).imports()
    show(found, ("id", "source", "user", "created_at", "updated_at"), output=output, empty="Nothing was imported.")


COMMANDS: dict[str, Callable[..., Any]] = {"import-mlflow": import_mlflow, "imports": imports}
