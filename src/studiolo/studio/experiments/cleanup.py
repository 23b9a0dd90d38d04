"""`gc`: empties the bin and the store, a second's work at a time; and the same, slowly, in the controller."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from studiolo.kernel.auth.service import DEFAULT_WORKSPACE
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments import purging, recycling, sweeping
from studiolo.studio.experiments.schemas import Cleanup, CleanupRequest

log = logging.getLogger(__name__)
_WORK_SECONDS = 1.5
_BIN_EVERY = 300.0  # seconds between looks of the controller into an empty bin
_STORE_EVERY = 6 * 3600.0
_STORE_FIRST = 60.0  # after its start
_AFTER_TROUBLE = 600.0
_BIN = "bin"


def step(ctx: Context, asked: CleanupRequest) -> Cleanup:
    """Do, or count, a second or two of the work from a position on; the caller asks again until `next` is null."""
    position = asked.position or _BIN
    if position != _BIN and position not in sweeping.SHARDS:
        raise Invalid(f"'{position}' is no position.", "Begin without one.", field="position")
    before = recycling.removable_before(ctx, asked.older_than_days)
    if position == _BIN:
        return _count_bin(ctx, before) if asked.dry_run else _empty_bin(ctx, before)
    doomed = _doomed(ctx, before) if asked.dry_run else None
    return _sweep(ctx, sweeping.SHARDS.index(position), doomed)


def _count_bin(ctx: Context, before: datetime) -> Cleanup:
    with ctx.db.read() as tx:
        return Cleanup(
            runs=purging.count(tx, purging.due_runs(ctx, before)),
            experiments=purging.count(tx, purging.due_experiments(ctx, before, with_due_runs=True)),
            logged_models=purging.count(tx, purging.due_models(ctx, before)),
            held=len(purging.held_runs(tx, ctx, before)),
            done=0.0,
            next=sweeping.SHARDS[0],
        )


def _empty_bin(ctx: Context, before: datetime) -> Cleanup:
    freed = Cleanup(done=0.0, next=_BIN)
    deadline = time.monotonic() + _WORK_SECONDS
    while time.monotonic() < deadline:
        if purging.drain(ctx):
            continue
        runs = purging.bury(ctx, before)
        models = 0 if runs else purging.remove_models(ctx, before)
        experiments = 0 if runs or models else purging.bury_experiments(ctx, before)
        freed.runs += runs
        freed.logged_models += models
        freed.experiments += experiments
        if not (runs or models or experiments):
            with ctx.db.read() as tx:
                freed.held = len(purging.held_runs(tx, ctx, before))
            freed.next = sweeping.SHARDS[0]
            break
    return freed


def _doomed(ctx: Context, before: datetime) -> sweeping.Doomed:
    with ctx.db.read() as tx:
        folders = {f"{row.experiment}/{row.id}" for row in tx.execute(purging.due_runs(ctx, before))}
        folders |= {f"{row.experiment}/models/{row.id}" for row in tx.execute(purging.due_models(ctx, before))}
        due = purging.due_experiments(ctx, before, with_due_runs=True)
        folders |= {str(row.number) for row in tx.execute(due)}
    return sweeping.Doomed(ctx.workspace_id, folders)


def _sweep(ctx: Context, first: int, doomed: sweeping.Doomed | None) -> Cleanup:
    freed = Cleanup()
    in_json = sweeping.named_in_json(ctx)
    deadline = time.monotonic() + _WORK_SECONDS
    for number in range(first, len(sweeping.SHARDS)):
        if time.monotonic() > deadline:
            return freed.model_copy(update={"done": number / len(sweeping.SHARDS), "next": sweeping.SHARDS[number]})
        swept = sweeping.sweep(ctx, sweeping.SHARDS[number], in_json, doomed)
        freed.files += swept.files
        freed.bytes += swept.bytes
        freed.waiting_bytes += swept.waiting
    return freed


@dataclass(slots=True)
class _Rounds:
    """What the controller of a home remembers between ticks; lost with it, which costs a look."""

    bin_at: dict[str, float] = field(default_factory=dict)
    store_at: float = 0.0
    store: Iterator[sweeping.Swept] | None = None


_rounds: dict[str, _Rounds] = {}


def tick(ctx: Context) -> bool:
    """Remove a little of what is over; True while there is more in the bin."""
    rounds = _rounds.setdefault(str(ctx.settings.home), _Rounds(store_at=time.monotonic() + _STORE_FIRST))
    try:
        return _tick(ctx, rounds)
    except Exception:
        # what cannot be removed must not keep the jobs waiting, whose tick this is a part of
        log.exception("cleaning up failed; again in %s s", _AFTER_TROUBLE)
        rounds.bin_at[ctx.workspace_id] = rounds.store_at = time.monotonic() + _AFTER_TROUBLE
        rounds.store = None
        return False


def _tick(ctx: Context, rounds: _Rounds) -> bool:
    busy = False
    if time.monotonic() >= rounds.bin_at.get(ctx.workspace_id, 0.0):
        busy = empty_some(ctx)
        if not busy:
            rounds.bin_at[ctx.workspace_id] = time.monotonic() + _BIN_EVERY
    if ctx.workspace == DEFAULT_WORKSPACE and time.monotonic() >= rounds.store_at:
        rounds.store = rounds.store or _round(ctx)
        if next(rounds.store, None) is None:
            rounds.store, rounds.store_at = None, time.monotonic() + _STORE_EVERY
    return busy


def empty_some(ctx: Context) -> bool:
    """Remove a few runs, models and experiments whose time is over; False when there is none."""
    before = recycling.removable_before(ctx)
    return bool(
        purging.drain(ctx)
        or purging.bury(ctx, before)
        or purging.remove_models(ctx, before)
        or purging.bury_experiments(ctx, before)
    )


def _round(ctx: Context) -> Iterator[sweeping.Swept]:
    """Sweep the store, one folder for each `next`; what stands in JSON is read anew when that is an hour old."""
    total, read_at, in_json = 0, float("-inf"), frozenset[str]()
    for shard in sweeping.SHARDS:
        if time.monotonic() - read_at > timedelta(hours=1).total_seconds():
            in_json, read_at = sweeping.named_in_json(ctx), time.monotonic()
        swept = sweeping.sweep(ctx, shard, in_json)
        total += swept.bytes
        yield swept
    if total:
        log.info("removed %s bytes that nobody named from the store", total)
