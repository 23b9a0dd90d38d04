"""Routes of exploring. Answers of a child are forwarded as they are: the server reads no row."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import StreamingResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.studio.datasets import names
from studiolo.studio.datasets.explore import exporting, saving, service
from studiolo.studio.datasets.explore.schemas import (
    Cell,
    CellQuery,
    ChartData,
    ChartQuery,
    ExportFormat,
    Rows,
    RowsQuery,
    SqlQuery,
    SqlResult,
    SqlSave,
    Summaries,
    SummariesQuery,
)
from studiolo.studio.datasets.registration_schemas import Registration

router = APIRouter()

Version = Annotated[str, "A number, or `latest`"]
VERSION = "/{name}/versions/{version}"
RESULT = "/sql/results/{result}"


@router.post(f"{VERSION}/rows", response_model=Rows)
def explore_rows(name: str, version: Version, query: RowsQuery, ctx: Context = Depends(context)) -> Response:
    """Return rows at any place of a version, filtered and sorted."""
    return _version(ctx, name, version, query)


@router.post(f"{VERSION}/summaries", response_model=Summaries)
def explore_summaries(name: str, version: Version, query: SummariesQuery, ctx: Context = Depends(context)) -> Response:
    """Return what columns hold among the rows that fit a filter."""
    return _version(ctx, name, version, query)


@router.post(f"{VERSION}/cell", response_model=Cell)
def explore_cell(name: str, version: Version, query: CellQuery, ctx: Context = Depends(context)) -> Response:
    """Return one value, whole."""
    return _version(ctx, name, version, query)


@router.post(f"{VERSION}/chart", response_model=ChartData)
def explore_chart(name: str, version: Version, query: ChartQuery, ctx: Context = Depends(context)) -> Response:
    """Return a chart of one or two columns over every row that fits."""
    return _version(ctx, name, version, query)


@router.post("/sql")
def run_sql(query: SqlQuery, ctx: Context = Depends(context)) -> SqlResult:
    """Answer a question in SQL over datasets, in a process that can do nothing else; the answer is kept for a while."""
    ctx.actor.must("datasets.read")
    return service.sql(ctx, query)


@router.post("/sql/{query}/cancel", status_code=204)
def cancel_sql(query: str, ctx: Context = Depends(context)) -> None:
    """Stop a query by the id that came with it."""
    ctx.actor.must("datasets.read")
    service.cancel(ctx, query)


@router.post("/sql/save", status_code=202)
def save_sql(query: SqlSave, ctx: Context = Depends(context)) -> Registration:
    """Make a dataset of what a query answers: a job runs it to its last row; follow it. The datasets it reads are its lineage."""
    ctx.actor.must("datasets.write")
    return saving.save(ctx, query)


@router.get(RESULT)
def get_result(result: str, ctx: Context = Depends(context)) -> SqlResult:
    """Return what is known of a kept result."""
    ctx.actor.must("datasets.read")
    return service.result(ctx, result)


@router.post(f"{RESULT}/rows", response_model=Rows)
def result_rows(result: str, query: RowsQuery, ctx: Context = Depends(context)) -> Response:
    """Return rows of a result, filtered and sorted."""
    return _result(ctx, result, query)


@router.post(f"{RESULT}/summaries", response_model=Summaries)
def result_summaries(result: str, query: SummariesQuery, ctx: Context = Depends(context)) -> Response:
    """Return what columns of a result hold."""
    return _result(ctx, result, query)


@router.post(f"{RESULT}/cell", response_model=Cell)
def result_cell(result: str, query: CellQuery, ctx: Context = Depends(context)) -> Response:
    """Return one value of a result, whole."""
    return _result(ctx, result, query)


@router.post(f"{RESULT}/chart", response_model=ChartData)
def result_chart(result: str, query: ChartQuery, ctx: Context = Depends(context)) -> Response:
    """Return a chart of a result."""
    return _result(ctx, result, query)


@router.get(f"{RESULT}/content", response_class=StreamingResponse)
def export_result(
    result: str,
    kind: Annotated[ExportFormat, Query(alias="format")] = "csv",
    ctx: Context = Depends(context),
) -> StreamingResponse:
    """Send a result as CSV, Parquet or an Arrow stream."""
    ctx.actor.must("datasets.read")
    stack = ExitStack()
    pieces = stack.enter_context(service.export(ctx, result, kind))

    def _sent() -> Iterator[bytes]:
        with stack:
            yield from pieces

    name = f"result.{'arrows' if kind == 'arrow' else kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_sent(), media_type=exporting.MEDIA[kind], headers=headers)


def _version(ctx: Context, name: str, version: str, query: service.Question) -> Response:
    ctx.actor.must("datasets.read")
    name, number = names.parse(f"{name}:{version}")
    return _json(service.ask(ctx, name, number, query))


def _result(ctx: Context, result: str, query: service.Question) -> Response:
    ctx.actor.must("datasets.read")
    return _json(service.ask_result(ctx, result, query))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
