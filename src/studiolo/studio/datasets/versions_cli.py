"""The commands for versions: their files, words about them, the bin, what is kept."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.errors import Invalid
from studiolo.kernel.terminal import OlderThanOption, Output, OutputOption, out, show, transport
from studiolo.studio.datasets.client import Datasets

Name = Annotated[str, typer.Argument(metavar="NAME[:VERSION]", help="Name of the dataset; the newest version, or one.")]
Whole = Annotated[str, typer.Argument(metavar="NAME[:VERSION]", help="A dataset with its versions, or one version.")]


def files(
    context: typer.Context,
    name: Name,
    folder: Annotated[str | None, typer.Option(help="Only what is directly in it; empty: the top.")] = None,
    search: Annotated[str, typer.Option(help="A part of the path.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
    output: OutputOption = Output.table,
) -> None:
    """List the files of a version."""
    found = Datasets(transport(context)).files(name, folder=folder, search=search)
    some = list(islice(found, limit + 1))
    columns = ("path", "size") if folder is None else ("path", "folder", "files", "size")
    show(some[:limit], columns, output=output, empty="No files.")
    if len(some) > limit and output is Output.table:
        out.print(f"There are more than {limit:,}; --limit shows more.", highlight=False)


def tag(
    context: typer.Context,
    name: Name,
    tags: Annotated[list[str] | None, typer.Argument(help="KEY=VALUE sets a tag, KEY= removes it.")] = None,
    description: Annotated[str | None, typer.Option(help="What the version is.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Set tags or the description of a version."""
    datasets = Datasets(transport(context))
    found = datasets.get(name)
    kept = dict(found.tags)
    for word in tags or []:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise Invalid(f"'{word}' is no tag.", "Write KEY=VALUE, or KEY= to remove it.", field="tags")
        kept[key] = value
        if not value:
            del kept[key]
    changed = datasets.tag(found.name, found.version, tags=kept, description=description)
    show(changed, ("reference", "tags", "description") if output is Output.table else (), output=output)


