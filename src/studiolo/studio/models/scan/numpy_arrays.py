"""Raw arrays on the way of a pickle: how long they are. numpy is not needed to know that."""

import re
from typing import Any, BinaryIO

_PIECE = 1 << 20
_CODE = re.compile(r"[<>=|]?([a-zA-Z?])(\d*)")
_FIXED = {
    "b": 1,
    "B": 1,
    "?": 1,
    "h": 2,
    "H": 2,
    "i": 4,
    "I": 4,
    "l": 8,
    "L": 8,
    "q": 8,
    "Q": 8,
    "f": 4,
    "d": 8,
    "g": 16,
    "e": 2,
    "F": 8,
    "D": 16,
    "G": 32,
}


def skip(stream: BinaryIO, size: int) -> None:
    """Step over bytes of a stream that cannot seek; raises EOFError when there are fewer."""
    while size > 0:
        piece = stream.read(min(size, _PIECE))
        if not piece:
            raise EOFError("the file ends inside an array")
        size -= len(piece)


def step_over(stream: BinaryIO, state: dict[str, Any]) -> bool:
    """Step over the bytes that joblib's NumpyArrayWrapper reads after its BUILD; True: a pickle of objects follows.

    state: shape, dtype and numpy_array_alignment_bytes, as the machine's symbols. Raises ValueError when it cannot tell.
    """
    kind, size = _dtype(state.get("dtype"))
    if kind == "O":
        return True
    shape = state.get("shape")
    if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError("an array of unknown shape")
    if state.get("numpy_array_alignment_bytes") is not None:
        padding = stream.read(1)
        if not padding:
            raise EOFError("the file ends before an array")
        skip(stream, padding[0])
    count = 1
    for length in shape:
        count *= length
    skip(stream, count * size)
    return False


def _dtype(made: Any) -> tuple[str, int]:
    """Return the kind and the bytes of one element of a symbolic `numpy.dtype(text, …)` with its state."""
    args = getattr(made, "args", ())
    text = args[0] if args else None
    if not isinstance(text, str) or (found := _CODE.fullmatch(text)) is None:
        raise ValueError("an array of unknown type")
    code, digits = found.groups()
    state = getattr(made, "state", None)
    if isinstance(state, tuple) and len(state) >= 6 and isinstance(state[5], int) and state[5] > 0:
        if _has_objects(state[4]):
            return "O", 0
        return code, state[5]
    if code == "O":
        return "O", 0
    if digits:
        return code, int(digits) * (4 if code == "U" else 1)
    if code in _FIXED:
        return code, _FIXED[code]
    raise ValueError(f"an array of type {text[:20]}")


def _has_objects(fields: Any) -> bool:
    items = getattr(fields, "items", {})
    for value in items.values() if isinstance(items, dict) else ():
        part = value[0] if isinstance(value, tuple) and value else None
        args = getattr(part, "args", ())
        if args and isinstance(args[0], str) and args[0].lstrip("<>=|").startswith("O"):
            return True
    return False
