"""Server-sent events of a log that is followed; the id of each is the byte offset behind it."""

from typing import Any

import orjson


def frame(event: str, data: dict[str, Any], offset: int) -> bytes:
    """Return an event; one without a name is a piece of the log."""
    name = f"event: {event}\n".encode() if event else b""
    return name + b"id: %d\ndata: %s\n\n" % (offset, orjson.dumps(data))
