"""A studio with small tables; the warm children end with each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.datasets import service
from studiolo.studio.datasets.explore.sessions import SESSIONS
from studiolo.studio.datasets.schemas import DatasetCreate, DatasetVersion

Make = Callable[..., DatasetVersion]


@pytest.fixture(autouse=True)
def _no_child_stays() -> Iterator[None]:
    yield
    SESSIONS.close()


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
