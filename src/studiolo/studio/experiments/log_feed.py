"""The live log of a job as server-sent events; the id of each is the byte offset behind it."""

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from studiolo.kernel.context import Context
from studiolo.kernel.events.frames import frame
from studiolo.kernel.storage.log_pieces import LogChunk
from studiolo.studio.experiments import logs, service
from studiolo.studio.experiments.errors import LogNotThere, RunNotFound
from studiolo.studio.experiments.schemas import TERMINAL

PAUSE = 0.15
_LOOKS_PER_STATE = 5  # the state is asked less often than the file
_KEEPALIVE = 15.0


async def follow(ctx: Context, run_id: str, offset: int) -> AsyncIterator[bytes]:
    """Yield the log from an offset on, and at last an event `end` with the final state.

    A retry begins a new log: the event `restart` says so, and offsets begin at 0 again.
    """
    yield b"retry: 1000\n\n"
    attempt: int | None = None
    quiet = 0.0
    while True:
        run = await run_in_threadpool(service.get, ctx, run_id)
        if attempt is not None and run.attempt != attempt:
            offset = 0
            yield frame("restart", {"attempt": run.attempt}, 0)
        attempt = run.attempt
        ended = run.state in TERMINAL
        for _ in range(_LOOKS_PER_STATE):
            while chunk := await run_in_threadpool(_next, ctx, run_id, offset):
                offset, quiet = chunk.next, 0.0
                yield frame("", chunk.model_dump(), offset)
            if ended:
                yield frame("end", {"state": run.state, "failure": run.failure, "error": run.error}, offset)
                return
            await asyncio.sleep(PAUSE)
            quiet += PAUSE
        if quiet >= _KEEPALIVE:
            quiet = 0.0
            yield b": still here\n\n"


def over(ctx: Context, run_id: str, offset: int) -> bool:
    """Say whether a reader at this offset has all there will ever be (then a browser must not reconnect)."""
    if service.get(ctx, run_id).state not in TERMINAL:
        return False
    return _next(ctx, run_id, offset) is None


def _next(ctx: Context, run_id: str, offset: int) -> LogChunk | None:
    try:
        chunk = logs.read(service.log_path(ctx, run_id), offset)
    except (LogNotThere, RunNotFound, FileNotFoundError):
        return None
    return chunk if chunk.text else None
