"""Many small files of an upload session in one request: a tar, for a request of its own costs a small file more than its bytes do."""

import io
import tarfile
from collections.abc import AsyncIterator, Iterator
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets import upload_rows as rows
from studiolo.studio.datasets import uploading
from studiolo.studio.datasets.errors import UploadCutOff, UploadTooLarge
from studiolo.studio.datasets.registration_schemas import FileState
from studiolo.studio.datasets.registrations import paths

MOST_BYTES = 16 << 20  # of a request, which is held in memory
MOST_FILES = 1000


async def receive(ctx: Context, session: str, stream: AsyncIterator[bytes]) -> list[FileState]:
    """Take whole files that were announced, out of a tar; all of them, or none.

    Raises Invalid for what is no tar, or holds a file that was not announced so; UploadTooLarge, UploadCutOff.
    """
    await run_in_threadpool(_check, ctx, session)  # before anything is read
    body = bytearray()
    try:
        async for piece in stream:
            body += piece
            if len(body) > MOST_BYTES:
                raise UploadTooLarge(
                    f"One request may hold {MOST_BYTES:,} bytes.",
                    "Send the files in several, or one by one.",
                    field="body",
                )
    except ClientDisconnect:
        raise UploadCutOff(f"The connection ended after {len(body):,} bytes.", "Send it again.") from None
    return await run_in_threadpool(_take, ctx, session, bytes(body))


def _check(ctx: Context, session: str) -> None:
    with ctx.db.read() as tx:
        uploading.opened(tx, ctx, session)


def _take(ctx: Context, session: str, body: bytes) -> list[FileState]:
    found = dict(_members(body))
    with ctx.db.read() as tx:
        known = rows.files_of(tx, session, list(found))
    for path, content in found.items():
        if path not in known:
            raise Invalid(f"'{path}' was not announced.", "POST its path and size to …/files first.", field="body")
        if known[path].size != len(content):
            said = f"'{path}' has {len(content):,} bytes, and was announced with {known[path].size:,}."
            raise Invalid(said, "Announce it again.", field="body")
    # killed before the rows are written, the bytes are nobody's, and the files are sent again
    kept = {path: ctx.blobs.put(content).digest for path, content in found.items() if known[path].digest is None}

    def work(tx: Connection) -> None:
        uploading.opened(tx, ctx, session)
        rows.set_received(tx, session, [(path, known[path].size, digest) for path, digest in kept.items()])
        rows.touch(tx, ctx, session)

    ctx.db.write(work)
    for path in kept:
        uploading.part(ctx, session, path).unlink(missing_ok=True)
    return [
        FileState(path=path, size=len(content), received=len(content), complete=True) for path, content in found.items()
    ]


def _members(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a tar with their content; each is in the body as it is, so none can be larger than that."""
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:", encoding="utf-8") as tar:
            for member in tar:
                if not member.isreg() or member.issparse():
                    raise _bad(f"'{member.name[:200]}' is no plain file.")
                path = paths.judged(member.name)
                if path in seen:
                    raise _bad(f"'{path[:200]}' is in it twice.")
                seen.add(path)
                if len(seen) > MOST_FILES:
                    raise _bad(f"It holds more than {MOST_FILES:,} files.")
                opened: Any = tar.extractfile(member)
                content = opened.read()
                if len(content) != member.size:
                    raise _bad(f"It ends within '{path[:200]}'.")
                yield path, content
    except (tarfile.TarError, EOFError, ValueError, UnicodeError) as error:
        raise _bad(f"It cannot be read as a tar: {error}.") from None


def _bad(said: str) -> Invalid:
    return Invalid(said, "Send a tar of files that were announced.", field="body")
