"""Takes secrets out of text: the values themselves, and the forms in which programs write them.

The runner reads a job's output through `Stream`; server and controller use `forms` for their own logs. Standard library only.
"""

import base64
import json
import os
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = b"[secret]"
SHORTEST = 4  # characters; to take shorter ones out would tear up every other word
_LINE = 8  # characters of a line of a longer secret, such as a key in PEM, that is taken out by itself


def forms(value: str) -> set[bytes]:
    """Return a value as programs write it: plain, URL-encoded, in JSON, hexadecimal, in base64 at any place of it.

    >>> sorted(forms("p&w0"))[:2]
    [b'70267730', b'cCZ3M']
    """
    if len(value) < SHORTEST:
        return set()
    found: set[bytes] = set()
    for text in {value, value.strip()}:
        plain = text.encode("utf-8", "surrogateescape")
        found |= {plain, plain.hex().encode(), plain.hex().upper().encode()}
        for encoded in (quote(plain, safe=""), quote(plain), quote_plus(plain)):
            found |= {encoded.encode(), _lower(encoded).encode()}
        found |= {json.dumps(text, ensure_ascii=ascii_)[1:-1].encode("utf-8", "replace") for ascii_ in (True, False)}
        found.add(repr(text)[1:-1].encode("utf-8", "replace"))
        found |= _base64(plain)
    found |= {line.encode() for line in map(str.strip, value.splitlines()) if len(line) >= _LINE and line != value}
    return {form for form in found if len(form) >= SHORTEST}


def patterns(values: Iterable[str]) -> list[bytes]:
    """Return the forms of all values, the longest first: a value may stand within another."""
    return sorted(set().union(*(forms(value) for value in values)), key=lambda form: (-len(form), form))


def scrub(text: bytes, known: list[bytes]) -> bytes:
    """Replace every pattern in a text that is whole."""
    for pattern in known:
        if pattern in text:
            text = text.replace(pattern, MASK)
    return text


class Stream:
    """Scrubs what comes in pieces: a secret may begin in one and end in the next."""

    def __init__(self, known: list[bytes]) -> None:
        self._known = known
        self._longest = max(map(len, known), default=0)
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """Return what may be shown now; what could be the beginning of a secret is held back."""
        text = scrub(self._held + piece, self._known)
        start = self._beginning(text)
        self._held = text[start:]
        return text[:start]

    def end(self) -> bytes:
        """Return what was held back, when nothing follows."""
        rest, self._held = self._held, b""
        return rest

    def _beginning(self, text: bytes) -> int:
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            rest = text[start:]
            if any(pattern.startswith(rest) for pattern in self._known):
                return start
        return len(text)


def pump(out: int, log: int, stream: Stream) -> None:
    """Copy what comes out of a pipe into a log until nobody writes any more. A full disk loses text, as it does without us."""
    while piece := os.read(out, 1 << 16):
        _append(log, stream.feed(piece))
    _append(log, stream.end())


def _append(log: int, text: bytes) -> None:
    while text:
        try:
            text = text[os.write(log, text) :]
        except OSError:
            return


def _base64(plain: bytes) -> set[bytes]:
    """Return what stays the same of a value in base64 wherever it begins in a longer text, such as `user:password`."""
    found = set()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + plain).rstrip(b"=")
        first = -(-before * 8 // 6)  # characters that hold bits of what stands before
        last = (before + len(plain)) * 8 // 6  # and those that hold none of what follows
        kept = whole[first:last]
        found |= {kept, kept.translate(bytes.maketrans(b"+/", b"-_"))}
    return {form for form in found if len(form) >= SHORTEST}


def _lower(encoded: str) -> str:
    parts = encoded.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])
