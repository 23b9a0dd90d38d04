"""The web application on a real loopback port, in a thread of this process, for clients that speak HTTP."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from studiolo.kernel.auth.request import Services


@contextmanager
def serve(services: Services) -> Iterator[str]:
    """Run the application until the block ends; yields its address, such as http://127.0.0.1:40123."""
    import uvicorn

    from studiolo.server.app import build_app
    from studiolo.server.protocol import KEEP_ALIVE, Protocol

    config = uvicorn.Config(
        build_app(services),
        host="127.0.0.1",
        port=0,
        http=Protocol,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise TimeoutError("the server did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
