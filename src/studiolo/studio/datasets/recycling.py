"""The bin of datasets: what is deleted can be restored for the retention time; and what goes into it by itself."""

import time
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.studio.datasets import bin as rows
from studiolo.studio.datasets import part_repository, repository, uploading
from studiolo.studio.datasets.errors import DatasetNotFound, NotInTheBin
from studiolo.studio.datasets.quality import repository as quality
from studiolo.studio.datasets.schemas import Dataset, Retention, VersionSummary
from studiolo.studio.datasets.version_schemas import DatasetCleanup, DatasetCleanupRequest, Deleted
from studiolo.studio.experiments import lineage
from studiolo.studio.experiments import service as experiments

EVERY_SECONDS = 60.0
_done: dict[tuple[str, str], float] = {}
Binned = TypeVar("Binned", bound=Dataset | VersionSummary)


def dated(ctx: Context, item: Binned) -> Binned:
    """Say of what is in the bin when it will be removed."""
    if item.deleted_at:
        item.remove_at = item.deleted_at + timedelta(days=ctx.settings.retention_days)
    return item


def delete(ctx: Context, name: str, version: int | None) -> Deleted:
    """Put a dataset with its versions, or one version, in the bin; with its last version the dataset goes too."""
    with ctx.db.begin() as tx:
        gone = rows.put_in(tx, ctx, name, None if version is None else [version])
        if not gone:
            shown = name[:100] if version is None else f"{name[:100]}:{version}"
            raise DatasetNotFound(
                f"There is no dataset '{shown}'.", "List them: studiolo datasets list", field="dataset"
            )
        _tell(tx, ctx, name, gone)
    return Deleted(name=name, versions=gone, remove_at=ctx.clock.now() + timedelta(days=ctx.settings.retention_days))


def _tell(tx: Connection, ctx: Context, name: str, gone: list[int]) -> None:
    whole = repository.dataset(tx, ctx.workspace_id, name) is None
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "dataset.delete", name, {"versions": gone})
    ctx.events.emit(tx, "dataset.deleted" if whole else "dataset.version_deleted", name, {"versions": gone})


def restore(ctx: Context, name: str, version: int | None) -> list[int]:
    """Take a dataset out of the bin with the versions that went in with it, or one version; raises NotInTheBin."""
    with ctx.db.begin() as tx:
        back = rows.take_out(tx, ctx, name, version)
        if not back:
            shown = name[:100] if version is None else f"{name[:100]}:{version}"
            raise NotInTheBin(
                f"'{shown}' is not in the bin.", "See what is: studiolo datasets list --deleted", field="dataset"
            )
        auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, "dataset.restore", name, {"versions": back})
        ctx.events.emit(tx, "dataset.restored", name, {"versions": back})
    return back


def clean_up(ctx: Context, asked: DatasetCleanupRequest) -> DatasetCleanup:
    """Remove for good what has been in the bin too long; the bytes are freed by the sweep of the store, days later.

    Nobody can see or restore it afterwards. Its rows stay a day more, so that a job which was asked for a moment before still
    has its files.
    """
    days = ctx.settings.retention_days if asked.older_than_days is None else asked.older_than_days
    before = ctx.clock.now() - timedelta(days=days)
    if asked.dry_run:
        with ctx.db.read() as tx:
            return DatasetCleanup(versions=rows.count(tx, ctx, before))
    removed = 0
    while some := _remove(ctx, before):
        removed += some
    return DatasetCleanup(versions=removed)


def _remove(ctx: Context, before: datetime) -> int:
    with ctx.db.begin() as tx:
        gone = rows.remove(tx, ctx, before)
        if gone:
            experiments.discard(tx, ctx, [row.profile_run for row in gone if row.profile_run])
            names = [repository.reference(row.name, row.version) for row in gone]
            for name in sorted({row.name for row in gone}):
                ctx.events.emit(tx, "dataset.removed", name, {})
            auth.audit(
                tx,
                ctx.clock,
                ctx.workspace_id,
                ctx.actor.name,
                "dataset.removed",
                f"{len(gone)} versions",
                {"names": names},
            )
    return len(gone)


def keep_house(ctx: Context) -> bool:
    """Once a minute remove what has been in the bin long enough, and put there what is not to be kept; True when there was any."""
    key = (ctx.workspace_id, str(ctx.settings.home))
    if time.monotonic() - _done.get(key, float("-inf")) < EVERY_SECONDS:
        return False
    if did := round_of(ctx):
        return did  # there may be more
    uploading.sweep(ctx)
    _done[key] = time.monotonic()
    return False


def round_of(ctx: Context) -> bool:
    """Do so now, for some; False when there was none."""
    removed = _remove(ctx, ctx.clock.now() - timedelta(days=ctx.settings.retention_days))
    with ctx.db.begin() as tx:
        drained = rows.drain(tx, ctx)
        if drained:
            experiments.discard(tx, ctx, quality.forget(tx, ctx, drained))
        collected = part_repository.collect(tx, ctx)
    return bool(removed or drained or collected or apply_retention(ctx).binned)


def apply_retention(ctx: Context) -> DatasetCleanup:
    """Put versions in the bin that the retention of their dataset does not keep."""
    total = DatasetCleanup()
    with ctx.db.read() as tx:
        policies = [(row.name, Retention.model_validate(row.retention)) for row in rows.with_retention(tx, ctx)]
    for name, policy in policies:
        with ctx.db.begin() as tx:
            over = not_kept(rows.ages(tx, ctx, name), policy, ctx.clock.now())
            free = over if policy.used else [number for number in over if not _used(tx, ctx, name, number)]
            total.held += len(over) - len(free)
            if free:
                gone = rows.put_in(tx, ctx, name, free)
                _tell(tx, ctx, name, gone)
                total.binned += len(gone)
    return total


def not_kept(versions: list[Any], policy: Retention, now: datetime) -> list[int]:
    """Return the numbers of the versions (newest first, with created_at) that a policy does not keep; never the newest."""
    if policy.keep_last is None and policy.keep_days is None:
        return []
    found = []
    for place, row in enumerate(versions):
        many = policy.keep_last is None or place >= policy.keep_last
        old = policy.keep_days is None or row.created_at < now - timedelta(days=policy.keep_days)
        if place > 0 and many and old:
            found.append(int(row.version))
    return found


def _used(tx: Connection, ctx: Context, name: str, number: int) -> bool:
    """Say whether anything was made from a version: a run, and by way of it a model or an endpoint."""
    reference = f"dataset:{repository.reference(name, number)}"
    return any(edge.source == reference for edge in lineage.around(tx, ctx, reference, depth=1))
