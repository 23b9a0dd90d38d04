"""Databases that are one file of this machine: where it may be."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.datastores.errors import AccessDenied, DatabaseMissing, DatastoreInvalid, shown
from studiolo.studio.datastores.spec import Field, Surroundings

PATH = Field(
    "path",
    "File",
    "Its full path on the machine of the studio.",
    type="folder",
    required=True,
    example="/data/shop.db",
)


def located(config: Mapping[str, Any], about: Surroundings) -> Path:
    """Return where the file really is; raises DatastoreInvalid, AccessDenied, DatabaseMissing."""
    given = Path(str(config["path"])).expanduser()
    if not given.is_absolute():
        raise DatastoreInvalid(f"'{given}' is no full path.", "Begin it with a slash.", field="config.path")
    real = Path(os.path.realpath(given))
    for folder in about.barred:
        if real.is_relative_to(os.path.realpath(folder)):
            raise AccessDenied(
                f"'{shown(str(given))}' belongs to the studio itself.", "Its own folder is no part of a datastore."
            )
    try:
        there = real.is_file()
    except PermissionError:
        there = False
    if not there:
        raise DatabaseMissing(
            f"There is no file {given}.", "Check the path, and that the studio's account may read it."
        )
    return real
