"""A TCP proxy that breaks off where it is told to: what a server that is stopped half way looks like from here."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Proxy:
    """Passes bytes on until a budget is used up; then every connection is cut and none is taken any more."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._left: int | None = None
        self._lock = threading.Lock()
        self._links: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.dead = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, size: int) -> None:
        """Break off after so many more bytes, counted in both directions."""
        with self._lock:
            self._left = size

    def stop(self) -> None:
        """Cut everything now."""
        self.dead = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self._links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def _accept(self) -> None:
        while not self.dead:
            try:
                here, _ = self._listener.accept()
                there = socket.create_connection(self._target, 10)
            except OSError:
                continue
            self._links += [here, there]
            for source, sink in ((here, there), (there, here)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(1 << 16):
                if not self._allowed(len(piece)):
                    self.stop()
                    return
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def _allowed(self, size: int) -> bool:
        with self._lock:
            if self._left is None:
                return True
            self._left -= size
            return self._left > 0


@contextmanager
def proxy(host: str, port: int) -> Iterator[Proxy]:
    """Run a proxy in front of a server while in the block."""
    found = Proxy((host, port))
    try:
        yield found
    finally:
        found.stop()
