"""MLflow's endpoints of artifacts: list, read with ranges, write as a stream, delete."""

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select
from starlette.requests import Request
from starlette.responses import Response

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.kernel.errors import Denied
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.protocol import endpoint, raw_endpoint, reply
from studiolo.kernel.mlflow.threads import run_in_threadpool
from studiolo.kernel.storage.blobs import Blob, BlobWriter
from studiolo.studio.experiments import artifacts, client_runs, delivery
from studiolo.studio.experiments.errors import ArtifactReadOnly, ArtifactTooLarge
from studiolo.studio.experiments.mlflow import logged_models, shapes
from studiolo.studio.experiments.mlflow.experiments import READ, WRITE
from studiolo.studio.experiments.mlflow.runs import row_of, run_id_of
from studiolo.studio.experiments.schemas import Artifact
from studiolo.studio.experiments.tables import runs
from studiolo.studio.experiments.tracking_tables import logged_models as logged_model_table

_RUN = re.compile(r"\d+/([0-9a-f]{32})/artifacts/.+")
_MODEL = re.compile(r"\d+/models/(m-[0-9a-f]{32})/artifacts/.+")
_PIECE = 1 << 20
FILES = "mlflow-artifacts/artifacts"


@endpoint("GET", "mlflow/artifacts/list", READ)
def list_of_run(ctx: Context, fields: Fields) -> dict[str, Any]:
    """List the artifacts of a run."""
    run_id, path = run_id_of(fields), fields.text("path").strip("/")
    with ctx.db.read() as tx:
        row = row_of(tx, ctx, run_id)
        found = artifacts.list_(tx, ctx, run_id, path)
    answer: dict[str, Any] = {"root_uri": shapes.artifact_uri(row.artifact_location, row.experiment, run_id)}
    return answer | ({"files": [_file(item) for item in found]} if found else {})


@endpoint("GET", FILES, READ)
def list_folder(ctx: Context, fields: Fields) -> dict[str, Any]:
    """List a folder by its path in the workspace; the names are without that path."""
    folder = artifacts.clean(fields.text("path").rstrip("/"), empty=True)
    with ctx.db.read() as tx:
        found = artifacts.children(tx, ctx, folder)
    return {"files": [_file(item) for item in found]} if found else {}


def _file(item: Artifact) -> dict[str, Any]:
    found: dict[str, Any] = {"path": item.path, "is_dir": item.is_dir}
    return found if item.is_dir else {**found, "file_size": item.size}


@raw_endpoint("GET", f"{FILES}/{{path:path}}", READ)
async def read(request: Request, ctx: Context, path: str) -> Response:
    """Send a file, or the range that is asked for, or nothing when the client has it."""
    return await run_in_threadpool(send, request, ctx, path)


def send(request: Request, ctx: Context, path: str) -> Response:
    """Answer with a file by its path in the workspace."""
    with ctx.db.read() as tx:
        stored = artifacts.find_at(tx, ctx, path)
    return delivery.answer(request, ctx, stored)


def _keep_small(ctx: Context, path: str, body: bytes) -> dict[str, Any]:
    """Store a short file; most of a model are."""
    if artifacts.clean(path).split("/", 1)[0] == artifacts.REGISTRY:
        raise ArtifactReadOnly(path)
    # `name` checks the rest in its transaction; bytes that nothing names then are swept away
    name(ctx, path, ctx.blobs.put(body))
    return {}


@raw_endpoint("PUT", f"{FILES}/{{path:path}}", WRITE, small=_keep_small)
async def write(request: Request, ctx: Context, path: str) -> Response:
    """Store the body as a file. It appears when it is whole; an upload that is cut off leaves nothing."""
    await run_in_threadpool(check, ctx, path)
    writer = await run_in_threadpool(ctx.blobs.writer)
    try:
        await receive(request, writer, ctx.settings.upload_limit_bytes, path)
    except BaseException:
        writer.abort()
        raise
    await run_in_threadpool(lambda: name(ctx, path, writer.commit()))
    return reply({})


