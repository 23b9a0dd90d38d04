"""Bytes on their way in: from a request's stream into the blob store's spool, hashed as they come."""

from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.storage.blobs import BlobWriter

PIECE = 1 << 20  # written at once, in a thread: the event loop neither hashes nor waits for the disk
DRAIN = 1 << 30  # read and thrown away after an error, so that the client is still there to hear it


async def receive(
    ctx: Context,
    stream: AsyncIterator[bytes],
    announced: int | None,
    *,
    too_large: type[StudioloError],
    cut_off: type[StudioloError],
) -> BlobWriter:
    """Write a stream to the spool and return the writer, not committed yet.

    announced: the Content-Length, None when the client did not say.
    Raises too_large, cut_off, DiskFull; then nothing is kept.
    """
    limit = ctx.settings.upload_limit_bytes
    _bound(announced or 0, limit, too_large)
    writer = await run_in_threadpool(ctx.blobs.writer)
    pieces: list[bytes] = []
    waiting = 0
    try:
        async for piece in stream:
            pieces.append(piece)
            waiting += len(piece)
            _bound(writer.size + waiting, limit, too_large)
            if waiting >= PIECE:
                await run_in_threadpool(writer.write, b"".join(pieces))
                pieces, waiting = [], 0
        await run_in_threadpool(writer.write, b"".join(pieces))
    except ClientDisconnect:
        writer.abort()
        raise cut_off(
            f"The connection ended after {writer.size + waiting:,} bytes.", "Upload the file again; nothing was kept."
        ) from None
    except StudioloError:
        writer.abort()
        await _drain(stream, announced)
        raise
    except BaseException:
        writer.abort()
        raise
    if announced is not None and writer.size != announced:
        writer.abort()
        raise cut_off(
            f"{announced:,} bytes were announced, {writer.size:,} came.", "Upload the file again; nothing was kept."
        )
    return writer


async def _drain(stream: AsyncIterator[bytes], announced: int | None) -> None:
    if announced is None or announced > DRAIN:
        return
    try:
        async for _ in stream:
            pass
    except ClientDisconnect:
        pass


def _bound(size: int, limit: int, too_large: type[StudioloError]) -> None:
    if size > limit:
        raise too_large(
            f"The file has more than {limit:,} bytes.",
            "Split it, or raise STUDIOLO_UPLOAD_LIMIT_BYTES.",
            field="file",
        )
