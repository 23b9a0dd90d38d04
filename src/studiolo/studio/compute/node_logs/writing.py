"""The controller's part: writes what was told of nodes, and what their programs print, into their logs, once and in order."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from studiolo.kernel.context import Context
from studiolo.kernel.events import outbox
from studiolo.kernel.events.outbox import Event
from studiolo.runner import attempt
from studiolo.studio.compute.clusters import repository as clusters
from studiolo.studio.compute.clusters.placing import RESUMING, SUSPENDING
from studiolo.studio.compute.clusters.scripted import programs
from studiolo.studio.compute.machines import repository as machines
from studiolo.studio.compute.node_logs import book, copying

_CURSOR = "cursor.json"
_KINDS = ("compute.node", "compute.machine", "compute.deleted")
_BATCH = 64
_REREAD = 64  # PostgreSQL may commit id 5 before id 4: what a log has taken already stands in its state
_FAR = 5000  # events of others, after which the place is written down though nothing was taken
_BEFORE = {RESUMING: (), SUSPENDING: ("resume",)}  # the programs that have ended when a node is told to be so
_at: dict[Path, int] = {}  # by folder of the workspace: the newest event that was looked at
log = logging.getLogger(__name__)
Key = tuple[str, int | str]  # as `copying.where` takes them
Live = dict[Key, Row[Any]]  # nodes that programs bring up and take down, by cluster and number


def advance(ctx: Context) -> None:
    """Write down what is new. A full disk is waited for: nothing is lost by it."""
    try:
        while _batch(ctx):
            pass
    except OSError as error:
        log.warning("logs of nodes cannot be written: %s", error)


def _batch(ctx: Context) -> bool:
    """Write some of it; True when there is more."""
    root = ctx.settings.home / copying.FOLDER / ctx.workspace_id
    at = _at.get(root)
    first = at is None
    if at is None:
        at = int((attempt.read_json(str(root), _CURSOR) or {}).get("at", 0)) if root.is_dir() else 0
    reread = 0 if ctx.db.dialect == "sqlite" else _REREAD
    with ctx.db.glance() as tx:
        newest = outbox.newest(tx)
        found: list[Event] = []
        if newest != at or reread:
            limit = _BATCH + reread
            found = outbox.of_kinds(tx, ctx.workspace_id, _KINDS, max(0, at - reread), newest, limit)
            if len(found) == limit:
                newest = found[-1].id
    live = _live(ctx)
    taken = _take(ctx, found, live)
    for (cluster, _), node in live.items():
        copying.copy(ctx, cluster, node)
    if first or any(event.kind == "compute.deleted" for event in found):
        _tidy(ctx, root)
    if root.is_dir() and (taken or newest - at > _FAR):
        attempt.write_json(str(root), _CURSOR, {"at": newest})
    _at[root] = newest
    return len(found) == _BATCH + reread


def _take(ctx: Context, found: list[Event], live: Live) -> bool:
    """Write events into the logs that they are of; says whether there were any."""
    waiting: dict[Key, list[Event]] = {}
    known: dict[Key, set[int]] = {}
    for key, event in _keyed(found):
        if key not in known:
            kept = book.state(copying.where(ctx, *key))
            known[key] = set(kept.taken) if kept else set()
        if event.id in known[key]:
            continue
        node = live.get(key)
        if node is not None and (programs_ := _BEFORE.get(event.data.get("state", ""), copying.ALL)):
            _write(ctx, key, waiting.pop(key, []))
            copying.copy(ctx, key[0], node, programs_)
        waiting.setdefault(key, []).append(event)
    for key, events in waiting.items():
        _write(ctx, key, events)
    return bool(known)


def _keyed(found: list[Event]) -> Iterator[tuple[Key, Event]]:
    """Yield events with each log that they go into."""
    for event in found:
        if "of" in event.data:
            of = str(event.data["of"])
            yield (of, int(event.data.get("node", 0))), event
            for name in event.data.get("nodes", ()):
                yield (of, str(name)), event


def _write(ctx: Context, key: Key, events: list[Event]) -> None:
    if events:
        lines = [copying.stamped(event.moment, " ".join(str(event.data["said"]).split())) for event in events]
        book.append(copying.where(ctx, *key), lines, [event.id for event in events])


def _live(ctx: Context) -> Live:
    """Return the nodes whose programs may have said something; of most studios none."""
    try:
        with os.scandir(ctx.settings.home / programs.FOLDER) as folders:
            if next(folders, None) is None:
                return {}
    except OSError:
        return {}
    with ctx.db.glance() as tx:
        ids = [row.id for row in clusters.of_programs(tx, ctx.workspace_id)]
        nodes = clusters.up_by(tx, ids)
    return {(node.cluster, node.number): node for id_ in ids for node in nodes[id_]}


def _tidy(ctx: Context, root: Path) -> None:
    """Remove the logs of what is there no more."""
    if not root.is_dir():
        return
    with ctx.db.read() as tx:
        there = {row.id for row in [*clusters.all_(tx, ctx.workspace_id), *machines.all_(tx, ctx.workspace_id)]}
    for folder in root.iterdir():
        if folder.is_dir() and folder.name not in there:
            book.clear(folder)
