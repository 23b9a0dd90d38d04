"""MLflow's endpoints of uploads in parts. Clients use them for files from 500 MiB, several parts at a time."""

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from studiolo.kernel.auth.request import services
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.mlflow.errors import MlflowError, missing_value
from studiolo.kernel.mlflow.fields import Fields, of_body
from studiolo.kernel.mlflow.protocol import body_of, endpoint, raw_endpoint, refuse, reply
from studiolo.studio.experiments import multipart
from studiolo.studio.experiments.mlflow.artifacts import check, name, receive
from studiolo.studio.experiments.mlflow.experiments import WRITE

PATH = "mlflow-artifacts/mpu"


def _target(folder: str, fields: Fields) -> str:
    """Return the file that an upload makes: the folder of the address and the name of the client's local file."""
    local = re.split(r"[/\\]", fields.required("path"))[-1]
    return f"{folder.strip('/')}/{local}" if folder else local


@raw_endpoint("POST", f"{PATH}/create/{{path:path}}", WRITE)
async def create(request: Request, ctx: Context, path: str) -> Response:
    """Begin an upload; the answer has an address for each part."""
    fields = of_body(await body_of(request))
    target, parts = _target(path, fields), fields.integer("num_parts", 1) or 0
    if not 1 <= parts <= multipart.MAX_PARTS:
        raise MlflowError(
            f"Invalid value {parts} for parameter 'num_parts' supplied. It must be at least 1 and at most "
            f"{multipart.MAX_PARTS}."
        )
    await run_in_threadpool(check, ctx, target)
    upload, key = await run_in_threadpool(multipart.create, ctx, target, parts)
    here = request.url.path.split(f"/{PATH}/", 1)[0]
    base = (ctx.settings.public_url or str(request.base_url)).rstrip("/")
    address = f"{base}{here}/{PATH}/parts/{upload.id}"
    credentials = [{"url": f"{address}/{n}?key={key}", "part_number": n, "headers": {}} for n in range(1, parts + 1)]
    return reply({"upload_id": upload.id, "credentials": credentials})


@endpoint("POST", f"{PATH}/complete/{{folder:path}}", WRITE)
def complete(ctx: Context, fields: Fields) -> dict[str, object]:
    """Put the parts together; they appear as one file. Asking again is no error."""
    if not fields.has("parts"):
        raise missing_value("parts")
    parts = [(item.integer("part_number", 0) or 0, item.text("etag").strip('"')) for item in fields.objects("parts")]
    target = _target(fields.text("folder"), fields)
    upload = multipart.find(ctx, fields.required("upload_id"), target)
    if not upload.completed:
        check(ctx, target)
        name(ctx, target, multipart.assemble(ctx, upload, parts))
        multipart.finish(ctx, upload)
    return {}


@endpoint("POST", f"{PATH}/abort/{{folder:path}}", WRITE)
def abort(ctx: Context, fields: Fields) -> dict[str, object]:
    """Give an upload up."""
    target = _target(fields.text("folder"), fields)
    multipart.forget(ctx, multipart.find(ctx, fields.required("upload_id"), target))
    return {}


async def _part(request: Request) -> Response:
    """Take one part. Who sends it shows no token, as with an object store: the address itself is secret."""
    try:
        return await _take(request)
    except StudioloError as error:
        return refuse(error)
    except ClientDisconnect:
        return Response(status_code=400)


async def _take(request: Request) -> Response:
    have = services(request)
    number = int(request.path_params["number"])
    upload = await run_in_threadpool(
        multipart.admit, have.blobs, request.path_params["upload"], number, request.query_params.get("key", "")
    )
    room = await run_in_threadpool(multipart.room, have.blobs, upload, have.settings.upload_limit_bytes)
    writer = await run_in_threadpool(have.blobs.writer)
    try:
        await receive(request, writer, room, upload.path)
        part = await run_in_threadpool(multipart.keep, have.blobs, upload, number, writer)
    except BaseException:
        writer.abort()
        raise
    return Response(status_code=200, headers={"ETag": f'"{part.digest}"'})


def routes() -> list[BaseRoute]:
    """Return the routes that parts are sent to."""
    return [
        Route(
            f"{before}/{api}/2.0/{PATH}/parts/{{upload}}/{{number:int}}",
            _part,
            methods=["PUT"],
            include_in_schema=False,
        )
        for before in ("", "/w/{workspace}")
        for api in ("api", "ajax-api")
    ]
