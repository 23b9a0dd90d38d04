"""Routes of logs of nodes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.storage.log_pieces import LogChunk
from studiolo.studio.compute.node_logs import service
from studiolo.studio.compute.node_logs.schemas import NodeLog

router = APIRouter(prefix="/{name}/logs")


@router.get("")
def list_node_logs(name: str, ctx: Context = Depends(context)) -> list[NodeLog]:
    """List the logs of the nodes of a cluster, also of nodes that have gone; of an attached machine its one."""
    ctx.actor.must("compute.read")
    return service.logs(ctx, name)


@router.get("/{node}")
def read_node_log(
    name: str,
    node: str,
    offset: int = 0,
    limit: int = service.CHUNK,
    numbered: bool = False,
    ctx: Context = Depends(context),
) -> LogChunk:
    """Return a piece of the log of a node from a byte offset; negative: from so many bytes before the end.

    What happened to it: asked for, brought up, what its programs printed, jobs begun and ended, idle, taken down. The last
    512 KiB are kept; an offset before them reads the first byte there is. `numbered` says which line the piece begins in.
    """
    ctx.actor.must("compute.read")
    return service.read(ctx, name, node, offset, limit, numbered=numbered)


@router.get("/{node}/stream", response_class=StreamingResponse)
def stream_node_log(
    name: str,
    node: str,
    request: Request,
    offset: Annotated[int, Query(ge=0, description="Byte to begin at.")] = 0,
    ctx: Context = Depends(context),
) -> Response:
    """Send the log of a node as it is written, as server-sent events; `Last-Event-ID` is the byte offset to go on from."""
    ctx.actor.must("compute.read")
    resumed = request.headers.get("last-event-id", "")
    at = int(resumed) if resumed.isdigit() else offset
    service.read(ctx, name, node, limit=1)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(service.follow(ctx, name, node, at), media_type="text/event-stream", headers=headers)


@router.get("/{node}/file", response_class=Response)
def download_node_log(name: str, node: str, ctx: Context = Depends(context)) -> Response:
    """Send what is kept of the log of a node as a file."""
    ctx.actor.must("compute.read")
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}-{node}.log"',
    }
    text = service.whole(ctx, name, node)
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)
