"""One change to many runs: those named, or all that match."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments import client_runs, keys, tracking
from studiolo.studio.experiments.table import rows as run_table
from studiolo.studio.experiments.table.schemas import BulkChange, BulkResult, RunWhere, TagsBefore
from studiolo.studio.experiments.tables import runs

Before = dict[tuple[str | None, ...], list[str]]  # values of the changed tags, by name: the runs that had them
AT_ONCE = 500  # runs changed in one transaction when all that match are: others get their turn in between


def change_many(ctx: Context, change: BulkChange) -> BulkResult:
    """Delete, restore or tag runs. Named ones: all or none. All that match: in pieces, so that others may write meanwhile."""
    if bool(change.run_ids) == (change.where is not None):
        raise Invalid(
            "Nothing, or two things, are named.", "List run_ids, or give `where`: one of them.", field="run_ids"
        )
    for name in change.tags:
        keys.check(name, "tags")
    if change.action == "tag" and not change.tags:
        raise Invalid("No tag is given.", 'Write tags, such as {"stage": "final"}; null removes one.', field="tags")
    if change.where is None:
        named = list(dict.fromkeys(change.run_ids))
        had: Before = {}
        return BulkResult(changed=_change(ctx, change, named, had), run_ids=named, before=_undo(change, had))
    changed: list[str] = []
    before: Before = {}
    for run_ids in _matching(ctx, change.where):
        _change(ctx, change, run_ids, before)
        changed += run_ids
    return BulkResult(changed=len(changed), run_ids=changed, before=_undo(change, before))


def _matching(ctx: Context, where: RunWhere) -> Iterator[list[str]]:
    """Yield the ids of all that match, oldest first; what a piece changed does not move those after it."""
    last = 0
    while True:
        with ctx.db.read() as tx:
            query = run_table.narrowed(tx, ctx, select(runs.c.seq, runs.c.id), where).where(runs.c.seq > last)
            rows = list(tx.execute(query.order_by(runs.c.seq).limit(AT_ONCE)))
        if not rows:
            return
        last = rows[-1].seq
        yield [row.id for row in rows]


def _undo(change: BulkChange, before: Before) -> list[TagsBefore]:
    names = sorted(change.tags)
    return [TagsBefore(tags=dict(zip(names, values, strict=True)), run_ids=ids) for values, ids in before.items()]


def _change(ctx: Context, change: BulkChange, run_ids: list[str], before: Before) -> int:
    if change.action != "tag":
        return client_runs.move(ctx, run_ids, "deleted" if change.action == "delete" else "active")
    with ctx.db.begin() as tx:
        for run_id in run_ids:
            before.setdefault(_tag(tx, ctx, run_id, change.tags), []).append(run_id)
    return len(run_ids)


def _tag(tx: Connection, ctx: Context, run_id: str, tags: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Write tags; returns the values they had, in the order of their names."""
    target = client_runs.writable(tx, ctx, run_id)
    had = tracking.tags_of(tx, [target.seq]).get(target.seq, {})
    written = {name: value for name, value in tags.items() if value is not None}
    if written:
        client_runs.set_tags(tx, ctx, target, written)
    for name, value in tags.items():
        if value is None:
            tracking.delete_tag(tx, ctx, target.seq, name)
    ctx.events.emit(tx, "run.updated", run_id, {"tags": sorted(tags)})
    return tuple(had.get(name) for name in sorted(tags))
