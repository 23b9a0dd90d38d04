"""Slows down who guesses passwords: after ten failures in a row a name has to wait, longer each time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from studiolo.kernel.auth.tables import login_failures
from studiolo.kernel.clock import Clock
from studiolo.kernel.db.engine import Database
from studiolo.kernel.errors import StudioloError

FREE = 10  # failures that cost nothing
FIRST_SECONDS = 60.0
LONGEST_SECONDS = 15 * 60.0
FORGET_SECONDS = 60 * 60.0  # without another failure


class TooManyAttempts(StudioloError):
    """A name has had too many wrong passwords in a row."""

    code, status, title = "auth.too_many_attempts", 429, "Too many attempts"

    def __init__(self, seconds: float) -> None:
        wait = int(seconds) + 1
        super().__init__(
            f"Too many wrong passwords for this name; the next attempt is possible in {wait} s.",
            "Wait, or sign in with a login link from the studio's machine: studiolo login",
            field="name",
            extra={"retry_after": wait},
        )


def pause(failures: int) -> float:
    """Return the seconds that a name must wait after so many failures in a row.

    >>> [pause(failures) for failures in (0, 9, 10, 11, 99)]
    [0.0, 0.0, 60.0, 120.0, 900.0]
    """
    if failures < FREE:
        return 0.0
    return float(min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(failures - FREE, 10)))


def count_attempt(db: Database, clock: Clock, name: str) -> None:
    """Count an attempt as failed before its password is looked at, so that attempts at the same time count too.

    Raises TooManyAttempts, and counts nothing, while the name has to wait.
    """
    now = clock.now()
    with db.begin() as tx:
        row = tx.execute(select(login_failures).where(login_failures.c.name == name).with_for_update()).first()
        failures = row.failures if row and not _forgotten(row.last_at, now) else 0
        waited = (now - row.last_at).total_seconds() if row else 0.0
        if row and waited < pause(failures):
            raise TooManyAttempts(pause(failures) - waited)
        values: dict[str, Any] = {"failures": failures + 1, "last_at": now}
        insert = db.upsert(login_failures).values(name=name, **values)
        tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))


def forgive(tx: Connection, name: str) -> None:
    """Forget the failures of a name that has signed in."""
    tx.execute(delete(login_failures).where(login_failures.c.name == name))


def _forgotten(last: datetime, now: datetime) -> bool:
    return now - last > timedelta(seconds=FORGET_SECONDS)
