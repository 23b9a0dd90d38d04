"""The commands that register: folders of this machine, and files from datastores, the web, queries and runs."""

import json
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import Output, OutputOption, out, progress, show, transport, warn
from studiolo.studio.datasets import data_yaml
from studiolo.studio.datasets.client import Datasets
from studiolo.studio.datasets.columns_cli import ColumnOption, LeaveOutOption, RenameOption, TimestampOption, chosen
from studiolo.studio.datasets.registration_schemas import Registration
from studiolo.studio.datasets.schemas import DatasetVersion, ReadOptions

SHOWN = ("run_id", "name", "state", "label", "version", "error")
KindOption = Annotated[Literal["tabular", "file"], typer.Option(help="A table, or files as they are.")]
WaitOption = Annotated[bool, typer.Option(help="Wait until the version is there.")]
TagOption = Annotated[list[str] | None, typer.Option("--tag", help="KEY=VALUE of the version; more than one.")]
ReadOption = Annotated[
    list[str] | None,
    typer.Option(
        "--read",
        help="KEY=VALUE of how files are read: skip_rows=3, member=sub/a.csv, records=data.items, nested=flatten, …; more than one.",
    ),
]


def register(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the dataset; empty: from where the files are.")] = "",
    datastore: Annotated[str | None, typer.Option(help="Name of a datastore.")] = None,
    path: Annotated[str, typer.Option(help="A file or folder in it, or among a run's artifacts.")] = "",
    glob: Annotated[str | None, typer.Option(help="A pattern instead: `sales/**/*.{csv,parquet}`.")] = None,
    query: Annotated[str | None, typer.Option(help="SQL for a datastore of tables.")] = None,
    url: Annotated[str | None, typer.Option(help="A file of the web.")] = None,
    run: Annotated[str | None, typer.Option(help="Id of a run whose artifacts are registered.")] = None,
    kind: KindOption = "tabular",
    mode: Annotated[
        Literal["managed", "referenced"],
        typer.Option(help="Copied, or left in the datastore and checked at every use."),
    ] = "managed",
    description: Annotated[str, typer.Option(help="What the dataset is.")] = "",
    tag: TagOption = None,
    unpack: Annotated[bool, typer.Option("--unpack", help="Unpack archives.")] = False,
    read: ReadOption = None,
    column: ColumnOption = None,
    rename: RenameOption = None,
    leave_out: LeaveOutOption = None,
    timestamp: TimestampOption = None,
    skip_unreadable: Annotated[
        bool, typer.Option("--skip-unreadable", help="Leave out what cannot be read, and name it.")
    ] = False,
    wait: WaitOption = True,
    output: OutputOption = Output.table,
) -> None:
    """Register files from a datastore, the web, a query or a run."""
    datasets = Datasets(transport(context))
    found = datasets.register(
        name,
        datastore=datastore,
        path=path,
        glob=glob,
        query=query,
        url=url,
        run=run,
        kind=kind,
        mode=mode,
        description=description,
        tags=tags_of(tag),
        unpack=unpack,
        reading=reading_of(read) | chosen(column, rename, leave_out, timestamp),
        unreadable="skip" if skip_unreadable else "refuse",
    )
    follow(datasets, found, wait=wait, output=output)


