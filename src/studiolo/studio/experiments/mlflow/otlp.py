"""`POST /v1/traces`: spans by OpenTelemetry's protocol over HTTP, from MLflow's client or any other."""

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from studiolo.kernel.auth.request import context, services
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.protocol import refuse
from studiolo.studio.experiments import spans, trace_writing
from studiolo.studio.experiments.mlflow.experiments import WRITE

EXPERIMENT, RUN = "x-mlflow-experiment-id", "x-mlflow-run-id"
_PROTOBUF, _JSON = "application/x-protobuf", "application/json"


async def _export(request: Request) -> Response:
    try:
        await run_in_threadpool(_enter, request)  # before the body: who may not write sends nothing in vain
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type not in (_PROTOBUF, _JSON):
            raise MlflowError(
                f"Invalid Content-Type: {media_type[:80]}. Expected: {_PROTOBUF} or {_JSON}", "BAD_REQUEST"
            )
        body = await _body(request)
        refused = await run_in_threadpool(_store, request, body, media_type)
        return _answer(refused, media_type)
    except StudioloError as error:
        return refuse(error)
    except ClientDisconnect:
        return Response(status_code=400)


def _enter(request: Request) -> None:
    context(request).actor.must(WRITE)


async def _body(request: Request) -> bytes:
    most = services(request).settings.request_limit_bytes
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise MlflowError(f"The request is larger than {most} bytes. Export fewer spans at once.")
        pieces.append(piece)
    return b"".join(pieces)


def _store(request: Request, body: bytes, media_type: str) -> list[str]:
    ctx = context(request)
    ctx.actor.must(WRITE)
    encoding = request.headers.get("content-encoding", "").strip().lower()
    batch = spans.read(spans.decompress(body, encoding, 4 * ctx.settings.request_limit_bytes), media_type)
    experiment_id = request.headers.get(EXPERIMENT, "").strip() or "0"
    run_id = request.headers.get(RUN, "").strip() or None
    return trace_writing.record(ctx, experiment_id, batch, run_id) if batch.spans else []


def _answer(refused: list[str], media_type: str) -> Response:
    """Say what was refused, as OpenTelemetry's partial success: the exporter does not send it again."""
    if media_type == _JSON:
        partial = {"rejectedSpans": len(refused), "errorMessage": refused[0]} if refused else {}
        return Response(orjson.dumps({"partialSuccess": partial} if refused else {}), media_type=_JSON)
    message = ExportTraceServiceResponse()
    if refused:
        message.partial_success.rejected_spans = len(refused)
        message.partial_success.error_message = refused[0]
    return Response(message.SerializeToString(), media_type=_PROTOBUF)


def routes() -> list[BaseRoute]:
    """Return the routes, at the root and below each workspace."""
    return [
        Route(f"{before}/v1/traces", _export, methods=["POST"], include_in_schema=False)
        for before in ("", "/w/{workspace}")
    ]
