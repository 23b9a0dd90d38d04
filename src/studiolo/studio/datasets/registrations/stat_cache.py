"""What files were when they were last hashed: `(path, size, mtime_ns, inode)`, or the fingerprint of an object, to digest.

A SQLite file of the home's own: only processes that register read and write it, and losing it costs a reading. A file that was
changed within two seconds of its hashing is not remembered: it may change once more without its time showing it.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

KEEP_DAYS = 90
RACY_SECONDS = 2.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
    place TEXT NOT NULL, path TEXT NOT NULL, mark TEXT NOT NULL, digest TEXT NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (place, path)
) WITHOUT ROWID
"""


class StatCache:
    """Marks of one place, such as a datastore, in memory while they are compared."""

    def __init__(self, path: Path, place: str) -> None:
        self._path, self._place = path, place
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_SCHEMA)
            yield connection
        finally:
            connection.close()

    def known(self) -> dict[str, tuple[str, str]]:
        """Return mark and digest by path; nothing when the file is damaged, which is then begun anew."""
        try:
            with self._open() as connection:
                rows = connection.execute("SELECT path, mark, digest FROM seen WHERE place = ?", (self._place,))
                return {path: (mark, digest) for path, mark, digest in rows}
        except sqlite3.DatabaseError:
            for end in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)
            return {}

    def remember(self, found: Mapping[str, tuple[str, str]], used: Iterable[str] = ()) -> None:
        """Keep marks and digests by path, and that others were used again; forgets what nobody asked for since 90 days."""
        today = int(time.time() // 86400)
        try:
            with self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                rows = ((self._place, path, mark, digest, today) for path, (mark, digest) in found.items())
                connection.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", rows)
                again = ((today, self._place, path) for path in used)
                connection.executemany("UPDATE seen SET used = ? WHERE place = ? AND path = ? AND used < ?1", again)
                connection.execute("DELETE FROM seen WHERE used < ?", (today - KEEP_DAYS,))
                connection.execute("COMMIT")
        except sqlite3.DatabaseError:
            return  # a cache that cannot be written costs time, nothing else


def settled(mtime: float | None, now: float) -> bool:
    """Say whether a file has been quiet long enough before a moment for its time to tell of the next change."""
    return mtime is None or abs(now - mtime) > RACY_SECONDS