def keep(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    last: Annotated[int | None, typer.Option(min=1, help="Keep so many of the newest versions.")] = None,
    days: Annotated[float | None, typer.Option(help="Keep versions younger than this.")] = None,
    used: Annotated[bool, typer.Option("--used", help="Also let go what runs, models or endpoints came from.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Say which versions stay; the others go into the bin by themselves. Without options: all stay."""
    policy = {"keep_last": last, "keep_days": days, "used": used} if last or days else None
    found = Datasets(transport(context)).update(name, retention=policy)
    show(found, ("name", "retention") if output is Output.table else (), output=output)


def delete(context: typer.Context, name: Whole, output: OutputOption = Output.table) -> None:
    """Put a dataset with its versions, or one version, in the bin; what was made from it stays."""
    gone = Datasets(transport(context)).delete(name)
    show(gone, output=output)
    if output is Output.table:
        out.print(f"Take it back: studiolo datasets restore {name}", markup=False, highlight=False)


def restore(context: typer.Context, name: Whole, output: OutputOption = Output.table) -> None:
    """Take a dataset, or one version, out of the bin."""
    found = Datasets(transport(context)).restore(name)
    show(found, ("name", "version", "updated_at") if output is Output.table else (), output=output)


def gc(
    context: typer.Context,
    older_than: OlderThanOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Remove for good what is in the bin; `studiolo experiments gc` then frees the bytes that nothing names any more."""
    found = Datasets(transport(context)).clean_up(older_than, dry_run=dry_run)
    if output is Output.json:
        show(found, output=output)
        return
    out.print(f"{'would remove' if dry_run else 'removed'} {found.versions} versions", highlight=False)


def download(
    context: typer.Context,
    name: Name,
    target: Annotated[Path, typer.Argument(help="A folder or a file.")] = Path(),
    output: OutputOption = Output.table,
) -> None:
    """Fetch the file of a version, or its many files into a folder; a second call fetches only what is missing."""
    path = Datasets(transport(context)).download(name, target)
    show({"path": str(path)}, output=output)


def show_file_profile(datasets: Datasets, name: str, output: Output) -> None:
    """Show what files as they are are like, looking at them first when nobody did."""
    found = datasets.file_profile(name)
    if output is Output.json:
        show(found, output=output)
        return
    out.print(
        f"{found.files:,} files, {found.bytes:,} bytes; {found.empty:,} empty, {found.repeated:,} repeated "
        f"({found.repeated_bytes:,} bytes), {found.misnamed:,} not what their names say\n",
        highlight=False,
    )
    show(found.kinds or found.endings, ("name", "files", "bytes"))
    if found.images:
        out.print(f"\n{found.images.damaged:,} of {found.images.looked:,} images cannot be shown", highlight=False)
    named = [*found.first_misnamed, *(found.images.first_damaged if found.images else [])]
    for line in [*(f"{file.path}: {file.note}" for file in named), *found.notes]:
        out.print(f"note: {line}", markup=False, highlight=False)


def images(
    context: typer.Context,
    name: Name,
    damaged: Annotated[bool, typer.Option("--damaged", help="Name the images that cannot be shown.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Count the classes of a folder of images, or name those that cannot be shown."""
    datasets = Datasets(transport(context))
    if damaged:
        found = datasets.images(name, damaged=True, limit=200)
        show(found.items, ("path", "label", "bytes", "error"), output=output, empty="All images can be shown.")
        return
    show(datasets.images(name, limit=1).classes, ("label", "images", "damaged"), output=output)


def mltable(
    context: typer.Context,
    name: Name,
    to: Annotated[Path | None, typer.Option(help="A folder: the files of the version go there too.")] = None,
) -> None:
    """Write an MLTable file for a version, for Azure ML or another studio."""
    datasets = Datasets(transport(context))
    text = datasets.mltable(name)
    if to is None:
        typer.echo(text, nl=False)
        return
    to.mkdir(parents=True, exist_ok=True)
    datasets.download(name, to)
    (to / "MLTable").write_text(text, "utf-8")
    out.print(str(to / "MLTable"), markup=False, highlight=False)


def compare(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME[:OLDER]", help="A dataset; the older version after a colon.")],
    other: Annotated[str | None, typer.Argument(metavar="[NAME:]NEWER", help="The newer version.")] = None,
    left: Annotated[int | None, typer.Option(min=1, help="The older version; default: the one before.")] = None,
    right: Annotated[int | None, typer.Option(min=1, help="The newer version; default: the newest.")] = None,
    files_: Annotated[bool, typer.Option("--files", help="Name the files that differ.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Show what differs between two versions, such as `prices:1 prices:3`: columns, rows, files."""
    datasets = Datasets(transport(context))
    name, older = _named(name, left, "left")
    if other is not None:
        named, right = _named(other if ":" in other else f"{name}:{other}", right, "right")
        if named != name:
            raise Invalid(
                f"'{name}' and '{named}' are two datasets.", "Versions of one dataset are compared.", field="other"
            )
    right = right or datasets.get(name).version
    left = older or datasets.get(name, right).parent or right
    found = datasets.compare(name, left, right)
    changes = list(islice(datasets.compare_files(name, left, right), 10_000)) if files_ else []
    if output is Output.json:
        plain = found.model_dump(mode="json", by_alias=True)
        show(plain | {"changes": [change.model_dump() for change in changes]} if files_ else plain, output=output)
        return
    counts = found.files
    out.print(
        f"{name}:{left} → {name}:{right}  rows {found.rows.left:,} → {found.rows.right:,}; files: {counts.added:,} added, "
        f"{counts.removed:,} removed, {counts.changed:,} changed, {counts.same:,} the same",
        highlight=False,
    )
    if found.columns_changed:
        show(found.columns_changed, ("column", "change", "left", "right"))
    if files_:
        show(changes, ("path", "change", "left_size", "right_size"), empty="No file differs.")


def _named(reference: str, number: int | None, option: str) -> tuple[str, int | None]:
    """Read `name:version`, whose version an option may say instead; raises Invalid."""
    name, colon, version = reference.partition(":")
    if not colon:
        return name, number
    if not version.isdecimal() or int(version) < 1:
        raise Invalid(f"'{version}' is no version.", f"Write {name}:2.", field="name")
    if number is not None and number != int(version):
        raise Invalid(f"Is it version {version} or {number}?", f"Leave --{option} out.", field=option)
    return name, int(version)


COMMANDS = (compare, files, tag, keep, delete, restore, gc, download, mltable, images)
