"""`studiolo apply -f any.yml`: loads a file of Azure ML, whatever it describes."""

from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, show, transport, warn


def apply(
    context: typer.Context,
    file: Annotated[
        list[Path], typer.Option("--file", "-f", help="YAML of Azure ML v2, of any kind; may be repeated.")
    ],
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Another value for a key of those files that have it: compute=local; may be repeated."
        ),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option("--map-url", help="A folder here for the beginning of an address: PREFIX=DIR; may be repeated."),
    ] = None,
    output: OutputOption = Output.table,
) -> None:
    """Load files of Azure ML in their order: data, models, environments, datastores, compute, jobs, deployments."""
    from studiolo.sdk.applying import apply as load
    from studiolo.sdk.applying import fitting
    from studiolo.sdk.studio import Studio
    from studiolo.studio.experiments.cli import places_of

    studio = Studio(transport=transport(context))
    made = []
    for one, changes in zip(file, fitting(file, change or ()), strict=True):
        applied = load(studio, one, changes, places_of(place or ()))
        for warning in applied.warnings:
            warn(warning)
        noun = applied.made if isinstance(applied.made, dict) else applied.made.model_dump(mode="json")
        made.append({"file": one.name, "kind": applied.kind, **noun})
    columns = () if output is Output.json else ("file", "kind", "name", "version", "state")
    show(made, columns, output=output)
