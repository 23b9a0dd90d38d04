"""Formulas of a sheet that nobody has calculated: a program that only writes workbooks stores none of their values."""

import re
import zipfile
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import unescape

PIECE = 1 << 20
LONGEST = 64 << 10  # of a cell with its formula
_MOST = 4 << 20  # of what names the sheets
_CELL = re.compile(
    rb"<c\b([^<>]*)>\s*<f\b(?:[^<>]*/>|[^<>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"  # <v> would be its value
)


class Uncalculated(NamedTuple):
    """How many formulas have no value, and the cell of the first of them, such as D2."""

    cells: int
    first: str


def uncalculated(book: Path, sheet: str) -> Uncalculated:
    """Count the formulas of a sheet of an .xlsx that have no value; none for a workbook of another kind."""
    count, first = 0, ""
    try:
        with zipfile.ZipFile(book) as archive, archive.open(_member(archive, sheet)) as xml:
            rest = b""
            while piece := xml.read(PIECE):
                rest += piece
                end = 0
                for found in _CELL.finditer(rest):
                    end = found.end()
                    if b't="str"' in found[1]:  # its value is the empty text
                        continue
                    count += 1
                    first = first or _named(found[1], "r")
                rest = rest[max(end, len(rest) - LONGEST) :]
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError):
        return Uncalculated(0, "")
    return Uncalculated(count, first)


def _member(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return which file of a workbook a sheet is; raises KeyError."""
    book = _small(archive, "xl/workbook.xml")
    ids = {
        unescape(_named(one, "name"), {"&quot;": '"', "&apos;": "'"}): _named(one, "r:id")
        for one in re.findall(rb"<sheet\b[^>]*>", book)
    }
    targets = {
        _named(one, "Id"): _named(one, "Target")
        for one in re.findall(rb"<Relationship\b[^>]*>", _small(archive, "xl/_rels/workbook.xml.rels"))
    }
    target = targets[ids[sheet]]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return file.read(_MOST)


def _named(tag: bytes, attribute: str) -> str:
    found = re.search(rf'\s{attribute}="([^"]*)"'.encode(), tag)
    return found[1].decode() if found else ""
