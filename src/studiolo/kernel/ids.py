"""Identifiers: UUIDv7 as 32 hex digits, so that they sort by time and are valid MLflow run ids."""

import re
import secrets
import threading
import time

_HEX32 = re.compile(r"[0-9a-f]{32}")
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """Return a new identifier, greater than every earlier one of this process.

    Layout of RFC 9562, version 7: 48 bits of milliseconds, 12 bits that count within a millisecond, 62 random bits.
    """
    global _last
    with _lock:
        stamp = (time.time_ns() // 1_000_000) << 12
        _last = stamp if stamp > _last else _last + 1
        value = _last
    milliseconds, counter = value >> 12, value & 0xFFF
    number = (milliseconds << 80) | (7 << 76) | (counter << 64) | (2 << 62) | secrets.randbits(62)
    return f"{number:032x}"


def is_id(text: str) -> bool:
    """Say whether a text has the form of an identifier."""
    return _HEX32.fullmatch(text) is not None
