"""How the server and its children talk: frames of a small JSON head and a body of bytes. Standard library only."""

import json
import struct
from typing import IO, Any

_SIZES = struct.Struct(">IQ")
HEAD_LIMIT = 64 << 20


class FrameLost(EOFError):
    """The other side is gone, or speaks another language."""


def send(stream: IO[bytes], head: dict[str, Any], body: bytes | memoryview = b"") -> None:
    """Write a frame whole; the caller sees to it that no two threads write at once."""
    text = json.dumps(head).encode()
    stream.write(_SIZES.pack(len(text), len(body)))
    stream.write(text)
    stream.write(body)
    stream.flush()


def receive(stream: IO[bytes], body_limit: int = 1 << 30) -> tuple[dict[str, Any], bytes]:
    """Read a frame; raises FrameLost at the end of the stream or when a size is beyond its limit."""
    sizes = _exactly(stream, _SIZES.size)
    head, body = _SIZES.unpack(sizes)
    if head > HEAD_LIMIT or body > body_limit:
        raise FrameLost(f"a frame of {head} and {body} bytes")
    found = json.loads(_exactly(stream, head))
    if not isinstance(found, dict):
        raise FrameLost("no frame")
    return found, _exactly(stream, body)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    pieces = []
    while size:
        piece = stream.read(size)
        if not piece:
            raise FrameLost("the stream ended")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
