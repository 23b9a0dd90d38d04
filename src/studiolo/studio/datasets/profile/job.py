"""What the profile job does: which kept parts fit, which files are looked at, what it leaves.

It finds the table in its input `data`, kept parts of earlier profiles in its input `parts`, and leaves `profile.json`,
`edges.json` for measuring drift, new parts below `parts/`, and in `parts.json` which parts the profile is made of.
"""

import json
from collections.abc import Callable
from pathlib import Path

from studiolo.studio.datasets.profile.compute import How, profile_parts, usable
from studiolo.studio.datasets.profile.cover import File, Kept, cover, name
from studiolo.studio.datasets.profile.names import ENDING, PARTS_FILE, PARTS_FOLDER
from studiolo.studio.datasets.profile.parts import Part
from studiolo.studio.datasets.profile_schemas import Profile
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.table_file import EDGES_FILE, FILES, PROFILE_FILE

Report = Callable[[float, str], None]


def keys(folder: Path, table: TableInput, only: str = "") -> list[str]:
    """Return what tells the bytes of each file: the digest or fingerprint that `files.json` names, or `only` of the one file."""
    listed = folder / FILES
    if not listed.is_file():
        return [only or table.names[0]] * len(table.files)
    told: dict[str, str] = {}
    for entry in json.loads(listed.read_text("utf-8")):
        mark = entry.get("fingerprint") or {}
        told[entry["path"]] = entry.get("digest") or f"{mark.get('kind')}:{mark.get('value')}:{entry.get('size')}"
    return [told[path] for path in table.names]


def run(
    table: TableInput, marks: list[str], kept: Path, outputs: Path, spill: Path, how: How, report: Report
) -> Profile:
    """Profile the table and leave the results. marks: keys of the files; kept: folder of kept parts, may be missing."""
    parts = _kept(kept, table, how)
    sizes = [path.stat().st_size for path in table.files]
    files = [File(path, size, key) for path, size, key in zip(table.names, sizes, marks, strict=True)]
    chosen = cover(files, [Kept(mark, part.files) for mark, part in parts.items()])
    places = {path: place for place, path in enumerate(table.names)}
    groups = [
        TableInput(
            tuple(table.files[places[file.path]] for file in group), tuple(file.path for file in group), table.schema
        )
        for group in chosen.groups
    ]
    print(f"{len(chosen.parts)} parts are kept from earlier profiles, {len(groups)} are looked at", flush=True)
    found = profile_parts(groups, [parts[part.id] for part in chosen.parts], spill, table=table, report=report, how=how)
    profile = found.profile
    edges = {column.name: column.edges for column in profile.columns if column.edges}
    for column in profile.columns:
        column.edges = []
    outputs.joinpath(PROFILE_FILE).write_text(profile.model_dump_json(), encoding="utf-8")
    outputs.joinpath(EDGES_FILE).write_text(json.dumps(edges), encoding="utf-8")
    folder = outputs / PARTS_FOLDER
    folder.mkdir(exist_ok=True)
    new = {}
    for part, group in zip(found.parts, chosen.groups, strict=True):
        part.files = tuple(file.key for file in group)
        new[name(part.files)] = part.rows
        part.save(folder / f"{name(part.files)}{ENDING}")
    told = {"used": [part.id for part in chosen.parts], "new": new}
    outputs.joinpath(PARTS_FILE).write_text(json.dumps(told), encoding="utf-8")
    return profile


def _kept(folder: Path, table: TableInput, how: How) -> dict[str, Part]:
    """Load the kept parts that keep enough rows; one that cannot be read is left out and made again."""
    found: dict[str, Part] = {}
    for path in sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []:
        try:
            part = Part.load(path)
        except ValueError as error:
            print(f"left out: {error}", flush=True)
            continue
        if part.files and usable(part, table, how):
            found[path.stem] = part
    return found
