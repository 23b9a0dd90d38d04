"""Keyset paging: a page knows where the next one starts; nothing is ever skipped or counted."""

import base64
import binascii
import json
import math
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from studiolo.kernel.errors import Invalid

MAX_LIMIT = 1000
T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """Some items, and the cursor of the following ones (None at the end)."""

    items: list[T]
    next: str | None = None


def encode(*keys: Any) -> str:
    """Write the sort keys of the last item as an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(keys, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str | None, count: int) -> tuple[Any, ...] | None:
    """Read a cursor of `count` keys; None stays None.

    Raises Invalid for a text that is no cursor of ours.
    """
    if not cursor:
        return None
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) if len(cursor) < 4000 else None
    except (ValueError, binascii.Error, RecursionError):
        keys = None
    if not isinstance(keys, list) or len(keys) != count or not all(_is_key(key) for key in keys):
        raise Invalid("The cursor is not one that this list gave out.", "Start again without it.", field="cursor")
    return tuple(keys)


def bounded(limit: int) -> int:
    """Keep a page size within 1 and MAX_LIMIT."""
    return max(1, min(limit, MAX_LIMIT))


def _is_key(key: Any) -> bool:
    """Say whether a database can compare with it."""
    if isinstance(key, str):
        return "\0" not in key
    if isinstance(key, int):
        return abs(key) < 2**63
    return key is None or (isinstance(key, float) and math.isfinite(key))
