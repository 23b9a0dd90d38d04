"""A file of a source, with a way to read ranges of it."""

from dataclasses import dataclass
from pathlib import Path

from studiolo.studio.datasets.reading.pieces import Read, of_file


@dataclass(frozen=True)
class Opened:
    """A file that can be read in ranges. path: where it is, when it is here."""

    name: str
    size: int
    read: Read
    path: Path | None = None


def local(path: Path, name: str) -> Opened:
    """Open a file that is here."""
    return Opened(name, path.stat().st_size, of_file(path), path)
