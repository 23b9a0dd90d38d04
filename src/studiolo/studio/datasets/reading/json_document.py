"""A JSON document read element by element, so that memory holds one object at a time."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import MalformedJson

PIECE = 1 << 20
SPACE = re.compile(r"[ \t\r\n]*")
LARGEST = 256 << 20  # of one element, in characters
FLAT = re.compile(r"[\r\n]+")


class Reader:
    """The text of a document as a moving window. line: the physical line of the window's place."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open(encoding="utf-8-sig", newline="")
        self._decoder = json.JSONDecoder()
        self.text = ""
        self.place = 0
        self.line = 1
        self.ended = False

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def more(self) -> bool:
        """Read on; False at the end of the file."""
        if self.ended:
            return False
        piece = self._stream.read(max(PIECE, len(self.text) - self.place))  # twice as much each time: no quadratic work
        self.line += self.text.count("\n", 0, self.place)
        self.text = self.text[self.place :] + piece
        self.place = 0
        self.ended = not piece
        return bool(piece)

    def peek(self) -> str:
        """Return the next character that is no space, empty at the end."""
        while True:
            found = SPACE.match(self.text, self.place)
            self.place = found.end() if found else self.place
            if self.place < len(self.text):
                return self.text[self.place]
            if not self.more():
                return ""

    def take(self) -> str:
        """Return the next character that is no space and go past it."""
        character = self.peek()
        self.place += 1
        return character

    def value(self) -> tuple[Any, str]:
        """Return the next value and its text."""
        self.peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self.text, self.place)
            except ValueError as error:
                behind = error.pos - self.place if isinstance(error, json.JSONDecodeError) else 0
                if len(self.text) - self.place < LARGEST and self.more():
                    continue
                raise self.wrong(self._what(error), self.place + behind) from None
            if end == len(self.text) and not self.ended and self.more():
                continue  # a number may go on in the next piece
            text = self.text[self.place : end]
            self.place = end
            return found, text

    def wrong(self, what: str, offset: int | None = None) -> MalformedJson:
        """Say what is wrong and in which line."""
        line = self.line + self.text.count("\n", 0, self.place if offset is None else offset)
        return MalformedJson(f"Line {line} is not valid JSON: {what}.", "Correct the document.", line=line)

    @staticmethod
    def _what(error: ValueError) -> str:
        return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def find_rows(path: Path, key: str | None) -> tuple[list[str], str]:
    """Return the keys that lead to the array of rows, and them as text; none for an array or a single row.

    key: names inside each other with dots, as the owner says. Without it the first list of objects is taken, of those that are least deep.
    """
    reader = Reader(path)
    try:
        first = reader.peek()
        if first == "[":
            if key:
                raise MalformedJson(f"The document is an array, it has no key '{key}'.", "Leave `records` out.", line=1)
            return [], ""
        if first != "{":
            raise reader.wrong("it is neither an array nor an object")
        if key:
            return key.split("."), key
        best: tuple[str, ...] = ()
        for names in _lists(reader):
            if not best or len(names) < len(best):
                best = names
            if len(best) == 1:
                break  # what follows need not be read
        return list(best), ".".join(best)
    finally:
        reader.close()


def _lists(reader: Reader) -> Iterator[tuple[str, ...]]:
    """Yield the keys that lead from the top object to lists that begin with an object."""
    reader.take()
    while reader.peek() not in ("}", ""):
        name, _ = reader.value()
        if reader.take() != ":":
            raise reader.wrong("a ':' is missing")
        if reader.peek() == "[":
            place = reader.place
            reader.take()
            if reader.peek() == "{":
                yield (str(name),)
            reader.place = place if place < len(reader.text) and reader.text[place : place + 1] == "[" else reader.place
        value, _ = reader.value()
        yield from ((str(name), *inside) for inside in lists_below(value))
        if reader.peek() == ",":
            reader.take()


def lists_below(value: Any) -> Iterator[tuple[str, ...]]:
    """Yield the keys that lead to lists of objects inside an object, the least deep first; names with dots cannot be said.

    >>> list(lists_below({"page": 1, "data": {"items": [{"id": 1, "tags": [{}]}]}}))
    [('data', 'items')]
    """
    waiting: list[tuple[tuple[str, ...], Any]] = [((), value)]
    for names, found in waiting:
        if isinstance(found, dict):
            waiting += [((*names, key), inside) for key, inside in found.items() if "." not in key]
        elif isinstance(found, list) and found and isinstance(found[0], dict):
            yield names


def write_lines(path: Path, keys: list[str], target: Path) -> tuple[int, int]:
    """Write the objects of the array to lines; returns how many there are and the bytes of the longest.

    An object without an array to be found is one row.
    """
    reader = Reader(path)
    rows = longest = 0
    try:
        with target.open("wb") as out:
            for text in _elements(reader, keys):
                data = FLAT.sub(" ", text).encode() + b"\n"  # line ends stand between values: in texts they are escaped
                out.write(data)
                rows, longest = rows + 1, max(longest, len(data))
    finally:
        reader.close()
    return rows, longest


def _elements(reader: Reader, keys: list[str]) -> Iterator[str]:
    for key in keys:
        _enter(reader, key)
    if reader.peek() == "{" and not keys:
        yield reader.value()[1]
        if reader.peek():
            raise reader.wrong("something follows after its end")
        return
    if reader.take() != "[":
        raise reader.wrong(f"'{'.'.join(keys)}' is no array")
    if reader.peek() == "]":
        return
    while True:
        found, text = reader.value()
        if not isinstance(found, dict):
            raise reader.wrong(f"an element is {type(found).__name__}, not an object")
        yield text
        mark = reader.take()
        if mark == "]":
            break
        if mark != ",":
            raise reader.wrong("a ',' or ']' is missing" if mark else "it ends in the middle")
    if not keys and reader.peek():
        raise reader.wrong("something follows after its end")


def _enter(reader: Reader, key: str) -> None:
    """Go to the value of a key of the object that begins here."""
    if reader.take() != "{":
        raise reader.wrong(f"there is no object with the key '{key}'")
    while reader.peek() not in ("}", ""):
        name, _ = reader.value()
        if reader.take() != ":":
            raise reader.wrong("a ':' is missing")
        if name == key:
            return
        reader.value()
        if reader.peek() == ",":
            reader.take()
    raise MalformedJson(f"The document has no key '{key}'.", "Name the key that holds the rows (option `records`).")
