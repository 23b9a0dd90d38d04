"""One worker of a scorer: loads the model, answers its sample, then serves on the socket that it is given.

It speaks with its supervisor over a socket pair: one JSON line `{"ready": {…}}` or `{"failed": {…}}`; then it waits for
the listening socket; `{"serving": true}` when it accepts; the byte `d` means drain, an end of the stream that the
supervisor is gone.
"""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import orjson
import uvicorn

from studiolo.kernel.errors import StudioloError
from studiolo.studio.endpoints.scoring import answers, deployment, openapi, sample
from studiolo.studio.endpoints.scoring.app import Predictor, ScoringApp
from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.deployment import Deployment
from studiolo.studio.endpoints.scoring.keys import Keys
from studiolo.studio.endpoints.scoring.request_log import RequestLog
from studiolo.studio.endpoints.scoring.telemetry import Counters
from studiolo.studio.endpoints.scoring.tiers import base
from studiolo.studio.endpoints.scoring.tiers.base import Tier


class SampleFailed(Exception):
    """The model could not answer its own example."""


class Pages:
    """The documents of an endpoint, made once."""

    def __init__(self, told: Deployment, tier: Tier, rows: list[dict[str, Any]] | None, said: dict[str, Any]) -> None:
        document = openapi.describe(tier, told.endpoint, told.version, rows, said)
        self._openapi = orjson.dumps(document)
        self._swagger = orjson.dumps(openapi.swagger(document))
        self._version = orjson.dumps(
            {"endpoint": told.endpoint, "deployment": told.deployment, "version": told.version, "tier": tier.kind}
        )

    def openapi(self) -> bytes:
        """OpenAPI 3."""
        return self._openapi

    def swagger(self) -> bytes:
        """Swagger 2."""
        return self._swagger

    def version(self) -> bytes:
        """Which model answers, and how."""
        return self._version


def load(told: Deployment) -> tuple[Tier, Pages, dict[str, Any]]:
    """Load the model, answer its sample, and describe both. Raises whatever the model raises."""
    began = time.perf_counter()
    tier = base.load(told)
    loaded = time.perf_counter() - began
    rows = sample.read(Path(told.model), tier.inputs)
    said: dict[str, Any] = {}
    ready: dict[str, Any] = {"tier": tier.kind, "why": tier.why, "load_seconds": round(loaded, 3), "pid": os.getpid()}
    if rows:
        table = Table("data", len(rows), records=rows)
        _learn(tier, table, ready)
        began = time.perf_counter()
        try:
            found = tier.predict(table)
        except StudioloError as problem:
            raise SampleFailed(f"The model refused its own example: {problem}") from problem.__cause__ or problem
        ready["sample_ms"] = round((time.perf_counter() - began) * 1000, 3)
        said = {"/score": orjson.loads(answers.score(found)), "/invocations": orjson.loads(answers.invocations(found))}
        ready["sample"] = {"request": {"data": rows}, "response": said["/score"]}
    ready["columns"] = [
        {"name": column.name, "type": column.type, "required": column.required} for column in tier.inputs.columns
    ]
    return tier, Pages(told, tier, rows, said), ready


def _learn(tier: Tier, table: Table, ready: dict[str, Any]) -> None:
    """Learn on the sample what the original tier may do."""
    if tier.kind == "pyfunc":
        from studiolo.studio.endpoints.scoring.tiers.original import Original

        assert isinstance(tier, Original)
        tier.learn_chances(table)
        ready["batching"] = tier.learn_batching(table)


def _predictor(told: Deployment, tier: Tier, busy: set[Any]) -> Predictor:
    if tier.kind == "compiled":
        from studiolo.studio.endpoints.scoring.tiers.compiled import Compiled
        from studiolo.studio.endpoints.scoring.tiers.gather import Gather

        assert isinstance(tier, Compiled)
        return Gather(tier, told.queue, busy)
    from studiolo.studio.endpoints.scoring.tiers.batches import Batches
    from studiolo.studio.endpoints.scoring.tiers.original import Original

    assert isinstance(tier, Original)
    return Batches(tier, told.queue)


async def serve(
    told: Deployment, number: int, tier: Tier, pages: Pages, listening: socket.socket, control: socket.socket
) -> None:
    """Accept and answer until told to drain."""
    keys = Keys(Path(told.keys))
    log = RequestLog(Path(told.log) / f"worker-{number}.log", told.log_bytes)
    counters = Counters(Path(told.stats) / f"worker-{number}.stats")
    app = ScoringApp(told, pages, keys, counters, log)
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(told.drain_seconds) or 1,
        backlog=2048,
    )
    server = uvicorn.Server(config)
    app.predictor = _predictor(told, tier, server.server_state.tasks)
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    loop.add_signal_handler(signal.SIGINT, ending.set)
    control.setblocking(False)
    loop.add_reader(control.fileno(), _heard, control, ending)
    serving = asyncio.create_task(server._serve([listening]))  # noqa: SLF001 - serve() would take our signal handlers
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    _say(control, {"serving": True})
    while not ending.is_set():
        try:
            await asyncio.wait_for(ending.wait(), 0.25)
        except TimeoutError:
            log.flush()
            keys.refresh()
    await drain(server, app, told.drain_seconds)
    await serving
    log.flush()


async def drain(server: uvicorn.Server, app: ScoringApp, seconds: float) -> None:
    """Stop accepting, ask clients to leave with their next answer, then end the connections that stay idle."""
    for listener in server.servers:
        listener.close()
    app.draining = True
    deadline = time.monotonic() + min(2.0, seconds)
    while server.server_state.connections and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    server.should_exit = True


def _heard(control: socket.socket, ending: asyncio.Event) -> None:
    try:
        control.recv(16)
    except BlockingIOError:
        return
    except OSError:
        pass
    ending.set()


def _say(control: socket.socket, message: dict[str, Any]) -> None:
    control.sendall(orjson.dumps(message, default=str) + b"\n")


def main() -> int:
    """Run one worker: `worker DEPLOYMENT.json NUMBER CONTROL_FD`."""
    path, number, descriptor = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    control = socket.socket(fileno=descriptor)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        told = deployment.read(path)
        tier, pages, ready = load(told)
    except Exception as error:  # noqa: BLE001 - a model may raise anything; its traceback is the answer
        traceback.print_exc()
        stage = "sample" if isinstance(error, SampleFailed) else "load"
        text = "".join(traceback.format_exception(error))
        _say(control, {"failed": {"stage": stage, "error": f"{type(error).__name__}: {error}", "traceback": text}})
        return 1
    _settle()
    ready["rss_bytes"] = resident()
    _say(control, {"ready": ready})
    received, descriptors, _, _ = socket.recv_fds(control, 16, 1)
    if not descriptors:  # told to end before it went live
        return 0 if received else 1
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(serve(told, number, tier, pages, socket.socket(fileno=descriptors[0]), control))
    return 0


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not built for this platform
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _settle() -> None:
    """Give back what loading left over, and keep the collector from looking at what stays."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):  # glibc has it, musl and macOS have not
        ctypes.CDLL(None).malloc_trim(0)


def resident() -> int:
    """Return the resident memory of this process, in bytes."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:  # not Linux: the peak, in bytes on macOS
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    sys.exit(main())
