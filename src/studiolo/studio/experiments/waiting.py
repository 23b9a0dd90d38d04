"""Waiting for a run: the answer comes when there is one, so that nobody asks again and again."""

import asyncio
import time

from sqlalchemy import bindparam, select
from starlette.concurrency import run_in_threadpool

from studiolo.kernel.context import Context
from studiolo.kernel.db.news import News
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.experiments.schemas import TERMINAL, Standing
from studiolo.studio.experiments.tables import runs

MOST = 30.0  # seconds that an answer is waited for
# seconds between looks for news: while there are some, after a long wait with some (a hundredth of it: who has waited for a second does not
# mind 10 ms, and the jobs that are waited for need the processor), and after a while without
_LEAST, _LATER, _SLOW = 0.003, 0.02, 0.05
_STANDING = Prepared(
    select(runs.c.state, runs.c.version).where(
        runs.c.id == bindparam("id"), runs.c.workspace_id == bindparam("workspace_id")
    )
)


def standing(ctx: Context, run_id: str) -> Standing:
    """Return how a run stands; raises RunNotFound."""
    with ctx.db.glance() as tx:
        found = _STANDING.first(tx, {"id": run_id, "workspace_id": ctx.workspace_id})
    if found is None:
        raise RunNotFound(run_id)
    return Standing(state=found.state, version=found.version)


async def wait(ctx: Context, news: News, run_id: str, version: int | None, seconds: float) -> Standing:
    """Return how a run stands when it has ended, or is no longer of a version; after some seconds in any case."""
    begun = heard = time.monotonic()
    until = begun + min(seconds, MOST)
    while True:
        number = news.number()  # before the look: what comes between the two is looked at next
        found = await run_in_threadpool(standing, ctx, run_id)
        if found.state in TERMINAL or version not in (None, found.version):
            return found
        while news.number() == number:
            now = time.monotonic()
            if now >= until:
                return found
            least = max(_LEAST, min((now - begun) / 100, _LATER))
            await asyncio.sleep(min(max(least, (now - heard) / 20), _SLOW, until - now))
        heard = time.monotonic()
        if heard >= until:
            return found