def registrations(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List registrations, newest first."""
    show(Datasets(transport(context)).registrations(), SHOWN, output=output, empty="No registrations yet.")


def uploads(context: typer.Context, output: OutputOption = Output.table) -> None:
    """List uploads that can be gone on with: `studiolo datasets create FOLDER --session ID`."""
    columns = ("id", "name", "state", "files_complete", "files", "bytes_received", "bytes", "expires_at")
    show(Datasets(transport(context)).uploads(), columns, output=output, empty="No uploads are open.")


def send(
    datasets: Datasets,
    places: list[Path],
    name: str | None,
    *,
    kind: Literal["tabular", "file"],
    description: str | None,
    tags: dict[str, str],
    unpack: bool,
    session: str | None,
    reading: dict[str, object],
    wait: bool,
    output: Output,
) -> None:
    """Send a folder or several files with a bar, and follow its registration."""
    what = places[0].name if len(places) == 1 else f"{len(places)} files"
    with progress(f"Sending {what}", None, bytes_=True, quiet=output is Output.json) as bar:
        found = datasets.send(
            places[0] if len(places) == 1 else list(places),
            name,
            kind=kind,
            description=description or "",
            tags=tags,
            unpack=unpack,
            session=session,
            reading=reading,
            watch=lambda done, total, _: bar.update(bar.task_ids[0], completed=done, total=total),
            warn=warn,
        )
    follow(datasets, found, wait=wait, output=output)


def create_from_yaml(datasets: Datasets, file: Path, *, wait: bool, output: Output) -> None:
    """Register what an Azure ML data YAML names."""
    asset = data_yaml.read(file)
    if asset.place is not None:
        send(
            datasets,
            [asset.place],
            asset.name,
            kind=asset.kind,
            description=asset.description,
            tags=asset.tags,
            unpack=False,
            session=None,
            reading={},
            wait=wait,
            output=output,
        )
        return
    found = datasets.register(
        asset.name, **asset.source, kind=asset.kind, description=asset.description, tags=asset.tags
    )
    follow(datasets, found, wait=wait, output=output)


def follow(datasets: Datasets, found: Registration, *, wait: bool, output: Output) -> None:
    """Draw how far a registration is until it is done, and show what it made."""
    if wait:
        with progress(f"Registering {found.name}", None, quiet=output is Output.json) as bar:

            def draw(now: Registration) -> None:
                label = f"Registering {now.name}: {now.label}" if now.label else None
                bar.update(bar.task_ids[0], completed=now.bytes_done, total=now.bytes_total, description=label)

            found = datasets.wait_for(found, watch=draw)
    if output is Output.json:
        show(found, output=output)
        return
    show(found, SHOWN)
    made = datasets.get(found.name, found.version) if found.version and found.kind == "tabular" else None
    for text in [
        found.note,
        *(notes_of(made) if made else []),
        *(f"left out: {item.path}: {item.reason}" for item in found.skipped[:20]),
    ]:
        if text:
            out.print(f"note: {text}", markup=False, highlight=False)


def notes_of(made: DatasetVersion) -> list[str]:
    """Return what the owner of a new version should know: how it was read, and that its rules are still to be checked."""
    notes = [note.message for note in made.table.notes]
    if made.quality == "held":
        notes.append(
            f"its blocking rules are being checked; until they are kept the newest version is the one before. "
            f"See: studiolo datasets quality report {made.name}"
        )
    return notes


def tags_of(words: list[str] | None) -> dict[str, str]:
    """Read KEY=VALUE words; raises Invalid."""
    found: dict[str, str] = {}
    for word in words or []:
        key, equals, value = word.partition("=")
        if not key or not equals:
            raise Invalid(f"'{word}' is no tag.", "Write KEY=VALUE.", field="tag")
        found[key] = value
    return found


def reading_of(words: list[str] | None) -> dict[str, object]:
    """Read KEY=VALUE words of how files are read; numbers and truths are written as in JSON. Raises Invalid."""
    found: dict[str, object] = {}
    for word in words or []:
        key, equals, value = word.partition("=")
        known = ReadOptions.model_fields.get(key.replace("-", "_"))
        if known is None or not equals:
            near = ", ".join(sorted(ReadOptions.model_fields))
            raise Invalid(
                f"'{word}' says nothing of how files are read.", f"Write KEY=VALUE, with one of: {near}.", field="read"
            )
        plain = value in ("true", "false") or (
            value.isdigit() and int in (known.annotation, *get_args(known.annotation))
        )
        found[key.replace("-", "_")] = json.loads(value) if plain else value
    return found


COMMANDS = (register, registrations, uploads)
