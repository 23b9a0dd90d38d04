"""Names of datasets and their files: what they may be, decided in pure functions."""

import re
from pathlib import PurePosixPath

from studiolo.studio.datasets.errors import BadDatasetName, BadFileName, BadReference

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
RESERVED = {
    "uploads",
    "samples",
    "registrations",
    "gc",
    "monitors",
    "quality",
    "inspections",
    "formats",
}  # words of the address below /datasets


def checked(name: str) -> str:
    """Return a usable dataset name; raises BadDatasetName.

    >>> checked("titanic-2024")
    'titanic-2024'
    """
    if NAME.fullmatch(name) and not name.endswith(".") and name.lower() not in RESERVED:
        return name
    shown = name[:60].encode("unicode_escape").decode()
    raise BadDatasetName(
        f"'{shown}' is a word of the studio's own."
        if name.lower() in RESERVED
        else f"'{shown}' cannot be a dataset's name.",
        "Use 1 to 100 letters, digits, '.', '_' and '-', beginning with a letter or digit.",
        field="name",
    )


def from_file(filename: str) -> str:
    """Make a dataset name of a file's name, without its ending and that of its packing.

    >>> from_file("Sales 2024 (final).csv"), from_file("titanic.csv.gz")
    ('Sales-2024-final', 'titanic')
    """
    stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", re.sub(r"\.(gz|bz2|xz|zst)$", "", filename, flags=re.IGNORECASE))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:100].rstrip("-._")
    return checked(name or "dataset")


def file_name(filename: str) -> str:
    """Return a usable file name; raises BadFileName for anything that is more than a name."""
    bad = (
        "/" in filename
        or "\\" in filename
        or filename in (".", "..")
        or not filename.isprintable()
        or len(filename.encode("utf-8", "surrogatepass")) > 200
    )
    if bad or PurePosixPath(filename).name != filename:
        shown = filename[:60].encode("unicode_escape").decode()
        raise BadFileName(f"'{shown}' is not a plain file name.", "Give the name without any folder.", field="filename")
    return filename


def parse(reference: str) -> tuple[str, int | None]:
    """Split `name[:version]`; without a version, or with `latest`, the newest is meant.

    >>> parse("titanic:2"), parse("titanic")
    (('titanic', 2), ('titanic', None))
    """
    name, _, version = reference.partition(":")
    if version in ("", "latest"):
        return checked(name), None
    if not version.isdigit() or not 0 < int(version) < 2**31:
        raise BadReference(f"'{version[:40]}' is no version.", "Write name:number, such as titanic:1.", field="dataset")
    return checked(name), int(version)
