"""Routes of registering: upload sessions of many files, and registrations of files from elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import MAX_LIMIT, Page
from studiolo.studio.datasets import packed, uploading
from studiolo.studio.datasets.registration_schemas import (
    FileState,
    Registration,
    RegistrationCreate,
    UploadFiles,
    UploadSession,
    UploadSessionCreate,
)
from studiolo.studio.datasets.registrations import orders

router = APIRouter()

BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
PathOf = Annotated[str, Query(min_length=1, max_length=1024, description="The file's path in the dataset")]


@router.post("/uploads/sessions", status_code=201)
def begin_upload(asked: UploadSessionCreate, ctx: Context = Depends(context)) -> UploadSession:
    """Begin to send many files; nothing is a version before the session is completed."""
    ctx.actor.must("datasets.write")
    return uploading.create(ctx, asked)


@router.get("/uploads/sessions")
def list_uploads(ctx: Context = Depends(context)) -> list[UploadSession]:
    """List the sessions that can be gone on with, last used first."""
    ctx.actor.must("datasets.read")
    return uploading.list_sessions(ctx)


@router.get("/uploads/sessions/{session}")
def get_upload(session: str, ctx: Context = Depends(context)) -> UploadSession:
    """Return a session: how much is here, and until when it is kept."""
    ctx.actor.must("datasets.read")
    return uploading.get(ctx, session)


@router.delete("/uploads/sessions/{session}", status_code=204)
def cancel_upload(session: str, ctx: Context = Depends(context)) -> None:
    """Give a session up, with what was sent."""
    ctx.actor.must("datasets.write")
    uploading.cancel(ctx, session)


@router.post("/uploads/sessions/{session}/files")
def announce_files(session: str, asked: UploadFiles, ctx: Context = Depends(context)) -> list[FileState]:
    """Announce files, or ask again how far they are; those whose bytes (by digest) are here need not be sent."""
    ctx.actor.must("datasets.write")
    return uploading.announce(ctx, session, asked.files)


@router.get("/uploads/sessions/{session}/files")
def list_upload_files(
    session: str, pending: bool = False, cursor: str | None = None, limit: Limit = 100, ctx: Context = Depends(context)
) -> Page[FileState]:
    """List the files of a session by path; pending: only those that are not whole."""
    ctx.actor.must("datasets.read")
    return uploading.files(ctx, session, pending=pending, cursor=cursor, limit=limit)


@router.delete("/uploads/sessions/{session}/files", status_code=204)
def remove_upload_file(session: str, path: PathOf, ctx: Context = Depends(context)) -> None:
    """Take a file out of a session."""
    ctx.actor.must("datasets.write")
    uploading.remove_file(ctx, session, path)


@router.put("/uploads/sessions/{session}/content", openapi_extra=BYTES)
async def send_bytes(
    session: str,
    request: Request,
    path: PathOf,
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    ctx: Context = Depends(context),
) -> FileState:
    """Send bytes of a file from an offset on; 409 with `received` when they do not follow what is here."""
    ctx.actor.must("datasets.write")
    length = request.headers.get("content-length", "")
    return await uploading.receive(
        ctx, session, path, offset, request.stream(), int(length) if length.isdigit() else None
    )


@router.post("/uploads/sessions/{session}/contents", openapi_extra=BYTES)
async def send_many(session: str, request: Request, ctx: Context = Depends(context)) -> list[FileState]:
    """Send many small files that were announced, whole, as a tar of at most 1,000 files and 16 MiB: all are taken, or none."""
    ctx.actor.must("datasets.write")
    return await packed.receive(ctx, session, request.stream())


@router.post("/uploads/sessions/{session}/complete", status_code=202)
def complete_upload(
    session: str, about: UploadSessionCreate | None = None, ctx: Context = Depends(context)
) -> Registration:
    """Register what was sent: a job makes the version; follow it. Should it fail, the session is open again.

    The body replaces what the session was begun with.
    """
    ctx.actor.must("datasets.write")
    return uploading.complete(ctx, session, about)


@router.post("/registrations", status_code=202)
def register(asked: RegistrationCreate, ctx: Context = Depends(context)) -> Registration:
    """Register files from a datastore, the web, a query or a run: a job brings them; follow it."""
    ctx.actor.must("datasets.write")
    return orders.start(ctx, asked)


@router.get("/registrations")
def list_registrations(
    cursor: str | None = None, limit: Limit = 50, ctx: Context = Depends(context)
) -> Page[Registration]:
    """List registrations, newest first."""
    ctx.actor.must("datasets.read")
    return orders.list_registrations(ctx, cursor, limit)


@router.get("/registrations/{run_id}")
def get_registration(run_id: str, ctx: Context = Depends(context)) -> Registration:
    """Return how far a registration is, and the version when it is done."""
    ctx.actor.must("datasets.read")
    return orders.get(ctx, run_id)


@router.delete("/registrations/{run_id}")
def cancel_registration(run_id: str, ctx: Context = Depends(context)) -> Registration:
    """Stop a registration; one that has ended stays as it ended."""
    ctx.actor.must("datasets.write")
    return orders.cancel(ctx, run_id)


@router.get("/registrations/{run_id}/order")
def get_order(run_id: str, ctx: Context = Depends(context)) -> dict[str, str]:
    """Return the address that a registration fetches, to its own job alone."""
    ctx.actor.must("datasets.read")
    return orders.secret_order(ctx, run_id)