def name(ctx: Context, path: str, blob: Blob) -> None:
    """Let a path name stored bytes, if it may be written."""

    if _named(ctx, path, blob):
        return

    def work(tx: Connection) -> None:
        _writable(tx, ctx, path)
        artifacts.put_at(tx, ctx, path, blob)
        _tell(tx, ctx, path)

    ctx.db.write(work)


def _named(ctx: Context, path: str, blob: Blob) -> bool:
    """Do so with one statement if that is all there is to do: for a file of a logged model whose run is open to who asks.

    False when nothing was done: then something is wrong with it, or more has to be looked at.
    """
    match = _MODEL.fullmatch(path)
    if match is None or ctx.actor.run_id is not None:  # a job's token has to be of the run, or of one above it
        return False
    values = artifacts.naming(ctx, path, blob) | {"model_id": match.group(1)}
    return bool(ctx.db.write_one(_naming(ctx.db.dialect), values))


@lru_cache
def _naming(dialect: str) -> Prepared:
    m, r = logged_model_table.c, runs.c
    there = select(m.id).join(runs, and_(r.id == m.source_run_id, r.workspace_id == m.workspace_id))
    there = there.where(m.id == bindparam("model_id"), m.workspace_id == bindparam("workspace_id"))
    there = there.where(m.lifecycle == "active", r.lifecycle == "active")
    return Prepared(artifacts.naming_if(dialect, there.exists()))


async def receive(request: Request, writer: BlobWriter, limit: int, path: str) -> None:
    """Write a body as it comes; raises ArtifactTooLarge above the limit in bytes."""
    pieces: list[bytes] = []
    waiting = 0
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > limit:
            raise ArtifactTooLarge(f"'{path}' is larger than {limit} bytes.", "Raise STUDIOLO_UPLOAD_LIMIT_BYTES.")
        pieces.append(piece)
        waiting += len(piece)
        if waiting >= _PIECE:
            await run_in_threadpool(writer.write, b"".join(pieces))
            pieces, waiting = [], 0
    if pieces:
        await run_in_threadpool(writer.write, b"".join(pieces))


@endpoint("DELETE", f"{FILES}/{{path:path}}", WRITE)
def delete(ctx: Context, fields: Fields) -> dict[str, Any]:
    """Remove a file, or a folder with all below it."""
    path = fields.text("path")
    with ctx.db.begin() as tx:
        _writable(tx, ctx, artifacts.clean(path))
        artifacts.remove_at(tx, ctx, path)
    return {}


def check(ctx: Context, path: str) -> None:
    """Find out that a path cannot be written before its bytes arrive."""
    artifacts.clean(path)
    with ctx.db.read() as tx:
        _writable(tx, ctx, path)


def _writable(tx: Connection, ctx: Context, path: str) -> None:
    if path.split("/", 1)[0] == artifacts.REGISTRY:
        raise ArtifactReadOnly(path)
    run_id = _run_of(tx, ctx, path)
    if run_id is not None:
        client_runs.writable(tx, ctx, run_id)
    elif ctx.actor.run_id is not None:
        raise Denied("The token of a job may write below its own run only.", "Log to the run MLFLOW_RUN_ID.")


def _run_of(tx: Connection, ctx: Context, path: str) -> str | None:
    """Return the run whose file a path is, by its own name or by that of a logged model; None for other paths."""
    match = _RUN.fullmatch(path)
    if match:
        return match.group(1)
    match = _MODEL.fullmatch(path)
    if match:
        source: str | None = logged_models.find(tx, ctx, match.group(1)).source_run_id
        return source
    return None


def _tell(tx: Connection, ctx: Context, path: str) -> None:
    match = _RUN.fullmatch(path)
    if match:
        client_runs.tell(tx, ctx, match.group(1))
