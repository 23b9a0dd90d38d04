"""Azure ML's data YAML (version 2): `name`, `path`, `type` uri_file, uri_folder or mltable, `description`, `tags`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets.registrations_client import from_address
from studiolo.studio.datasets.schemas import Kind

TYPES: dict[str, Kind] = {"uri_file": "file", "uri_folder": "file", "mltable": "tabular"}
KNOWN = {
    "$schema",
    "name",
    "version",
    "path",
    "type",
    "description",
    "tags",
    "properties",
    "auto_delete_setting",
    "stage",
}


@dataclass
class DataAsset:
    """place: a file or folder of this machine; else source: the arguments of `Datasets.register`."""

    name: str
    kind: Kind
    description: str
    tags: dict[str, str]
    place: Path | None = None
    source: dict[str, Any] = field(default_factory=dict)


def read(file: Path) -> DataAsset:
    """Read such a file; a path in it is relative to the file. Raises Invalid, which names the field."""
    import yaml

    try:
        found = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(f"{file} cannot be read: {str(error).splitlines()[0]}.", "Is it YAML?", field="file") from None
    if not isinstance(found, dict):
        raise Invalid(f"{file} holds no mapping.", "It begins with `name:` and `path:`.", field="file")
    return of(found, file)


def of(found: Mapping[str, Any], file: Path) -> DataAsset:
    """Return what the mapping in such a file says; raises Invalid, which names the field."""
    strange = sorted(set(map(str, found)) - KNOWN)
    if strange:
        raise Invalid(
            f"{file} has the unknown field '{strange[0]}'.", f"Known: {', '.join(sorted(KNOWN))}.", field=strange[0]
        )
    for key in ("name", "path"):
        if not isinstance(found.get(key), str | int | float) or not str(found[key]).strip():
            raise Invalid(f"{file} has no {key}.", f"Add `{key}: …`.", field=key)
    kind = str(found.get("type") or "uri_folder").strip()
    if kind not in TYPES:
        raise Invalid(f"'{kind}' is no type of data.", f"Write one of {', '.join(TYPES)}.", field="type")
    tags = found.get("tags") or {}
    if not isinstance(tags, dict):
        raise Invalid("Tags are `key: value` lines.", "Indent them below `tags:`.", field="tags")
    asset = DataAsset(
        str(found["name"]).strip(),
        TYPES[kind],
        str(found.get("description") or ""),
        {str(key): "" if value is None else str(value) for key, value in tags.items()},
    )
    text = str(found["path"]).strip()
    address = from_address(text)
    if address is not None:
        asset.source = dict(address)
        return asset
    place = (file.parent / text.removeprefix("file:")).resolve()
    wanted = "file" if kind == "uri_file" else "folder"
    if not (place.is_file() if kind == "uri_file" else place.is_dir()):
        raise Invalid(f"There is no {wanted} {place}.", f"`type: {kind}` needs a {wanted}.", field="path")
    asset.place = place
    return asset
