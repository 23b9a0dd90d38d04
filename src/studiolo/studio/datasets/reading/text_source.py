"""A text file made ready to read: its encoding known, proven to the end, UTF-8, one kind of line end."""

import codecs
from dataclasses import dataclass, field
from pathlib import Path

from studiolo.studio.datasets.errors import EmptyFile, NulBytes
from studiolo.studio.datasets.reading.encoding import (
    AS_THEY_ARE,
    CHUNK,
    LINE_LIMIT,
    detect,
    refuse_binary,
    survey_utf8,
    write_utf8,
)
from studiolo.studio.datasets.schemas import ReadingNote

PLAIN = {"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"}


@dataclass
class TextSource:
    """path: the UTF-8 text, the file itself or a copy; encoding: of the file; longest: bytes of its longest line."""

    path: Path
    encoding: str
    longest: int
    notes: list[ReadingNote] = field(default_factory=list)


def prepare(
    path: Path, work: Path, *, encoding: str | None = None, line_limit: int = LINE_LIMIT, strip_mark: bool = False
) -> TextSource:
    """Read a text file through once and return how to read it.

    work: where a UTF-8 copy is written when the file is in another encoding or mixes line ends.
    strip_mark: also copy to be rid of a byte order mark.
    Raises EmptyFile, UnknownFormat, WrongEncoding, NulBytes, LineTooLong. Memory stays bounded.
    """
    with path.open("rb") as stream:
        head = stream.read(CHUNK)
    if not head.strip():
        raise EmptyFile(
            "The file is empty." if not head else "The file holds only blank space.",
            "Choose a file with a table in it.",
        )
    refuse_binary(head)
    guessed = False
    if encoding is None:
        encoding, guessed = detect(path)
    notes = []
    if encoding.lower().replace("_", "-") in PLAIN:
        encoding = "utf-8"
        survey = survey_utf8(path, line_limit)
        marked = strip_mark and head.startswith(codecs.BOM_UTF8)
        if not survey.mixed and not marked:
            return TextSource(path, encoding, survey.longest)
        if survey.mixed:
            notes.append(ReadingNote(message="Lines end in different ways; they are read as if all ended in LF."))
    elif guessed:
        notes.append(ReadingNote(message=f"The encoding was guessed: {encoding}. Name it if letters look wrong."))
    copy = work / "utf8.txt"
    survey = write_utf8(path, encoding, copy, line_limit)
    if guessed and _unprintable(copy):
        raise NulBytes("The file is not text.", AS_THEY_ARE)
    return TextSource(copy, encoding, survey.longest, notes)


def without_comments(text: TextSource, comment: str, work: Path) -> None:
    """Read from a copy in which lines that begin with the mark are blank, so that lines keep their numbers.

    The engine's own way would also cut what follows the mark within a line.
    """
    mark, target = comment.encode(), work / "uncommented.txt"
    with text.path.open("rb") as stream, target.open("wb") as out:
        for line in stream:
            out.write(b"\n" if line.startswith(mark) else line)
    text.path = target


def _unprintable(path: Path) -> bool:
    """Say whether a guess turned binary data into characters: text holds next to no control characters."""
    with path.open("rb") as stream:
        head = stream.read(CHUNK)
    control = sum(head.count(bytes([code])) for code in range(32) if code not in (9, 10, 13))
    return control > 0.01 * len(head)


def text_head(path: Path, rows: int, work: Path, *, quote: str = "") -> Path:
    """Write the first records to a small file and return it (or the file itself when it is small).

    Reads 1 MiB, more only to reach the end of a line. quote: a line end inside quotes does not end a record.
    """
    if path.stat().st_size <= CHUNK:
        return path
    with path.open("rb") as stream:
        head = stream.read(CHUNK)
        head += stream.readline()
    mark = quote.encode()
    if mark:  # go back to a line end that is outside quotes
        while head.count(mark) % 2 and b"\n" in head[:-1]:
            head = head[: head.rfind(b"\n", 0, -1) + 1]
    target = work / f"head-{rows}.txt"
    target.write_bytes(head)
    return target
