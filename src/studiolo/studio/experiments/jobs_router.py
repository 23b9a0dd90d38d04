"""Routes of jobs beyond those of runs: attempts, the live log, and files that a job needs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, Response, StreamingResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.storage.blobs import BlobWriter
from studiolo.studio.experiments import log_feed, service
from studiolo.studio.experiments.errors import FileCutOff, FileTooLarge
from studiolo.studio.experiments.schemas import Attempt, Missing, OutputState, StoredFile

router = APIRouter()
BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}
_PIECE = 1 << 20


@router.get("/runs/{run_id}/attempts")
def list_attempts(run_id: str, ctx: Context = Depends(context)) -> list[Attempt]:
    """List what each attempt of a job came to."""
    ctx.actor.must("experiments.read")
    return service.attempts(ctx, run_id)


@router.get("/runs/{run_id}/outputs")
def list_outputs(run_id: str, ctx: Context = Depends(context)) -> list[OutputState]:
    """List the outputs of a job that become datasets or models, and what they became."""
    ctx.actor.must("experiments.read")
    return service.outputs(ctx, run_id)


@router.get("/runs/{run_id}/log/stream", response_class=StreamingResponse)
def stream_log(
    run_id: str,
    request: Request,
    offset: Annotated[int, Query(ge=0, description="Byte to begin at.")] = 0,
    ctx: Context = Depends(context),
) -> Response:
    """Send the log of a job as it is written, as server-sent events; `Last-Event-ID` is the byte offset to go on from."""
    ctx.actor.must("experiments.read")
    resumed = request.headers.get("last-event-id", "")
    if resumed.isdigit():
        offset = int(resumed)
        if log_feed.over(ctx, run_id, offset):
            return Response(status_code=204)  # tells a browser's EventSource not to come back
    service.get(ctx, run_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(log_feed.follow(ctx, run_id, offset), media_type="text/event-stream", headers=headers)


@router.get("/runs/{run_id}/log/file", response_class=FileResponse)
def download_log(
    run_id: str,
    attempt: Annotated[int | None, Query(ge=1, description="Of which attempt; the newest by default.")] = None,
    ctx: Context = Depends(context),
) -> Response:
    """Send the log of a job, as far as it is written, as a file."""
    ctx.actor.must("experiments.read")
    path = service.log_path(ctx, run_id, attempt)
    name = run_id if attempt is None else f"{run_id}.{attempt}"
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return FileResponse(path, media_type="text/plain; charset=utf-8", filename=f"{name}.log", headers=headers)


@router.post("/files/missing")
def list_missing(asked: Missing, ctx: Context = Depends(context)) -> Missing:
    """Say which files the studio does not have, so that only those are sent."""
    ctx.actor.must("experiments.write")
    return Missing(digests=[digest for digest in asked.digests if not ctx.blobs.keep(digest)])


@router.post("/files", status_code=201, openapi_extra=BYTES)
async def store_file(request: Request, ctx: Context = Depends(context)) -> StoredFile:
    """Store the body as a file that a job may name in its code or inputs."""
    ctx.actor.must("experiments.write")
    writer = await run_in_threadpool(ctx.blobs.writer)
    try:
        await _receive(request, writer, ctx.settings.upload_limit_bytes)
        blob = await run_in_threadpool(writer.commit)
    except ClientDisconnect:
        writer.abort()
        raise FileCutOff from None
    except BaseException:
        writer.abort()
        raise
    return StoredFile(digest=blob.digest, size=blob.size)


async def _receive(request: Request, writer: BlobWriter, limit: int) -> None:
    piece = bytearray()
    async for some in request.stream():
        piece += some
        if writer.size + len(piece) > limit:
            raise FileTooLarge(limit)
        if len(piece) >= _PIECE:
            await run_in_threadpool(writer.write, bytes(piece))
            piece.clear()
    await run_in_threadpool(writer.write, bytes(piece))
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) != writer.size:
        raise FileCutOff
