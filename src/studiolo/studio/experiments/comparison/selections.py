"""Sets of runs under a short name, so that a link to two hundred of them can be pasted anywhere."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select, update

from studiolo.kernel.context import Context
from studiolo.studio.experiments.comparison.errors import MOST_RUNS, NoSuchSelection, TooManyRuns
from studiolo.studio.experiments.comparison.schemas import Selection
from studiolo.studio.experiments.comparison.tables import run_selections

KEPT = timedelta(days=365)
_TOUCH = timedelta(days=1)


def distinct(run_ids: Sequence[str]) -> list[str]:
    """Return each id once, in order; raises TooManyRuns."""
    found = list(dict.fromkeys(run_ids))
    if len(found) > MOST_RUNS:
        raise TooManyRuns(len(found))
    return found


def name_of(run_ids: Sequence[str]) -> str:
    """Return the name of a set: 80 bits of its content.

    >>> name_of(["a", "b"]) == name_of(["a", "b"]) != name_of(["b", "a"])
    True
    """
    digest = hashlib.blake2b("\n".join(run_ids).encode(), digest_size=10).digest()
    return base64.b32encode(digest).decode().lower()


def keep(ctx: Context, run_ids: Sequence[str]) -> Selection:
    """Store a set of runs; the same one again is the same. Sets that nobody opened for a year go."""
    found = distinct(run_ids)
    name, now = name_of(found), ctx.clock.now()
    change = ctx.db.upsert(run_selections)
    change = change.on_conflict_do_update(index_elements=["workspace_id", "id"], set_={"used_at": now})
    s = run_selections.c
    with ctx.db.begin() as tx:
        tx.execute(delete(run_selections).where(s.workspace_id == ctx.workspace_id, s.used_at < now - KEPT))
        tx.execute(change, {"workspace_id": ctx.workspace_id, "id": name, "run_ids": found, "used_at": now})
    return Selection(id=name, run_ids=found)


def get(ctx: Context, selection_id: str) -> Selection:
    """Return a stored set; raises NoSuchSelection."""
    s, now = run_selections.c, ctx.clock.now()
    mine = (s.workspace_id == ctx.workspace_id, s.id == selection_id)
    with ctx.db.read() as tx:
        row = tx.execute(select(s.run_ids, s.used_at).where(*mine)).first()
    if row is None:
        raise NoSuchSelection(selection_id)
    if row.used_at < now - _TOUCH:
        with ctx.db.begin() as tx:
            tx.execute(update(run_selections).where(*mine).values(used_at=now))
    return Selection(id=selection_id, run_ids=row.run_ids)
