"""What a look takes of a file: at most 2 MiB of a text, the end of a Parquet file and its first rows."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import InspectionFailed
from studiolo.studio.datasets.inspections.opened import Opened
from studiolo.studio.datasets.reading import pieces

HEAD = 1 << 20
FURTHER = 192 * 1024
WHOLE = 2 << 20  # a file up to this is taken whole
MOST = 64 << 20  # of a file that can only be read whole
FOOTER = 256 * 1024
PARQUET = b"PAR1"
TEXTS = (".csv", ".tsv", ".tab", ".txt", ".psv", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Head:
    """What was taken of a file. path: a file of its format that can be read; whole: it is all of it.

    further: texts from further down; taken: bytes that were read.
    """

    path: Path
    name: str
    size: int
    whole: bool
    further: list[Path]
    taken: int

    def told(self) -> dict[str, Any]:
        """Return it for the child."""
        return {"path": str(self.path), "name": self.name, "further": [str(path) for path in self.further]}


def take(file: Opened, folder: Path) -> Head:
    """Read the pieces of a file into the folder; raises InspectionFailed for a large file that has no beginning to look at."""
    if file.size <= WHOLE:
        data = file.read(0, file.size)
        return Head(_written(folder / "whole", data), file.name, file.size, True, [], len(data))
    first, early = _beginning(file)
    if first.startswith(PARQUET):
        return _parquet(file, folder, first)
    if _must_be_whole(first):
        if file.path is not None:
            return Head(file.path, file.name, file.size, True, [], file.size)
        if file.size > MOST:
            raise InspectionFailed(
                f"{file.name} is {file.size:,} bytes and can only be read whole.",
                "Register it: it is looked into while it is read.",
                field="source",
            )
        return Head(
            _written(folder / "whole", first + file.read(HEAD, file.size)), file.name, file.size, True, [], file.size
        )
    end = first.rfind(b"\n") + 1 or len(first)
    found: list[bytes] = []
    if b"\0" not in first:
        found = early or pieces.further(file.read, file.size, HEAD, FURTHER, at_once=file.path is None)
    more = [_written(folder / f"further-{place}", piece) for place, piece in enumerate(found)]
    return Head(
        _written(folder / "head", first[:end]),
        file.name,
        file.size,
        False,
        more,
        len(first) + len(pieces.PLACES) * FURTHER,
    )


def _beginning(file: Opened) -> tuple[bytes, list[bytes] | None]:
    """Return the beginning, and of a file elsewhere whose name says that it is text what stands further down, asked at the same time."""
    if file.path is not None or not file.name.lower().endswith(TEXTS):
        return file.read(0, HEAD), None
    with ThreadPoolExecutor(1) as pool:
        further = pool.submit(pieces.further, file.read, file.size, HEAD, FURTHER, at_once=True)
        return file.read(0, HEAD), further.result()


def _must_be_whole(first: bytes) -> bool:
    """Say whether a file of this beginning cannot be cut: packed, a workbook, Arrow, an image, one JSON document."""
    if first.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")):
        return True
    if first.startswith(
        (b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"\xd0\xcf\x11\xe0", b"ARROW1", b"FEA1")
    ):
        return True
    return first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _parquet(file: Opened, folder: Path, first: bytes) -> Head:
    """Make a file of the same size in which the footer and the beginning stand; what was not taken is a hole."""
    if file.path is not None:
        return Head(file.path, file.name, file.size, True, [], FOOTER)
    start = max(HEAD, file.size - FOOTER)
    tail = file.read(start, file.size)
    length = int.from_bytes(tail[-8:-4], "little") + 8
    if length > len(tail) and length < MOST:
        start = max(HEAD, file.size - length)
        tail = file.read(start, file.size)
    target = folder / "sparse.parquet"
    with target.open("wb") as out:
        out.write(first)
        out.seek(start)
        out.write(tail)
    return Head(target, file.name, file.size, True, [], len(first) + len(tail))


def fill(file: Opened, head: Head, end: int) -> int:
    """Put the bytes of the first rows into the file with holes, as far as the child says they go; returns how many.

    Raises InspectionFailed when they are too many to look at.
    """
    if end <= HEAD:
        return 0
    if end > MOST:
        raise InspectionFailed(
            f"The first row group of {file.name} is {end:,} bytes.",
            "Register it: it is looked into then.",
            field="source",
        )
    data = file.read(HEAD, min(end, file.size))
    with head.path.open("r+b") as out:
        out.seek(HEAD)
        out.write(data)
    return len(data)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
