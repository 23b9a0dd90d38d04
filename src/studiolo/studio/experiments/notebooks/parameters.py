"""Puts values into a notebook: a cell after the one tagged `parameters`, or before all others."""

import ast
import keyword
import math
from collections.abc import Collection, Mapping
from typing import Any

TAG, INJECTED = "parameters", "injected-parameters"  # papermill's words


def values(given: Mapping[str, str], texts: Collection[str]) -> dict[str, Any]:
    """Return parameters as Python values: numbers and booleans are those, all else is a text.

    >>> values({"rate": "0.5", "n": "3", "on": "True", "zip": "01234", "word": "x"}, ["zip"])
    {'rate': 0.5, 'n': 3, 'on': True, 'zip': '01234', 'word': 'x'}
    """
    return {name: text if name in texts else _value(text) for name, text in given.items()}


def _value(text: str) -> Any:
    try:
        found = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    # an infinite number is written as a name that no notebook knows
    return found if isinstance(found, bool | int | float) and math.isfinite(found) else text


def is_name(name: str) -> bool:
    """Say whether a variable can be called so."""
    return name.isidentifier() and not keyword.iskeyword(name)


def inject(cells: list[Any], found: Mapping[str, Any], made: Any) -> int:
    """Put a cell with assignments into a notebook, in the place of one from before; returns its index. made: a new code cell of a source."""
    source = "# Parameters\n" + "".join(f"{name} = {value!r}\n" for name, value in found.items())
    cell = made(source.rstrip())
    cell["metadata"]["tags"] = [INJECTED]
    cells[:] = [one for one in cells if INJECTED not in one.get("metadata", {}).get("tags", [])]
    after = next((n for n, one in enumerate(cells) if TAG in one.get("metadata", {}).get("tags", [])), -1)
    cells.insert(after + 1, cell)
    return after + 1
