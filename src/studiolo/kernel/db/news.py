"""Whether somebody has committed: what waits for a change looks at this first, and at rows only then."""

import sqlite3
import time

from studiolo.kernel.db.engine import Database

_EVERY = 0.05  # seconds after which PostgreSQL may have news, since it does not say


class News:
    """A number that changes with what others commit.

    SQLite counts commits of others per connection, and tells the count without touching the file. PostgreSQL would have to be asked in a
    session of its own, so there the number changes with time.
    """

    def __init__(self, db: Database) -> None:
        self._path = db.url.removeprefix("sqlite:///") if db.dialect == "sqlite" else ""
        self._connection: sqlite3.Connection | None = None

    @property
    def counted(self) -> bool:
        """Whether the number says that there was a commit, rather than that there may have been one."""
        return bool(self._path)

    def number(self) -> int:
        """Return the number; what was committed before is seen by who reads after."""
        if not self._path:
            return int(time.monotonic() / _EVERY)
        try:
            self._connection = self._connection or sqlite3.connect(self._path, check_same_thread=False)
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:  # the disk is away for a moment: who waits looks for itself
            return int(time.monotonic() / _EVERY)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
