"""A request's body as a file that a store reads from, in its own thread, while it comes: nothing is kept in between."""

import io
import queue
import threading
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, TypeVar, cast

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import UploadCutOff, UploadTooLarge

PIECE = 1 << 20
DRAIN = 1 << 30  # read and thrown away after an error, so that the client is still there to hear it
T = TypeVar("T")


class _Pipe(io.RawIOBase):
    """Pieces from one thread, bytes for another; a few pieces wait in between."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=4)
        self._rest = memoryview(b"")
        self._over = False
        self.left = threading.Event()  # nobody reads any more

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        while not self._rest and not self._over:
            piece = self._pieces.get()
            if isinstance(piece, BaseException):
                self._over = True
                raise piece
            if piece is None:
                self._over = True
            else:
                self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def give(self, piece: bytes | BaseException | None) -> bool:
        """Hand a piece over; False when nobody reads any more."""
        while not self.left.is_set():
            try:
                self._pieces.put(piece, timeout=0.2)
                return True
            except queue.Full:
                continue
        return False


async def receive(stream: AsyncIterator[bytes], announced: int | None, limit: int, work: Callable[[BinaryIO], T]) -> T:
    """Have work(file) read what a request sends; returns its result, or raises its error.

    announced: Content-Length, None when the client did not say. Raises UploadTooLarge; work meets UploadCutOff in its file.
    """
    if announced is not None and announced > limit:
        raise _too_large(limit)
    pipe = _Pipe()
    outcome: list[T] = []
    failed: list[BaseException] = []

    def reading() -> None:
        try:
            outcome.append(work(cast("BinaryIO", io.BufferedReader(pipe, PIECE))))
        except BaseException as error:  # noqa: BLE001 - raised again by the request
            failed.append(error)
        finally:
            pipe.left.set()

    async with anyio.create_task_group() as group:
        group.start_soon(run_in_threadpool, reading)
        try:
            whole = await _feed(pipe, stream, limit)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(pipe.give, _cut_off())
            raise
    if failed:
        if not whole and isinstance(failed[0], StudioloError) and (announced is None or announced <= DRAIN):
            await _drain(stream)
        raise failed[0]
    return outcome[0]


async def _feed(pipe: _Pipe, stream: AsyncIterator[bytes], limit: int) -> bool:
    """Hand on what comes; True when all of it was taken."""
    waiting: list[bytes] = []
    size = came = 0
    try:
        async for piece in stream:
            waiting.append(piece)
            size, came = size + len(piece), came + len(piece)
            if came > limit:
                await run_in_threadpool(pipe.give, _too_large(limit))
                return False
            if size >= PIECE:
                if not await run_in_threadpool(pipe.give, b"".join(waiting)):
                    return False
                waiting, size = [], 0
        if waiting and not await run_in_threadpool(pipe.give, b"".join(waiting)):
            return False
        await run_in_threadpool(pipe.give, None)
    except ClientDisconnect:
        await run_in_threadpool(pipe.give, _cut_off())
    return True


async def _drain(stream: AsyncIterator[bytes]) -> None:
    try:
        async for _ in stream:
            pass
    except ClientDisconnect:
        return


def _cut_off() -> UploadCutOff:
    return UploadCutOff("The connection ended in the middle of the file.", "Upload it again; nothing was kept.")


def _too_large(limit: int) -> UploadTooLarge:
    return UploadTooLarge(
        f"The file has more than {limit:,} bytes.", "Split it, or raise STUDIOLO_UPLOAD_LIMIT_BYTES.", field="file"
    )
