"""Routes of datastores."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import StreamingResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.datastores import databases, files, incoming, service
from studiolo.studio.datastores.paths import clean
from studiolo.studio.datastores.schemas import (
    CheckState,
    CredentialsPut,
    DatabaseTable,
    Datastore,
    DatastoreCreate,
    DatastoreKind,
    DatastorePatch,
    DatastoreTry,
    DatastoreUser,
    FileEntry,
    FilePreview,
    QueryRequest,
    TableHead,
    TableShape,
)

router = APIRouter(prefix="/datastores", tags=["datastores"])

BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}
Path = Annotated[str, Query(description="From the datastore's root, '/'-separated.")]
Schema = Annotated[str, Query(max_length=200, description="Name of a schema.")]
Table = Annotated[str, Query(min_length=1, max_length=200, description="Name of a table or view.")]


@router.get("")
def list_datastores(ctx: Context = Depends(context)) -> list[Datastore]:
    """List the datastores, the default one first."""
    ctx.actor.must("datastores.read")
    return service.list_all(ctx)


@router.post("", status_code=201)
def create_datastore(spec: DatastoreCreate, ctx: Context = Depends(context)) -> Datastore:
    """Register a datastore; its credentials are sealed and never shown again."""
    ctx.actor.must("datastores.write")
    return service.create(ctx, spec)


@router.get("/kinds")
def list_kinds(ctx: Context = Depends(context)) -> list[DatastoreKind]:
    """List the kinds, with the fields of each."""
    ctx.actor.must("datastores.read")
    return service.kinds()


@router.post("/check")
def try_datastore(spec: DatastoreTry, ctx: Context = Depends(context)) -> CheckState:
    """Try a connection before it is saved."""
    ctx.actor.must("datastores.write")
    return service.try_out(ctx, spec)


@router.get("/{name}")
def get_datastore(name: str, ctx: Context = Depends(context)) -> Datastore:
    """Return a datastore."""
    ctx.actor.must("datastores.read")
    return service.get(ctx, name)


@router.patch("/{name}")
def update_datastore(name: str, patch: DatastorePatch, ctx: Context = Depends(context)) -> Datastore:
    """Change a datastore; what is left out stays."""
    ctx.actor.must("datastores.write")
    return service.update(ctx, name, patch)


@router.delete("/{name}", status_code=204)
def delete_datastore(name: str, ctx: Context = Depends(context)) -> None:
    """Forget a datastore; what is in it stays. 409 while something points at it."""
    ctx.actor.must("datastores.write")
    service.delete(ctx, name)


@router.put("/{name}/credentials")
def rotate_credentials(name: str, put: CredentialsPut, ctx: Context = Depends(context)) -> Datastore:
    """Replace credentials."""
    ctx.actor.must("datastores.write")
    return service.rotate(ctx, name, put.credentials)


@router.post("/{name}/check")
def check_datastore(name: str, ctx: Context = Depends(context)) -> CheckState:
    """Try the connection, and keep what came of it."""
    ctx.actor.must("datastores.read")
    return service.check(ctx, name)


@router.post("/{name}/default")
def set_default_datastore(name: str, ctx: Context = Depends(context)) -> Datastore:
    """Make it the one that is meant when none is named."""
    ctx.actor.must("datastores.write")
    return service.set_default(ctx, name)


@router.get("/{name}/users")
def list_users(name: str, ctx: Context = Depends(context)) -> list[DatastoreUser]:
    """List what points at a datastore."""
    ctx.actor.must("datastores.read")
    return service.used_by(ctx, name)


@router.get("/{name}/schemas")
def list_schemas(name: str, ctx: Context = Depends(context)) -> list[str]:
    """List the schemas of a database."""
    ctx.actor.must("datastores.read")
    return databases.schemas(ctx, name)


@router.get("/{name}/tables")
def list_tables(
    name: str,
    schema: Schema = "",
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ctx: Context = Depends(context),
) -> Page[DatabaseTable]:
    """List tables and views of a schema, a page at a time."""
    ctx.actor.must("datastores.read")
    return databases.tables(ctx, name, schema, cursor, limit)


@router.get("/{name}/columns")
def list_columns(name: str, table: Table, schema: Schema = "", ctx: Context = Depends(context)) -> TableShape:
    """List the columns of a table, and the query for all of it."""
    ctx.actor.must("datastores.read")
    return databases.shape(ctx, name, schema, table)


@router.get("/{name}/rows")
def list_rows(
    name: str,
    table: Table,
    schema: Schema = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ctx: Context = Depends(context),
) -> TableHead:
    """Return the first rows of a table."""
    ctx.actor.must("datastores.read")
    return databases.rows(ctx, name, schema, table, limit)


@router.post("/{name}/query")
def query_database(name: str, asked: QueryRequest, ctx: Context = Depends(context)) -> TableHead:
    """Return the first rows of a query; a query may call functions of the database, so it needs the right to write."""
    ctx.actor.must("datastores.write")
    return databases.query(ctx, name, asked.query, asked.limit)


@router.get("/{name}/files")
def browse(
    name: str,
    folder: str = "",
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ctx: Context = Depends(context),
) -> Page[FileEntry]:
    """List a folder, a page at a time."""
    ctx.actor.must("datastores.read")
    return files.browse(ctx, name, folder, cursor, limit)


@router.get("/{name}/stat")
def get_file(name: str, path: Path, ctx: Context = Depends(context)) -> FileEntry:
    """Return one file or folder."""
    ctx.actor.must("datastores.read")
    return files.stat(ctx, name, path)


@router.get("/{name}/preview")
def preview_file(name: str, path: Path, ctx: Context = Depends(context)) -> FilePreview:
    """Return the beginning of a file, as text where it is text."""
    ctx.actor.must("datastores.read")
    return files.preview(ctx, name, path)


@router.get("/{name}/content", response_class=StreamingResponse)
def download_file(
    request: Request, name: str, path: Path, inline: bool = False, ctx: Context = Depends(context)
) -> StreamingResponse:
    """Send a file; heeds a Range of one part. inline: show it in the page, only for images."""
    ctx.actor.must("datastores.read")
    wanted = _range(request.headers.get("range", ""))
    found = files.content(ctx, name, clean(path), *(wanted or (0, None)))
    ending = path.rpartition(".")[2].lower()
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(path.rpartition('/')[2], safe='')}"
    if inline and ending in files.IMAGES:
        headers["Content-Disposition"] = "inline"
    media = files.IMAGES.get(ending, "application/octet-stream") if inline else "application/octet-stream"
    status = 200
    if found.known:
        headers["Content-Length"] = str(found.end - found.start)
        if wanted is not None:
            status = 206 if found.end > found.start else 416
            last = f"{found.start}-{found.end - 1}" if status == 206 else "*"
            headers["Content-Range"] = f"bytes {last}/{found.entry.size}"
    return StreamingResponse(found.pieces, status, headers, media)


@router.put("/{name}/content", status_code=201, openapi_extra=BYTES)
async def upload_file(
    request: Request, name: str, path: Path, overwrite: bool = False, ctx: Context = Depends(context)
) -> FileEntry:
    """Write the body as a file, whole or not at all; 409 when there is one, unless it may be replaced."""
    ctx.actor.must("datastores.write")
    text = request.headers.get("content-length", "")
    announced = int(text) if text.isdigit() else None
    return await incoming.receive(
        request.stream(),
        announced,
        ctx.settings.upload_limit_bytes,
        lambda source: files.upload(ctx, name, clean(path), source, announced, overwrite=overwrite),
    )


@router.delete("/{name}/content", status_code=204)
def delete_file(name: str, path: Path, ctx: Context = Depends(context)) -> None:
    """Remove a file from the store; it cannot be brought back."""
    ctx.actor.must("datastores.write")
    files.remove(ctx, name, clean(path))


def _range(header: str) -> tuple[int, int | None] | None:
    """Read a Range of one part that begins at a byte; others are answered with the whole file, as HTTP allows."""
    unit, _, rest = header.partition("=")
    first, dash, last = rest.partition("-")
    if unit.strip() != "bytes" or not dash or "," in rest or not first.strip().isdecimal():
        return None
    if last.strip() and not last.strip().isdecimal():
        return None
    return int(first), int(last) + 1 if last.strip() else None
