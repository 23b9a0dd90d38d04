"""What fits into which port: literals as their declared types, and outputs into inputs. Pure."""

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
    try:
        if kind == "string":
            return value if isinstance(value, str) else shown
        if kind == "boolean":
            return value if isinstance(value, bool) else _WORDS[shown.strip().lower()]
        if isinstance(value, bool):
            raise ValueError
        if kind == "integer":
            number = float(shown)
            if number != int(number):
                raise ValueError
            return int(shown) if shown.strip().lstrip("+-").isdigit() else int(number)
        number = float(shown)
        if number != number:
            raise ValueError
        return value if isinstance(value, int | float) else number
    except (ValueError, KeyError, OverflowError):
        article = "an" if kind == "integer" else "a"
        raise Misfit(f"'{shown[:80]}' is not {article} {kind}.") from None


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
