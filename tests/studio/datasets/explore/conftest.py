"""A studio with small tables; the warm children end with each test."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.datasets import service
from studiolo.studio.datasets.explore.sessions import SESSIONS
from studiolo.studio.datasets.registrations import taking
from studiolo.studio.datasets.schemas import DatasetCreate, DatasetVersion
from studiolo.studio.experiments import reconcile as experiments_reconcile

Make = Callable[..., DatasetVersion]


@pytest.fixture(autouse=True)
def _no_child_stays() -> Iterator[None]:
    yield
    SESSIONS.close()


@pytest.fixture
def controller(ctx: Context) -> Iterator[None]:
    """What the controller does for registrations, beside the test: jobs run in processes of their own, what they leave is taken."""
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(0.05):
            experiments_reconcile.tick(ctx)
            taking.tick(ctx)

    thread = threading.Thread(target=tick)
    thread.start()
    yield
    ended.set()
    thread.join()


@pytest.fixture
def make(ctx: Context) -> Make:
    """Register bytes or a file as a dataset."""

    def made(name: str, data: bytes | Path, filename: str = "") -> DatasetVersion:
        raw = data if isinstance(data, bytes) else data.read_bytes()
        given = filename or (f"{name}.csv" if isinstance(data, bytes) else data.name)
        with ctx.blobs.writer() as writer:
            writer.write(raw)
            spec = service.check(DatasetCreate(name=name, filename=given))
            return service.create(ctx, spec, writer).dataset

    return made
