"""What people write into the fields of a machine, as every kind of machine checks it; errors name the field."""

from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.studio.compute.backends.base import Field


def complete(title: str, fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for each field: what was given, else its default; raises ValueError with the name of what is no field."""
    known = {field.name: field.default for field in fields}
    for name in given:
        if name not in known:
            raise ValueError(name, f"{title} has no setting '{name}'; there are {', '.join(known)}.")
    return {**known, **{name: value for name, value in given.items() if value not in (None, "")}}


def number(name: str, given: Any, least: int, most: int) -> int:
    """Return a whole number within bounds; raises ValueError with the field's name."""
    try:
        found = int(given)
    except (TypeError, ValueError):
        found = least - 1
    if not least <= found <= most:
        raise ValueError(name, f"Write a number from {least} to {most}.")
    return found


def lines(name: str, given: Any, hint: str = "Write one in each line.") -> list[str]:
    """Return the lines of a text, or a list of them, without empty ones; raises ValueError with the field's name and the hint."""
    found = given.splitlines() if isinstance(given, str) else given or []
    if not isinstance(found, list) or not all(isinstance(line, str) for line in found):
        raise ValueError(name, hint)
    return [line.strip() for line in found if line.strip()]
