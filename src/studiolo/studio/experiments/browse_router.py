"""Routes of the page of a run: its files, tables, code, log and family."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import FileResponse, StreamingResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.experiments import browse, family, log_search, table_preview
from studiolo.studio.experiments.delivery import FileReply, attachment
from studiolo.studio.experiments.page_schemas import CodeFile, ContentLink, FileTree, LogMatches, RunNode, TableRows
from studiolo.studio.experiments.schemas import Run

router = APIRouter(prefix="/runs/{run_id}")


@router.get("/artifacts/files")
def list_files(run_id: str, path: str = "", ctx: Context = Depends(context)) -> FileTree:
    """List every file of a run, or of a folder of it."""
    ctx.actor.must("experiments.read")
    return browse.files(ctx, run_id, path)


@router.get("/artifacts/link")
def get_link(run_id: str, path: str, request: Request, ctx: Context = Depends(context)) -> ContentLink:
    """Sign an address of the second origin, where a file may run as a page without seeing the studio."""
    ctx.actor.must("experiments.read")
    return browse.link(ctx, run_id, path, request.url.scheme, request.headers.get("host", ""))


@router.get("/artifacts/zip", response_class=StreamingResponse)
def download_folder(run_id: str, path: str = "", ctx: Context = Depends(context)) -> StreamingResponse:
    """Send a folder of a run as a ZIP, made while it is sent."""
    ctx.actor.must("experiments.read")
    made = browse.archive(ctx, run_id, path)
    return StreamingResponse(
        browse.zipped(ctx, made.files), media_type="application/zip", headers=attachment(made.name)
    )


@router.get("/artifacts/table")
def get_table(
    run_id: str,
    path: str,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=table_preview.MAX_ROWS)] = 200,
    ctx: Context = Depends(context),
) -> TableRows:
    """Return rows of a CSV, TSV, JSON, JSON lines or Parquet file of a run."""
    ctx.actor.must("experiments.read")
    return table_preview.rows(ctx, run_id, path, offset, limit)


@router.get("/code")
def list_code(run_id: str, ctx: Context = Depends(context)) -> list[CodeFile]:
    """List the files that a job was submitted with."""
    ctx.actor.must("experiments.read")
    return browse.code(ctx, run_id)


@router.get("/code/content", response_class=FileResponse)
def get_code(run_id: str, path: str, ctx: Context = Depends(context)) -> FileResponse:
    """Send a file of the code."""
    ctx.actor.must("experiments.read")
    found = browse.code_file(ctx, run_id, path)
    return FileReply(ctx.blobs.path(found.digest), path, found.digest)


@router.get("/code/zip", response_class=StreamingResponse)
def download_code(run_id: str, ctx: Context = Depends(context)) -> StreamingResponse:
    """Send the code as a ZIP."""
    ctx.actor.must("experiments.read")
    made = browse.code_archive(ctx, run_id)
    return StreamingResponse(
        browse.zipped(ctx, made.files), media_type="application/zip", headers=attachment(made.name)
    )


@router.get("/tree")
def get_branch(run_id: str, ctx: Context = Depends(context)) -> list[RunNode]:
    """List the children of a run, each with the number of its own."""
    ctx.actor.must("experiments.read")
    return family.branch(ctx, run_id)


@router.get("/ancestors")
def list_ancestors(run_id: str, ctx: Context = Depends(context)) -> list[Run]:
    """List the runs above a run, the topmost first."""
    ctx.actor.must("experiments.read")
    return family.ancestors(ctx, run_id)


@router.get("/log/search")
def search_log(
    run_id: str,
    q: Annotated[str, Query(min_length=1, max_length=500)],
    limit: Annotated[int, Query(ge=1, le=10_000)] = 2000,
    ctx: Context = Depends(context),
) -> LogMatches:
    """Find the lines of a log that hold a text, whatever its case."""
    ctx.actor.must("experiments.read")
    return log_search.find(ctx, run_id, q, limit)
