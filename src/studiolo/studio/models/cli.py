"""`studiolo models …`: the registry."""

from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, out, show, transport
from studiolo.studio.models.client import Models, split

app = typer.Typer(help="Models: list, look into, register, download.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(help="name, name:version or name@alias.")]


@app.command("list")
def list_(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Only names that contain this.")] = "",
    output: OutputOption = Output.table,
) -> None:
    """List models by name."""
    found = Models(transport(context)).list(search)
    if output is Output.json:
        show(found, output=output)
        return
    rows = [
        {
            "name": model.name,
            "latest": model.latest.version if model.latest else None,
            "versions": model.versions,
            "aliases": " ".join(f"{alias}={number}" for alias, number in model.aliases.items()),
            "updated": model.updated_at,
        }
        for model in found
    ]
    show(rows, ("name", "latest", "versions", "aliases", "updated"), empty="No models yet: studiolo automl submit …")


@app.command("show")
def show_(context: typer.Context, model: Reference, output: OutputOption = Output.table) -> None:
    """Show a model's versions, or one version."""
    models = Models(transport(context))
    name, version = split(model)
    if ":" in model or "@" in model:
        show(models.version(f"{name}:{version}"), output=output)
    elif output is Output.json:
        show(
            {
                **models.get(name).model_dump(mode="json"),
                "all": [v.model_dump(mode="json") for v in models.versions(name)],
            },
            output=output,
        )
    else:
        columns = ("version", "aliases", "stage", "flavors", "size", "run_id", "used_by", "created_at")
        show(models.versions(name), columns, empty="The model has no versions.")


@app.command("register")
def register(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the model.")],
    run: Annotated[str, typer.Option(help="Id of the run that logged it.")],
    path: Annotated[str, typer.Option(help="Folder of the model below the run's artifacts.")] = "model",
    output: OutputOption = Output.table,
) -> None:
    """Register what a run logged as the next version."""
    show(Models(transport(context)).register(name, run, path), ("name", "version", "run_id", "size"), output=output)


@app.command("scan")
def scan(
    context: typer.Context,
    model: Reference,
    again: Annotated[bool, typer.Option("--again", help="Look again, also when that was done before.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Show what loading a version would import and run, worst first; nothing is loaded."""
    found = Models(transport(context)).scan(model, again=again)
    if output is Output.json:
        show(found, output=output)
        return
    show({"verdict": found.verdict, "files": found.files, "pickles": found.pickles}, ("verdict", "files", "pickles"))
    worse = [finding for finding in found.findings if finding.grade != "safe"]
    if worse:
        show(worse, ("grade", "what", "why", "file", "offset"))
    for item in found.unreadable:
        out.print(f"{item.file} {item.why}", markup=False, highlight=False)
    for note in found.notes:
        out.print(note, markup=False, highlight=False)


@app.command("alias")
def alias(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="name:version.")],
    alias: Annotated[str, typer.Argument(help="Name of the alias, such as champion.")],
    output: OutputOption = Output.table,
) -> None:
    """Let an alias name a version."""
    models = Models(transport(context))
    version = models.version(model)
    show(models.set_alias(version.name, alias, version.version), ("name", "aliases"), output=output)


@app.command("download")
def download(
    context: typer.Context,
    model: Reference,
    target: Annotated[Path | None, typer.Option("--target", help="Folder; default: the model's name.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Fetch a version into a folder that `mlflow.pyfunc.load_model` loads."""
    models = Models(transport(context))
    version = models.version(model)
    folder = models.download(f"{version.name}:{version.version}", target or Path(f"{version.name}-{version.version}"))
    show({"model": version.name, "version": version.version, "folder": str(folder)}, output=output)


@app.command("delete")
def delete(context: typer.Context, model: Reference, output: OutputOption = Output.table) -> None:
    """Delete a version (name:version), or a model with all versions (name)."""
    Models(transport(context)).delete(model)
    show({"deleted": model}, output=output)
