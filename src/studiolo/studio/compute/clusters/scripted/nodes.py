"""Brings nodes of programs up and takes them down, one look at a time.

A node has a row before its resume program is begun, and has one until its suspend program has succeeded: killed at any moment, the
next controller finds the row, and in the node's folder how far its program came. A node of which that is not known is suspended.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.compute import repository as held
from studiolo.studio.compute.clusters import phases, placing, repository
from studiolo.studio.compute.clusters.placing import RAY, RAY_AT, RESUMING, SUSPENDING, UP
from studiolo.studio.compute.clusters.rays import here, leading, own
from studiolo.studio.compute.clusters.schemas import Scripts
from studiolo.studio.compute.clusters.scripted import answers, engine, programs
from studiolo.studio.compute.machines import kinds
from studiolo.studio.compute.node_logs import copying, telling

FOLDER = programs.FOLDER
FILE = "node.json"  # of a node: where its resume program may write what it else prints
_PAUSES = (5.0, 300.0)  # before a suspend program is run again: the first, the longest
_threads = ThreadPoolExecutor(4, "nodes")
_trying: dict[str, "Future[Mapping[str, Any]]"] = {}
_not_before: dict[str, Any] = {}  # when a node that did not answer is tried again
_AGAIN = 1.0
OfMachine = Callable[[Connection, Row[Any]], bool]
_THEN = " Then: "  # between why a node is taken down and why it is not yet
_tidied: set[Path] = set()
log = logging.getLogger(__name__)


def advance(ctx: Context) -> bool:
    """Take each node of programs as far as it goes now; True when something changed."""
    with ctx.db.glance() as tx:
        clusters = repository.of_programs(tx, ctx.workspace_id)
        nodes = repository.up_by(tx, [cluster.id for cluster in clusters])
    engine.know(ctx, {cluster.name for cluster in clusters})
    _tidy(ctx)
    changed = False
    for cluster in clusters:
        for node in nodes[cluster.id]:
            try:
                changed = _PHASES[node.provider][node.phase](ctx, cluster, node) or changed
            except Exception:
                # one node's trouble must not stop the others; it is looked at again
                log.exception("node %s of %s cannot be led", node.number, cluster.name)
        if cluster.deleting_since is not None and not nodes[cluster.id]:
            with ctx.db.begin() as tx:
                held.lock(tx)
                if not repository.up(tx, cluster.id):
                    repository.remove(tx, cluster.id)
                    own.clear(ctx, cluster.id)
                    ctx.events.emit(tx, "compute.deleted", cluster.name, {"name": cluster.name})
            changed = True
    return changed


def _tidy(ctx: Context) -> None:
    """Remove folders of nodes that are gone, once in the life of a controller: the last one may have been killed before it could."""
    root = ctx.settings.home / FOLDER
    if root in _tidied:
        return
    _tidied.add(root)
    if root.is_dir():
        with ctx.db.read() as tx:
            known = {str(node.id) for node in repository.up(tx)}
        for folder in root.iterdir():
            if folder.name not in known:
                programs.clear(folder)


def ask_for(
    ctx: Context, name: str, cores: int, memory_bytes: int, waiting: Callable[[], int], fits: OfMachine
) -> int | None:
    """Ask for nodes, as many as the jobs need that wait; returns how many were asked for, None when this machine has no room for the first.

    cores, memory_bytes: of the first of them; waiting: counts them; fits: says whether this machine has room for one more, where nodes are shares of it.
    """
    with ctx.db.read() as tx:
        cluster = repository.find(tx, ctx.workspace_id, name)
        if cluster is None or not _room_for(tx, ctx, cluster):
            return 0
    jobs = waiting()
    with ctx.db.read() as tx:  # most looks end here or above, and write nothing
        if not _missing(tx, ctx, cluster, cores, memory_bytes, jobs):
            return 0
        if not fits(tx, cluster):
            return None
    with ctx.db.begin() as tx:
        held.lock(tx)
        fresh = repository.find(tx, ctx.workspace_id, name)
        if fresh is None:
            return 0
        count, asked = _missing(tx, ctx, fresh, cores, memory_bytes, jobs), 0
        while asked < count and fits(tx, fresh):
            placing.start(tx, ctx, fresh, idle=True)
            asked += 1
    return asked


def may_resume(ctx: Context, cluster: Row[Any]) -> bool:
    """Say whether nodes may be asked for: after one failed, only after a while."""
    return cluster.resume_after is None or cluster.resume_after <= ctx.clock.now()


def _room_for(tx: Connection, ctx: Context, cluster: Row[Any]) -> bool:
    """Say whether one more node may be asked for."""
    nodes = repository.up(tx, cluster.id)
    one = cluster.failures and any(node.phase == RESUMING for node in nodes)
    return len(nodes) < cluster.max_nodes and may_resume(ctx, cluster) and not one


def _missing(tx: Connection, ctx: Context, cluster: Row[Any], cores: int, memory: int, waiting: int) -> int:
    if not _room_for(tx, ctx, cluster):
        return 0
    nodes = repository.up(tx, cluster.id)
    each: int = max(1, min(cluster.cores // max(1, cores), cluster.memory_bytes // memory if memory else cluster.cores))
    coming = sum(node.phase == RESUMING for node in nodes)
    if cluster.failures:  # one at a time, until one is up
        waiting = min(waiting, each)
    more: int = cluster.max_nodes - len(nodes)
    found: int = max(0, min(-(-waiting // each) - coming, more))
    return found


def _resuming(ctx: Context, cluster: Row[Any], node: Row[Any]) -> bool:
    folder, seconds = _folder(ctx, node) / "resume", _seconds(cluster, "resume")
    seen = programs.look(folder, _noun(node, "resume"), seconds)
    if isinstance(seen, programs.Untouched):
        programs.begin(folder, _command(ctx, cluster, node, "resume"), _variables(ctx, cluster, node), seconds)
        return False
    if isinstance(seen, programs.Going):
        return False
    if seen.said:
        return phases.give_up(ctx, cluster, node, seen.said, seen.output)
    if node.provider == RAY:
        return phases.comes(ctx, cluster, node, own.place(seen.out))
    try:
        place = answers.read(_answer(ctx, node) or seen.out, Scripts.of(cluster.scripts))
    except answers.NoAnswer as error:
        return phases.give_up(
            ctx, cluster, node, f"The resume program ended well, and its answer is no use. {error}", seen.output
        )
    return _try(ctx, cluster, node, place, seen.output)


def _try(ctx: Context, cluster: Row[Any], node: Row[Any], place: dict[str, Any], output: str) -> bool:
    """Sign in to a node that was brought up, until it answers or its time is over."""
    work = _trying.get(node.id)
    now = ctx.clock.now()
    if work is None:
        if now >= _not_before.get(node.id, now):
            _trying[node.id] = _threads.submit(_probe, ctx, cluster, node, place)
        return False
    if not work.done():
        return False
    del _trying[node.id]
    try:
        facts = work.result()
    except StudioloError as error:
        if now - node.phase_since < timedelta(seconds=_seconds(cluster, "resume")):
            _not_before[node.id] = now + timedelta(seconds=_AGAIN)
            return False
        _not_before.pop(node.id, None)
        return phases.give_up(ctx, cluster, node, f"It was brought up, and is not reached: {error.detail}", output)
    _not_before.pop(node.id, None)
    if facts["cores"] < node.cores or facts["memory_bytes"] < node.memory_bytes:
        has = f"{facts['cores']} cores and {facts['memory_bytes'] / 2**30:.1f} GiB"
        wanted = f"{node.cores} and {node.memory_bytes / 2**30:.1f}"
        return phases.give_up(ctx, cluster, node, f"It has {has}; a node of the cluster is to have {wanted}.", output)
    said = {key: facts[key] for key in ("system", "version", "cores", "memory_bytes")}
    return phases.comes(ctx, cluster, node, {**place, "facts": said})


def _probe(ctx: Context, cluster: Row[Any], node: Row[Any], place: dict[str, Any]) -> Mapping[str, Any]:
    return kinds.kind("ssh").probe(engine.machine(ctx, cluster, node, place))


def _up(ctx: Context, cluster: Row[Any], node: Row[Any]) -> bool:
    """Note whether a node answers; one that has not for long is suspended, after which nothing runs on it."""
    reason, now = engine.silent(node), ctx.clock.now()
    if reason is None:
        if node.silent_since is not None:
            phases.change(ctx, cluster, node, {"silent_since": None, "reason": None}, "Answers again.")
            return True
        return False
    if node.silent_since is None:
        patience = f"It is suspended if it stays so for {cluster.scripts['silent_seconds']} s."
        values = {"silent_since": now, "reason": reason}
        phases.change(ctx, cluster, node, values, f"Does not answer: {reason} {patience}")
        return True
    if now - node.silent_since < timedelta(seconds=cluster.scripts["silent_seconds"]):
        return False
    said = f"It did not answer since {node.silent_since:%Y-%m-%d %H:%M} UTC: {reason}"
    values = {"phase": SUSPENDING, "phase_since": now, "leaving_since": now, "idle_since": None, "reason": said}
    phases.change(ctx, cluster, node, values, f"Draining, to be taken down: {said}")
    return True


def _suspending(ctx: Context, cluster: Row[Any], node: Row[Any]) -> bool:
    seconds, now = _seconds(cluster, "suspend"), ctx.clock.now()
    folder = _folder(ctx, node) / f"suspend-{node.tries + 1}"
    seen = programs.look(folder, _noun(node, "suspend"), seconds)
    if isinstance(seen, programs.Untouched):
        if node.again_at is None or node.again_at <= now:
            _part(ctx, node)
            programs.begin(folder, _command(ctx, cluster, node, "suspend"), _variables(ctx, cluster, node), seconds)
        return False
    if isinstance(seen, programs.Going):
        return False
    if seen.said:
        again = now + timedelta(seconds=phases.pause(node.tries, _PAUSES))
        cause = (node.reason or "").partition(_THEN)[0] if node.tries == 0 or _THEN in (node.reason or "") else ""
        said = f"{seen.said} It may still be there; tried again at {again:%H:%M:%S} UTC."
        with ctx.db.begin() as tx:
            values = {"tries": node.tries + 1, "again_at": again, "reason": f"{cause}{_THEN}{said}" if cause else said}
            if repository.in_phase(tx, node.id, SUSPENDING, values):
                if cause:  # what came first is told on its page
                    telling.of_node(tx, ctx, (cluster.id, cluster.name), node.number, "failed", f"Failed. {said}")
                else:
                    phases.keep_failure(tx, ctx, cluster, node, said, seen.output)
        return True
    copying.finish(ctx, cluster.id, node)
    with ctx.db.begin() as tx:
        held.lock(tx)
        placing.gone(tx, ctx, cluster, node)
    programs.clear(_folder(ctx, node))  # not before: it is what a controller that was killed goes by
    return True


def _seconds(cluster: Row[Any], what: str) -> int:
    """Return how long a program may take."""
    if cluster.provider == RAY:
        return {"resume": own.RESUME_SECONDS, "suspend": own.SUSPEND_SECONDS}[what]
    return int(getattr(Scripts.of(cluster.scripts), f"{what}_seconds"))


def _noun(node: Row[Any], what: str) -> str:
    """Return what people call a program."""
    return own.NOUNS[what] if node.provider == RAY else f"{what} program"


def _command(ctx: Context, cluster: Row[Any], node: Row[Any], what: str) -> list[str]:
    """Return the words of a program: ours for nodes of Ray, else the administrator's."""
    if cluster.provider == RAY:
        return own.command(ctx, node, {"resume": "up", "suspend": "down"}[what])
    return list(getattr(Scripts.of(cluster.scripts), what))


