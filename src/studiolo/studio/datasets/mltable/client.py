"""The part of the SDK that knows MLTables of this machine: which files are one, and those whose data is elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import BadMLTable
from studiolo.studio.datasets.mltable import file, own
from studiolo.studio.datasets.mltable.file import MLTable, PathOf


def is_one(place: Path) -> bool:
    """Say whether a file is an MLTable by its name."""
    return place.name == file.NAME and place.is_file()


def in_folder(place: Path) -> MLTable | None:
    """Return the MLTable of a folder, None where it has none; raises BadMLTable."""
    found = place / file.NAME
    return file.read(found) if place.is_dir() and found.is_file() else None


def elsewhere(table: MLTable) -> dict[str, Any] | None:
    """Return the arguments of `register` for an MLTable whose paths are addresses; None where its data lies beside it.

    Raises BadMLTable for some of both, and for addresses that are not one datastore or one file of the web.
    """
    remote = [path for path in table.paths if path.remote]
    if not remote:
        return None
    if len(remote) < len(table.paths):
        beside = next(path for path in table.paths if not path.remote)
        raise BadMLTable(
            f"Path {beside.place + 1} is beside the MLTable and others are addresses.",
            "Put all of the data beside it, or all in one datastore.",
            field=f"paths[{beside.place}]",
        )
    reading = {**table.own.options, "transformations": list(table.given), "timestamp": table.timestamp}
    columns = own.choices(table.own, table.steps)
    reading |= {"columns": columns} if columns else {}
    return _source(remote) | {"reading": reading}


def _source(remote: Sequence[PathOf]) -> dict[str, Any]:
    from studiolo.studio.datasets.registrations_client import from_address

    found = [(path, from_address(path.text)) for path in remote]
    for path, address in found:
        if address is None:
            raise BadMLTable(
                f"Path {path.place + 1}: '{path.text[:200]}' is not in a datastore of the studio.",
                "Connect the storage as a datastore, and write azureml://datastores/<name>/paths/<path>.",
                field=f"paths[{path.place}].{path.kind}",
            )
    addresses = [address or {} for _, address in found]
    if len(addresses) == 1:
        return dict(addresses[0])
    stores = {address.get("datastore") for address in addresses}
    if None in stores or len(stores) > 1:
        raise BadMLTable(
            "The paths are in several places.", "Name paths of one datastore, or one file of the web.", field="paths"
        )
    patterns = [_pattern(path, address) for path, address in found if address]
    bad = next((text for text in patterns if "," in text or "{" in text), None)
    if bad is not None:
        raise BadMLTable(f"'{bad[:200]}' has a comma or a brace in it.", "Name a folder instead.", field="paths")
    return {"datastore": stores.pop(), "glob": "{" + ",".join(patterns) + "}"}


def _pattern(path: PathOf, address: dict[str, str]) -> str:
    place = address.get("glob") or address.get("path", "")
    return f"{place.rstrip('/')}/**" if path.kind == "folder" else place
