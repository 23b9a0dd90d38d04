"""What a client asks before it knows anybody: version, health and abilities of the server. No token is needed."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from studiolo.kernel.mlflow.protocol import reply

PROTOCOL = "3.17.2"  # the MLflow whose protocol this is; the lock pins the client of the same version


async def _version(_request: Request) -> Response:
    return PlainTextResponse(PROTOCOL)


async def _health(_request: Request) -> Response:
    return PlainTextResponse("OK")


async def _server_info(_request: Request) -> Response:
    return reply(
        {
            "store_type": "SqlStore",
            "workspaces_enabled": False,
            "trace_archival_enabled": False,
            "multipart_uploads_enabled": True,
            "multipart_downloads_enabled": False,
            "presigned_upload_run_id_supported": False,
            "presigned_upload_model_id_supported": False,
            "features_enabled": {},
        }
    )


def routes() -> list[BaseRoute]:
    """Return the routes, at the root and below each workspace; `/health` of the root is the server's own."""
    found: list[BaseRoute] = [Route("/w/{workspace}/health", _health, include_in_schema=False)]
    for before in ("", "/w/{workspace}"):
        found.append(Route(f"{before}/version", _version, include_in_schema=False))
        found += [
            Route(f"{before}/{api}/3.0/mlflow/server-info", _server_info, include_in_schema=False)
            for api in ("api", "ajax-api")
        ]
    return found
