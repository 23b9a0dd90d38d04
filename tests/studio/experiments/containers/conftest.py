"""Real containers by Podman; without it, or where it cannot run, these tests are left out."""

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.testing import podman


@pytest.fixture(scope="session")
def podman_program() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="pod-"))
    try:
        program = podman.engine(root)
    except podman.PodmanMissing as error:
        shutil.rmtree(root, ignore_errors=True)
        pytest.skip(str(error))
    yield program
    podman.remove(program)


@pytest.fixture
def contained(ctx: Context, podman_program: Path) -> Context:
    """A studio that has the engine."""
    settings = ctx.settings.model_copy(update={"container_engine": str(podman_program), "cancel_grace_seconds": 3.0})
    return dataclasses.replace(ctx, settings=settings)
