"""Who a token was a moment ago: spares hot requests two queries, and forgets within a second or at the first change."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

from studiolo.kernel.auth.actor import Actor
from studiolo.kernel.db.engine import Database

SECONDS = 1.0  # a change by another process (the controller ends a job's token) is seen after this
_MOST = 1000


class Entered(NamedTuple):
    """An actor in a workspace."""

    actor: Actor
    workspace_id: str


@dataclass(frozen=True, slots=True)
class _Known:
    entered: Entered
    expires_at: datetime | None  # of the token
    until: float


_known: WeakKeyDictionary[Database, dict[tuple[str, str], _Known]] = WeakKeyDictionary()


def recall(db: Database, token: str, workspace: str, now: datetime) -> Entered | None:
    """Return who the token was in a workspace within the last second."""
    found = _known.get(db, {}).get((token, workspace))
    if found is None or found.until < time.monotonic() or (found.expires_at and found.expires_at <= now):
        return None
    return found.entered


def remember(
    db: Database, token: str, workspace: str, entered: Entered, expires_at: datetime | None, asked_at: float
) -> None:
    """Keep what was read from the database; asked_at: time.monotonic() before it was read."""
    mine = _known.setdefault(db, {})
    if len(mine) >= _MOST:
        mine.clear()
    mine[token, workspace] = _Known(entered, expires_at, asked_at + SECONDS)


def forget() -> None:
    """Forget everything: called where accounts, members and tokens change."""
    for mine in list(_known.values()):
        mine.clear()
