"""The verbs of logs of nodes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid, StudioloError
from studiolo.kernel.events.frames import frame
from studiolo.kernel.storage.log_pieces import LogChunk
from studiolo.studio.compute import service as computes
from studiolo.studio.compute.clusters import repository as clusters
from studiolo.studio.compute.errors import ComputeNotFound
from studiolo.studio.compute.machines import repository as machines
from studiolo.studio.compute.node_logs import book, copying
from studiolo.studio.compute.node_logs.errors import ComputeWithoutNodes, NodeLogNotThere
from studiolo.studio.compute.node_logs.schemas import NodeLog

CHUNK = 256 * 1024
PAUSE = 0.25
_KEEPALIVE = 15.0


def logs(ctx: Context, name: str) -> list[NodeLog]:
    """Return the logs of the nodes of a compute, those of nodes that have gone too; raises ComputeNotFound."""
    id_, up = _compute(ctx, name)
    root = copying.where(ctx, id_, 0).parent
    try:
        numbers = {int(folder.name) for folder in root.iterdir() if folder.name.isdigit()}
    except OSError:
        numbers = set()
    found = [_log(root / str(n), str(n) if n else name, up=n in up) for n in sorted(numbers | set(up))]
    own = sorted(folder.name for folder in root.glob(f"{copying.OWN}*")) if 0 in up else []
    # whether such a node is there now, only the machine knows
    return [*found, *(_log(root / folder, folder.removeprefix(copying.OWN), up=True) for folder in own)]


def _log(folder: Path, node: str, *, up: bool) -> NodeLog:
    state = book.state(folder)
    at = datetime.fromtimestamp((folder / "state.json").stat().st_mtime, UTC) if state else None
    return NodeLog(node=node, up=up, size=state.end if state else 0, updated_at=at)


def read(
    ctx: Context, name: str, node: str, offset: int = 0, limit: int = CHUNK, *, numbered: bool = False
) -> LogChunk:
    """Return a piece of the log of a node from a byte on (negative: before the end); raises NodeLogNotThere."""
    if limit <= 0:
        raise Invalid("The limit must be positive.", field="limit")
    found = book.read(_folder(ctx, name, node), offset, min(limit, CHUNK), numbered=numbered)
    if found is None:
        raise NodeLogNotThere(name, node, [one.node for one in logs(ctx, name) if one.size])
    return found


def whole(ctx: Context, name: str, node: str) -> bytes:
    """Return all that is kept of the log of a node."""
    read(ctx, name, node, limit=1)
    return book.whole(_folder(ctx, name, node))


async def follow(ctx: Context, name: str, node: str, offset: int) -> AsyncIterator[bytes]:
    """Yield a log from a byte on as it is written, until whoever listens has gone, or the compute (then an event `end`)."""
    yield b"retry: 1000\n\n"
    quiet, folder = 0.0, await run_in_threadpool(_folder, ctx, name, node)
    while True:
        found = await run_in_threadpool(book.read, folder, offset, CHUNK)
        if found is not None and found.text:
            offset, quiet = found.next, 0.0
            yield frame("", found.model_dump(), offset)
            continue
        await asyncio.sleep(PAUSE)
        quiet += PAUSE
        if quiet >= _KEEPALIVE:
            quiet = 0.0
            try:
                await run_in_threadpool(_folder, ctx, name, node)
            except StudioloError:
                yield frame("end", {}, offset)
                return
            yield b": still here\n\n"


def _folder(ctx: Context, name: str, node: str) -> Path:
    id_, up = _compute(ctx, name)
    if 0 in up and node == name:
        return copying.where(ctx, id_, 0)
    if 0 in up and node in {one.node for one in logs(ctx, name)}:  # such names alone are paths
        return copying.where(ctx, id_, node)
    if 0 in up or not (node.isascii() and node.isdigit()):
        raise NodeLogNotThere(name, node, [one.node for one in logs(ctx, name)])
    return copying.where(ctx, id_, int(node))


def _compute(ctx: Context, name: str) -> tuple[str, list[int]]:
    """Return the id of a compute and the numbers of its nodes that are there; 0 alone of an attached machine."""
    if name in computes.built_in():
        raise ComputeWithoutNodes(name)
    with ctx.db.read() as tx:
        if (machine := machines.find(tx, ctx.workspace_id, name)) is not None:
            return str(machine.id), [0]
        cluster = clusters.find(tx, ctx.workspace_id, name)
        if cluster is None:
            raise ComputeNotFound(name, sorted(computes.names(tx, ctx)))
        return str(cluster.id), [node.number for node in clusters.up(tx, cluster.id)]
