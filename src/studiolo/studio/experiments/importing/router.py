"""Routes of imports, for owners: an import writes runs of the past, with the ids and times that the source says."""

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.errors import TooLarge
from studiolo.studio.experiments.importing import ingest
from studiolo.studio.experiments.importing.errors import BadBatch
from studiolo.studio.experiments.importing.schemas import (
    ExperimentHere,
    Import,
    ImportedExperiments,
    ImportEnd,
    ImportStart,
    Known,
    Stamps,
    Taken,
)
from studiolo.studio.experiments.importing.wire import Batch

router = APIRouter(prefix="/imports")
PERMISSION = "experiments.import"
PACKED = {"requestBody": {"required": True, "content": {"application/msgpack": {"schema": {"format": "binary"}}}}}


@router.get("")
def list_imports(ctx: Context = Depends(context)) -> list[Import]:
    """List what was imported from where."""
    ctx.actor.must("experiments.read")
    return ingest.every(ctx)


@router.post("", status_code=201)
def start_import(asked: ImportStart, ctx: Context = Depends(context)) -> Import:
    """Begin to import a source, or go on with it."""
    ctx.actor.must(PERMISSION)
    return ingest.start(ctx, asked)


@router.put("/{import_id}")
def end_import(import_id: str, done: ImportEnd, ctx: Context = Depends(context)) -> Import:
    """Keep the report of an import that came to its end."""
    ctx.actor.must(PERMISSION)
    return ingest.end(ctx, import_id, done.report)


@router.post("/{import_id}/experiments")
def take_experiments(
    import_id: str, sent: ImportedExperiments, ctx: Context = Depends(context)
) -> list[ExperimentHere]:
    """Find or make the experiments of a source; one name is one experiment."""
    ctx.actor.must(PERMISSION)
    return ingest.take_experiments(ctx, import_id, sent.experiments)


@router.post("/{import_id}/known")
def ask_known(import_id: str, asked: Stamps, ctx: Context = Depends(context)) -> Known:
    """Say what of a source is here already, unchanged, so that it need not be read."""
    ctx.actor.must(PERMISSION)
    return ingest.known(ctx, import_id, asked)


@router.post("/{import_id}/batches", openapi_extra=PACKED)
async def take_batch(import_id: str, request: Request, ctx: Context = Depends(context)) -> list[Taken]:
    """Write runs and logged models, sent as MessagePack; their files were sent before."""
    ctx.actor.must(PERMISSION)
    limit = ctx.settings.request_limit_bytes
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise TooLarge(f"The batch has more than {limit // 2**20} MiB.", "Send less at once.", field="body")
    try:
        batch = await run_in_threadpool(msgspec.msgpack.decode, bytes(body), type=Batch)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadBatch(f"The batch cannot be read: {error}.", "Send it with the importer.", field="body") from None
    return await run_in_threadpool(ingest.take, ctx, import_id, batch)
