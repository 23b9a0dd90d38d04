"""Refuses JSON bodies above a limit before they fill the memory; uploads stream and have limits of their own."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.kernel.errors import TooLarge
from studiolo.server.problem import respond


class JsonLimit:
    """Counts the bytes of JSON requests; a pure ASGI middleware."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is small enough; answer 413 to the rest."""
        if scope["type"] != "http" or not _limited(scope):
            await self._app(scope, receive, send)
            return
        error = TooLarge(
            f"The body has more than {self._limit // 2**20} MiB.",
            "Send less at once; STUDIOLO_REQUEST_LIMIT_BYTES sets the limit.",
        )
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > self._limit:
            await respond(error)(scope, receive, send)
            return
        over = False
        seen = 0

        async def counted() -> Message:
            nonlocal over, seen
            message = await receive()
            seen += len(message.get("body", b""))
            over = over or seen > self._limit
            if over:
                raise error
            return message

        async def sending(message: Message) -> None:
            if not over:
                await send(message)
            elif message["type"] == "http.response.start":  # whatever the framework made of the interrupted body
                await respond(error)(scope, receive, send)

        await self._app(scope, counted, sending)


def _limited(scope: Scope) -> bool:
    kind = Headers(scope=scope).get("content-type", "")
    return (
        kind.startswith("application/json")
        and "/mlflow" not in scope["path"]  # files, and a protocol that has this limit in its own words
        and "/serve/" not in scope["path"]
        and not scope["path"].endswith("/datasets/uploads")  # a browser calls a .json file application/json
    )
