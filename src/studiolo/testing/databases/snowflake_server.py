"""A server that speaks Snowflake's protocol: fakesnow, which has DuckDB behind it, with a password before it.

Run by the Python of an environment that has fakesnow, so it imports nothing of ours: `snowflake_server.py PORT PASSWORD`.
"""

import gzip
import importlib
import json
import sys
from typing import Any


def main() -> None:
    """Serve until the process is ended."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    server = importlib.import_module("fakesnow.server")  # the package has a function of this name
    port, password = int(sys.argv[1]), sys.argv[2]

    async def login(request: Any) -> Any:
        body = await request.body()
        given = json.loads(gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body)
        if given["data"].get("PASSWORD") != password:
            words = "Incorrect username or password was specified."
            return JSONResponse({"success": False, "code": "390100", "message": words, "data": {}})
        answer = json.loads((await server.login_request(request)).body)
        # what Snowflake's drivers of version 5 ask for beside what fakesnow says
        answer["data"] |= {
            "masterToken": answer["data"]["token"],
            "sessionId": 1,
            "validityInSeconds": 3600,
            "masterValidityInSeconds": 14400,
        }
        return JSONResponse(answer)

    routes = [route for route in server.routes if route.path != "/session/v1/login-request"]
    app = Starlette(routes=[Route("/session/v1/login-request", login, methods=["POST"]), *routes])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
