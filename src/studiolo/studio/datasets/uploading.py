"""Upload sessions: many files on their way in, each at its own offset; closed browsers and restarted servers lose nothing.

A file that comes in one piece goes straight into the store. Of one that comes in several the bytes so far are a file of our own
spool, `uploads/<session>/<number>`; its length, not the row, says how much is here. Completing a session submits a registration.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.kernel.ids import is_id, new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.manifests import Entry
from studiolo.studio.datasets import names, uploads
from studiolo.studio.datasets import upload_rows as rows
from studiolo.studio.datasets.appending import Appending
from studiolo.studio.datasets.errors import (
    BadFilePath,
    FileNotInVersion,
    NoFiles,
    UploadCutOff,
    UploadIncomplete,
    UploadNotOpen,
    UploadOffset,
    UploadSessionNotFound,
    UploadTooLarge,
)
from studiolo.studio.datasets.registration_schemas import (
    FileState,
    FromUpload,
    Registration,
    RegistrationCreate,
    UploadFile,
    UploadSession,
    UploadSessionCreate,
)
from studiolo.studio.datasets.registrations import orders, paths
from studiolo.studio.datasets.registrations.order import SentPart

FOLDER = "uploads"
PIECE = 1 << 20
WHOLE = 8 << 20  # a file up to this size that comes in one request is, when it is cut off, sent again
_TOUCH_SECONDS = 60.0


def create(ctx: Context, asked: UploadSessionCreate) -> UploadSession:
    """Begin a session; raises BadDatasetName before a byte is sent."""
    if asked.name:
        names.checked(asked.name)
    session = new_id()
    _folder(ctx, session).mkdir(mode=0o700, parents=True)
    with ctx.db.begin() as tx:
        rows.insert_session(tx, ctx, session, asked.model_dump(mode="json"))
    return get(ctx, session)


def get(ctx: Context, session: str) -> UploadSession:
    """Return a session; raises UploadSessionNotFound."""
    with ctx.db.read() as tx:
        return _session(tx, ctx, _row(tx, ctx, session))


def list_sessions(ctx: Context) -> list[UploadSession]:
    """Return the sessions that can be gone on with, last used first."""
    with ctx.db.read() as tx:
        return [_session(tx, ctx, row) for row in rows.sessions(tx, ctx)]


def announce(ctx: Context, session: str, files: list[UploadFile]) -> list[FileState]:
    """Add files, or ask again how far they are; one whose size, digest or mark changed begins anew, one whose bytes are here is complete.

    Raises BadFilePath for a name that cannot be used, before any of them is added.
    """
    judged = [file.model_copy(update={"path": paths.judged(file.path)}) for file in files]
    seen: set[str] = set()
    for file in judged:
        if file.path in seen:
            raise BadFilePath(
                f"'{file.path[:200]}' is named twice.",
                "Name each file once; accents written in two ways are one name.",
                field="files",
            )
        seen.add(file.path)
    for file in judged:
        if file.size > ctx.settings.upload_limit_bytes:
            raise _too_large(ctx, file.path)
    here = {file.digest for file in judged if file.digest}
    here -= set(ctx.blobs.keep_all(sorted(here)))
    with ctx.db.begin() as tx:
        opened(tx, ctx, session)
        known = rows.files_of(tx, session, [file.path for file in judged])
        put: list[dict[str, Any]] = []
        for file in judged:
            old = known.get(file.path)
            digest = file.digest if file.digest in here and _size(ctx, file.digest) == file.size else None
            mark = file.mark or file.digest
            changed = old is not None and any(
                was and now and was != now for was, now in ((old.digest, file.digest), (old.mark, mark))
            )
            if old is not None and old.size == file.size and digest is None and not changed:
                continue
            if old is not None:
                part(ctx, session, file.path).unlink(missing_ok=True)
            received = file.size if digest else 0
            put.append({"path": file.path, "size": file.size, "received": received, "digest": digest, "mark": mark})
        rows.put_files(tx, ctx, session, put)
        rows.touch(tx, ctx, session)
        now = rows.files_of(tx, session, [file.path for file in judged])
    return [_state(ctx, session, now[file.path]) for file in judged]


def files(
    ctx: Context, session: str, *, pending: bool = False, cursor: str | None = None, limit: int = 100
) -> Page[FileState]:
    """Return some files of a session by path. pending: those that are not whole."""
    limit = bounded(limit)
    keys = decode(cursor, 1)
    with ctx.db.read() as tx:
        _row(tx, ctx, session)
        found = rows.files(tx, session, str(keys[0]) if keys else "", limit + 1, pending=pending)
    states = [_state(ctx, session, row) for row in found[:limit]]
    if pending:
        states = [state for state in states if not state.complete]
    return Page(items=states, next=encode(found[limit - 1].path) if len(found) > limit else None)


def whole_files(ctx: Context, session: str, most: int) -> list[tuple[str, Path]]:
    """Return the names of the first files of a session that are here whole, and where each is."""
    with ctx.db.read() as tx:
        _row(tx, ctx, session)
        found = rows.files(tx, session, "", most)
    places = [(row, ctx.blobs.path(row.digest) if row.digest else part(ctx, session, row.path)) for row in found]
    return [(row.path, place) for row, place in places if row.digest or _received(place) == row.size > 0]


def remove_file(ctx: Context, session: str, path: str) -> None:
    """Take a file out of a session."""
    path = paths.judged(path)
    with ctx.db.begin() as tx:
        opened(tx, ctx, session)
        if not rows.remove_file(tx, session, path):
            raise FileNotInVersion(path, f"upload {session}")
    part(ctx, session, path).unlink(missing_ok=True)


async def receive(
    ctx: Context, session: str, path: str, offset: int, stream: AsyncIterator[bytes], announced: int | None
) -> FileState:
    """Take bytes of a file from an offset on; what came before a connection is cut stays.

    Raises UploadOffset (which says where to go on) when they do not follow, UploadTooLarge when they go beyond the size.
    """
    row = await run_in_threadpool(_file, ctx, session, path)
    if row.digest is not None:
        raise UploadOffset(path, offset, row.size)
    if offset == 0 and announced == row.size:
        return await _whole(ctx, session, row, stream)
    return await _part_of(ctx, session, row, offset, stream)


async def _whole(ctx: Context, session: str, row: Any, stream: AsyncIterator[bytes]) -> FileState:
    """Take a file that comes in one piece; if it is cut off, what came is the beginning of a part."""
    begun = part(ctx, session, row.path)
    if begun.exists() and begun.stat().st_size:
        raise UploadOffset(row.path, 0, begun.stat().st_size)
    if row.size > WHOLE:
        return await _part_of(ctx, session, row, 0, stream)
    writer = await uploads.receive(ctx, stream, row.size)
    blob = await run_in_threadpool(writer.commit)
    await run_in_threadpool(_keep, ctx, session, row.path, blob.size, blob.digest)
    return FileState(path=row.path, size=row.size, received=row.size, complete=True)


async def _part_of(ctx: Context, session: str, row: Any, offset: int, stream: AsyncIterator[bytes]) -> FileState:
    opened = Appending(part(ctx, session, row.path), row.path, offset, row.size)
    try:
        await run_in_threadpool(opened.begin)
        pieces: list[bytes] = []
        waiting = 0
        try:
            async for piece in stream:
                pieces.append(piece)
                waiting += len(piece)
                if waiting >= PIECE:
                    await run_in_threadpool(opened.write, b"".join(pieces))
                    pieces, waiting = [], 0
        except ClientDisconnect:
            await run_in_threadpool(opened.write, b"".join(pieces))
            raise UploadCutOff(
                f"The connection ended after {opened.at:,} bytes of '{row.path}'.", "Go on from there."
            ) from None
        await run_in_threadpool(opened.write, b"".join(pieces))
    finally:
        received = await run_in_threadpool(opened.end)
    await run_in_threadpool(_keep, ctx, session, row.path, received, None)
    return FileState(path=row.path, size=row.size, received=received, complete=received == row.size)


def complete(ctx: Context, session: str, about: UploadSessionCreate | None = None) -> Registration:
    """Register what was sent; raises UploadIncomplete, NoFiles. When that fails the session is open again, and nothing is lost.

    about: what is to be made, in place of what the session was begun with.
    """
    with ctx.db.read() as tx:
        row = _row(tx, ctx, session)
        if row.run_id and row.state != "open":
            return orders.get(ctx, row.run_id)
    if about is not None and about.name:
        names.checked(about.name)
    with ctx.db.begin() as tx:  # from here on no byte is taken
        opened(tx, ctx, session)
        if about is not None:
            rows.set_spec(tx, session, about.model_dump(mode="json"))
        rows.set_state(tx, ctx, session, "completing")
    try:
        return _submit(ctx, session, about or UploadSessionCreate.model_validate(row.spec))
    except BaseException:
        with ctx.db.begin() as tx:
            rows.set_state(tx, ctx, session, "open")
        raise


def _submit(ctx: Context, session: str, asked: UploadSessionCreate) -> Registration:
    writer = manifests.Writer(ctx.blobs)
    parts: list[SentPart] = []
    missing: list[str] = []
    count = 0
    first = ""
    for row in _every(ctx, session):
        count += 1
        first = first or row.path
        if row.digest:
            writer.add(Entry(row.path, row.size, row.digest))
            continue
        place = part(ctx, session, row.path)
        if _received(place) == row.size:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
            parts.append(SentPart(path=row.path, size=row.size, file=str(place)))
        else:
            missing.append(row.path)
    if not count:
        raise NoFiles("No file was sent.", "Add files, then complete.", field="files")
    if missing:
        raise UploadIncomplete(
            f"{len(missing):,} of {count:,} files are not whole: {', '.join(missing[:3])}.",
            "Send the rest, or take them out.",
            field="files",
            extra={"missing": missing[:100]},
        )
    given = writer.finish().digest
    name = names.checked(asked.name) if asked.name else names.from_file(_called(first, count))
    order = RegistrationCreate(**asked.model_dump(exclude={"name"}), name=name, source=FromUpload(session=session))
    return orders.submit(ctx, order, given, parts, session)


def _called(first: str, count: int) -> str:
    """Return what to name a dataset after: the only file, or the folder that the files are in."""
    return first.rpartition("/")[2] if count == 1 or "/" not in first else first.partition("/")[0]


def _every(ctx: Context, session: str) -> Iterator[Any]:
    after = ""
    while True:
        with ctx.db.read() as tx:
            found = rows.files(tx, session, after, 5000)
        yield from found
        if len(found) < 5000:
            return
        after = found[-1].path


def cancel(ctx: Context, session: str) -> None:
    """Give a session up, with what was sent."""
    with ctx.db.begin() as tx:
        row = _row(tx, ctx, session)
        if row.state == "completing":
            raise UploadNotOpen("It is being registered.", "Stop that first.")
        rows.remove(tx, session)
    shutil.rmtree(_folder(ctx, session), ignore_errors=True)


def done(tx: Connection, ctx: Context, session: str | None) -> None:
    """Say that what a session brought is a version; its spool goes with the next sweep."""
    if session:
        rows.set_state(tx, ctx, session, "done")


def reopen(tx: Connection, ctx: Context, session: str | None) -> None:
    """Let a session go on whose registration failed: nothing that was sent is lost."""
    if session:
        rows.set_state(tx, ctx, session, "open")


def sweep(ctx: Context) -> int:
    """Remove sessions that are done, and those that nothing was sent to for too long; returns how many."""
    before = ctx.clock.now() - timedelta(hours=ctx.settings.upload_keep_hours)
    with ctx.db.begin() as tx:
        rows.reopen_stuck(tx, ctx)
        gone = rows.over(tx, ctx, before)
        for session in gone:
            rows.remove(tx, session)
    for session in gone:
        shutil.rmtree(_folder(ctx, session), ignore_errors=True)
    return len(gone)


def _keep(ctx: Context, session: str, path: str, received: int, digest: str | None) -> None:
    def work(tx: Connection) -> None:
        rows.set_received(tx, session, [(path, received, digest)])
        rows.touch_after(tx, ctx, session, _TOUCH_SECONDS)

    ctx.db.write(work)


def _file(ctx: Context, session: str, path: str) -> Any:
    path = paths.judged(path)
    with ctx.db.read() as tx:
        opened(tx, ctx, session)
        found = rows.files_of(tx, session, [path]).get(path)
    if found is None:
        raise Invalid(f"'{path}' was not announced.", "POST its path and size to …/files first.", field="path")
    return found


def _row(tx: Connection, ctx: Context, session: str) -> Any:
    row = rows.session(tx, ctx, session) if is_id(session) else None
    if row is None:
        raise UploadSessionNotFound(session)
    return row


def opened(tx: Connection, ctx: Context, session: str) -> Any:
    """Return the row of a session that takes files; raises UploadSessionNotFound, UploadNotOpen."""
    row = _row(tx, ctx, session)
    if row.state != "open":
        raise UploadNotOpen("It is being registered, or was.", "Begin a new one.")
    return row


def _session(tx: Connection, ctx: Context, row: Any) -> UploadSession:
    sums = rows.sums(tx, row.id)
    return UploadSession(
        id=row.id,
        name=row.spec.get("name", ""),
        kind=row.spec.get("kind", "tabular"),
        state=row.state,
        files=sums.files,
        files_complete=sums.complete,
        bytes=sums.bytes,
        bytes_received=sums.received,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.touched_at + timedelta(hours=ctx.settings.upload_keep_hours),
        run_id=row.run_id,
    )


def _state(ctx: Context, session: str, row: Any) -> FileState:
    received = row.size if row.digest else _received(part(ctx, session, row.path))
    whole = row.digest is not None or received == row.size > 0
    return FileState(path=row.path, size=row.size, received=received, complete=whole)


def _received(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _size(ctx: Context, digest: str) -> int:
    return ctx.blobs.path(digest).stat().st_size


def _folder(ctx: Context, session: str) -> Path:
    return ctx.settings.home / FOLDER / session


def part(ctx: Context, session: str, path: str) -> Path:
    """Return where the bytes of a file are that comes in several pieces."""
    return _folder(ctx, session) / sha256(path.encode()).hexdigest()[:40]


def _too_large(ctx: Context, path: str) -> UploadTooLarge:
    return UploadTooLarge(
        f"'{path}' has more than {ctx.settings.upload_limit_bytes:,} bytes.",
        "Split it, or raise STUDIOLO_UPLOAD_LIMIT_BYTES.",
        field="files",
    )
