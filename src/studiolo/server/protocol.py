"""How answers go to the network: head and body of a small one in one packet, so that its reader wakes once."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# seconds that an idle connection is kept: clients that log now and then use theirs again, and rarely send on one that just ended
KEEP_ALIVE = 75


class Together:
    """A transport that hands over what is written within one step of the loop in one piece.

    uvicorn writes head and body one after the other, each a call of the system and a wake-up of the client: a quarter of what
    a small request costs. What is written is handed over before the loop does anything else, so flow control is as it was.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Keep a piece until the step of the loop ends."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Hand over what is kept, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts:
            self._transport.write(parts[0] if len(parts) == 1 else b"".join(parts))


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, over a transport that writes together."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(Together(transport, self.loop))  # type: ignore[arg-type]
