"""The keys of an endpoint: only their hashes are here, compared in constant time, read again when they change."""

import hashlib
import hmac
import json
from pathlib import Path


class Keys:
    """Hashes from `{"hashes": ["<sha256 hex>", …]}`. A file that is away lets nobody in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._hashes: tuple[bytes, ...] = ()
        self.refresh()

    def refresh(self) -> None:
        """Read the file if it has changed; a broken one keeps what was known."""
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                hashes = json.loads(self.path.read_text(encoding="utf-8"))["hashes"]
                self._hashes = tuple(bytes.fromhex(text) for text in hashes)
                self._stamp = stamp
        except FileNotFoundError:
            self._hashes, self._stamp = (), None
        except (OSError, ValueError, KeyError, TypeError):
            return

    def accept(self, authorization: bytes) -> bool:
        """Say whether an Authorization header carries a key of this endpoint."""
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            return False
        offered = hashlib.sha256(key.strip()).digest()
        good = False
        for known in self._hashes:  # all of them, each time: the time says nothing
            good |= hmac.compare_digest(offered, known)
        return good