def _part(ctx: Context, node: Row[Any]) -> None:
    """End the connection to a node that goes, and that to its Ray with the last one."""
    if node.provider != RAY:
        engine.part(node)
        return
    with ctx.db.read() as tx:
        last = len(repository.up(tx, node.cluster)) == 1
    if last and node.place:
        here.part(node.cluster, node.place["address"], node.place["token"])


def _folder(ctx: Context, node: Row[Any]) -> Path:
    return ctx.settings.home / FOLDER / str(node.id)


def _answer(ctx: Context, node: Row[Any]) -> str:
    """Return what the resume program wrote into the node's file, where it did."""
    try:
        text = (_folder(ctx, node) / FILE).read_bytes()[:16_000].decode("utf-8", "replace")
    except OSError:
        return ""
    return " ".join(text.split())  # it may be written over several lines


def _variables(ctx: Context, cluster: Row[Any], node: Row[Any]) -> dict[str, str]:
    return {
        "STUDIOLO_CLUSTER": cluster.name,
        "STUDIOLO_NODE": f"{cluster.name}-{node.number}",
        "STUDIOLO_NODE_ID": node.id,
        "STUDIOLO_NODE_CORES": str(node.cores),
        "STUDIOLO_NODE_MEMORY_BYTES": str(node.memory_bytes),
        "STUDIOLO_NODE_FILE": str(_folder(ctx, node) / FILE),
    }


_PHASES = {
    "scripts": {RESUMING: _resuming, UP: _up, SUSPENDING: _suspending},
    RAY: {RESUMING: _resuming, UP: leading.up, SUSPENDING: _suspending},
    RAY_AT: {RESUMING: leading.asking, UP: leading.up, SUSPENDING: leading.giving_back},
}
