"""What fits into which port: literals as their declared types, and outputs into inputs. Pure."""

import math
from typing import Any, get_args

from studiolo.studio.pipelines.schemas import LiteralType, Port, Scalar

LITERALS = frozenset(get_args(LiteralType))
FILE = "uri_file"
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Misfit(Exception):
    """A value that a port does not take; the message is a sentence, hint says what it takes."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def of(value: Scalar) -> LiteralType:
    """Return the type that a literal has by itself.

    >>> of(True), of(3), of(0.5), of("x")
    ('boolean', 'integer', 'number', 'string')
    """
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "number" if isinstance(value, float) else "string"


def coerced(value: Scalar, port: Port) -> Scalar:
    """Return a literal as a port declares it; YAML leaves some numbers texts, such as `1e-3`. Raises Misfit.

    >>> coerced("1e-3", Port(type="number")), coerced(True, Port(type="string")), coerced("off", Port(type="boolean"))
    (0.001, 'True', False)
    """
    found = _typed(value, port.type)
    if isinstance(found, int | float) and not isinstance(found, bool):
        if port.min is not None and found < port.min:
            raise Misfit(f"{text(found)} is less than {port.min:g}.", _range(port))
        if port.max is not None and found > port.max:
            raise Misfit(f"{text(found)} is more than {port.max:g}.", _range(port))
    if port.enum and text(found) not in port.enum:
        raise Misfit(f"'{text(found)[:80]}' is none of its values.", f"Choose one of: {', '.join(port.enum)}.")
    return found


def _range(port: Port) -> str:
    low = f"from {port.min:g} " if port.min is not None else ""
    return f"Give a {port.type} {low}{f'up to {port.max:g}' if port.max is not None else ''}".strip() + "."


def _typed(value: Scalar, kind: str) -> Scalar:
    shown = text(value)
    if kind == "string":
        return shown
    found = _boolean(value, shown) if kind == "boolean" else _number(value, shown)
    if kind == "integer" and found is not None:
        found = int(found) if float(found).is_integer() else None
    if found is None:
        raise Misfit(f"'{shown[:80]}' is not {'an' if kind == 'integer' else 'a'} {kind}.")
    return found


def _boolean(value: Scalar, shown: str) -> bool | None:
    return value if isinstance(value, bool) else _WORDS.get(shown.strip().lower())


def _number(value: Scalar, shown: str) -> int | float | None:
    """Return a finite number, as it was written: an integer of any size stays one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    try:
        return int(shown)
    except ValueError:
        pass
    try:
        found = float(shown)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def text(value: Any) -> str:
    """Return a literal as a command gets it: booleans as Python writes them.

    >>> text(True), text(0.1), text(3)
    ('True', '0.1', '3')
    """
    return repr(value) if isinstance(value, float) else str(value)


def fits(source: str, target: str) -> bool:
    """Say whether what has one type may be given to a port of another.

    >>> fits("mlflow_model", "uri_folder"), fits("uri_file", "uri_folder"), fits("integer", "number"), fits("string", "number")
    (True, False, True, False)
    """
    if source == target:
        return True
    if source in LITERALS or target in LITERALS:
        return source in LITERALS and (target == "string" or (source == "integer" and target == "number"))
    return (source == FILE) == (target == FILE) or "custom_model" in (source, target)
