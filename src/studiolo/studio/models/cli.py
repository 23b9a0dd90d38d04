"""`studiolo models …`: the registry."""

import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import OlderThanOption, Output, OutputOption, out, show, transport
from studiolo.studio.models.client import Models
from studiolo.studio.models.names import is_prompt, split

app = typer.Typer(help="Models: list, look into, register, download.", no_args_is_help=True)

Reference = Annotated[str, typer.Argument(help="name, name:version or name@alias.")]


@app.command("list")
def list_(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Only names that contain this.")] = "",
    deleted: Annotated[bool, typer.Option("--deleted", help="Those in the bin instead.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """List models by name."""
    if deleted:
        columns = ("name", "versions", "deleted_at", "deleted_by", "remove_at", "bin_id")
        show(Models(transport(context)).deleted(), columns, empty="The bin is empty.", output=output)
        return
    found = Models(transport(context)).list(search)
    if output is Output.json:
        show(found, output=output)
        return
    rows = [
        {
            "name": model.name,
            "kind": "prompt" if is_prompt(model.tags) else "model",
            "latest": model.latest.version if model.latest else None,
            "versions": model.versions,
            "aliases": " ".join(f"{alias}={number}" for alias, number in model.aliases.items()),
            "updated": model.updated_at,
        }
        for model in found
    ]
    columns = ("name", *(("kind",) if any(row["kind"] == "prompt" for row in rows) else ()))
    show(rows, (*columns, "latest", "versions", "aliases", "updated"), empty="No models yet: studiolo automl submit …")


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
        columns = ("version", "aliases", "stage", "scan", "flavors", "size", "run_id", "used_by", "created_at")
        show(models.versions(name), columns, empty="The model has no versions.")


class Kind(StrEnum):
    """What a file is."""

    auto = "auto"
    folder = "folder"
    onnx = "onnx"
    lightgbm = "lightgbm"
    xgboost = "xgboost"
    catboost = "catboost"
    skops = "skops"
    pickle = "pickle"
    joblib = "joblib"


@app.command("register")
def register(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            help="File, folder, zip or tar, https://…, runs:/RUN/path, models:/NAME/3; with --run the name of the model."
        ),
    ],
    name: Annotated[str, typer.Option("--name", "-n", help="Name of the model; default: the file's.")] = "",
    run: Annotated[str, typer.Option(help="Id of the run that logged it.")] = "",
    path: Annotated[str, typer.Option(help="With --run: folder of the model below the run's artifacts.")] = "model",
    kind: Annotated[Kind, typer.Option(help="What the file is; auto tells by its content.")] = Kind.auto,
    description: Annotated[str, typer.Option(help="Card of the version, in Markdown.")] = "",
    requirement: Annotated[
        list[str] | None, typer.Option("--requirement", "-r", help="A line of pip's; more than once. Else found out.")
    ] = None,
    example: Annotated[
        Path | None, typer.Option(help="JSON file with rows, for the signature of a file that brings none.")
    ] = None,
    tracking_uri: Annotated[
        str | None, typer.Option(help="MLflow server of a runs:/ or models:/ address, when it is not this studio.")
    ] = None,
    on_server: Annotated[
        bool,
        typer.Option(
            "--on-server",
            help="The studio fetches, in a job, instead of this machine; a token is read from MLFLOW_TRACKING_TOKEN.",
        ),
    ] = False,
    output: OutputOption = Output.table,
) -> None:
    """Register the next version of a model, of a run or of what was trained elsewhere; nothing is loaded."""
    models = Models(transport(context))
    columns = ("name", "version", "flavors", "run_id", "size", "source")
    if run:
        show(models.register(name or source, run, path), columns, output=output)
        return
    called = name or re.sub(r"\.(tar\.)?\w+$", "", source.rstrip("/").rsplit("/", 1)[-1])
    if on_server:
        fetched = models.register_from(
            source,
            called,
            tracking_uri=tracking_uri or "",
            token=os.environ.get("MLFLOW_TRACKING_TOKEN", ""),
            kind=kind.value,
            description=description,
            requirements=requirement or (),
            example=example,
        )
        show(fetched, columns, output=output)
        return
    made = models.register(
        called,
        source=source,
        kind=kind.value,
        description=description,
        requirements=requirement or (),
        example=example,
        tracking_uri=tracking_uri,
    )
    show(made, columns, output=output)


@app.command("compare")
def compare(
    context: typer.Context,
    versions: Annotated[list[str], typer.Argument(help="2 to 10 of name:version; the first is the baseline.")],
    everything: Annotated[bool, typer.Option("--all", help="Also what is the same in all.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Compare versions: signature, metrics and parameters of their runs, requirements, files."""
    found = Models(transport(context)).compare(*versions)
    if output is Output.json:
        show(found, output=output)
        return
    names = [f"{version.name}:{version.version}" for version in found.versions]
    rows = [
        {"of": part, "key": line.key, **dict(zip(names, line.values, strict=True))}
        for part in ("signature", "metrics", "params", "requirements", "files")
        for line in getattr(found, part)
        if everything or not line.same
    ]
    show(rows, ("of", "key", *names), empty="They are the same; --all shows what.")


@app.command("card")
def card(
    context: typer.Context,
    model: Reference,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Markdown to write; - reads stdin.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Print the card of a model or a version, or write it."""
    models = Models(transport(context))
    if file is not None:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        models.change(model, card=text)
    named = ":" in model or "@" in model
    text = models.version(model).description if named else models.get(model).description
    if output is Output.json:
        show({"model": model, "card": text}, output=output)
        return
    sys.stdout.write(f"{text}\n" if text else "")


@app.command("tag")
def tag(
    context: typer.Context,
    model: Reference,
    tags: Annotated[list[str], typer.Argument(help="key=value; key alone with --remove.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove these tags.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Write or remove tags of a model (name) or a version (name:version)."""
    changes: dict[str, str | None] = {}
    for item in tags:
        key, sign, value = item.partition("=")
        if not remove and not sign:
            raise Invalid(f"'{item}' is no tag.", "Write key=value.", field="tags")
        changes[key] = None if remove else value
    show(Models(transport(context)).change(model, tags=changes), ("name", "version", "tags"), output=output)


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


@app.command("versions")
def versions(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the model.")],
    deleted: Annotated[bool, typer.Option("--deleted", help="Those in the bin instead.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """List the versions of a model, newest first."""
    if deleted:
        gone = ("version", "aliases", "flavors", "size", "deleted_at", "deleted_by", "remove_at")
        found = Models(transport(context)).deleted(name)
        show(found, gone, empty="No version of it is in the bin.", output=output)
        return
    columns = ("version", "aliases", "stage", "scan", "flavors", "size", "run_id", "used_by", "created_at")
    show(Models(transport(context)).versions(name), columns, empty="The model has no versions.", output=output)


@app.command("alias")
def alias(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="name:version.")],
    alias: Annotated[str, typer.Argument(help="Name of the alias, such as champion.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove the alias.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Let an alias name a version, or remove it."""
    models = Models(transport(context))
    if remove:
        models.delete_alias(split(model)[0], alias)
        show(models.get(split(model)[0]), ("name", "aliases"), output=output)
        return
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
    """Put a version (name:version), or a model with all versions (name), in the bin."""
    Models(transport(context)).delete(model)
    show({"deleted": model}, output=output)


@app.command("restore")
def restore(
    context: typer.Context,
    model: Reference,
    new_name: Annotated[str | None, typer.Option("--as", help="Another name for a model whose own is taken.")] = None,
    bin_id: Annotated[str | None, typer.Option("--id", help="Which of several of that name: list --deleted.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Bring a version (name:version), or a model with the versions it had (name), back from the bin."""
    found = Models(transport(context)).restore(model, new_name=new_name, bin_id=bin_id)
    show(found, ("name", "version", "versions", "aliases"), output=output)


@app.command("gc")
def gc(
    context: typer.Context,
    older_than: OlderThanOption = None,
    output: OutputOption = Output.table,
) -> None:
    """Remove for good what has been in the bin too long; `studiolo experiments gc` then frees the files."""
    found = Models(transport(context)).clean_up(older_than)
    show(found, ("models", "versions"), output=output)
