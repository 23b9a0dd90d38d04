"""Values as JSON and a browser can hold them, whatever type they have."""

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

SHOWN = 500  # characters of a long text in a table
WHOLE = 1 << 20  # characters of one value looked at alone


def shown(value: Any) -> Any:
    """Return a value for a cell: long texts are cut, what JSON or a browser would round becomes text.

    >>> shown(2**60), shown(float("nan")), shown(b"ab")
    ('1152921504606846976', None, '0x6162')
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else str(value)
    if isinstance(value, float):
        return None if math.isnan(value) else str(value) if math.isinf(value) else value
    text = whole(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def whole(value: Any) -> str:  # noqa: PLR0911 - one line a type
    """Return all of a value as text; nested ones as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, timedelta):
        return _duration(value)
    if hasattr(value, "months") and hasattr(value, "nanoseconds"):  # Arrow's interval of months, days and the rest
        parts = [
            f"{value.months} months" if value.months else "",
            f"{value.days} days" if value.days else "",
            _duration(timedelta(microseconds=value.nanoseconds / 1000)) if value.nanoseconds else "",
        ]
        return " ".join(part for part in parts if part) or "0 days"
    if isinstance(value, dict | list | tuple):
        return json.dumps(_plain(value), ensure_ascii=False)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _duration(value: timedelta) -> str:
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "months"):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, UUID):
        return str(value)
    return whole(value)
