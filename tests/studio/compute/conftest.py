"""A Slurm and a Ray for the tests of them as backends, and as attached machines."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.testing.ray_cluster import Ray
from studiolo.testing.slurm import Slurm
from studiolo.testing.stores.servers import ServerMissing


@pytest.fixture(scope="module")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    try:
        found = Slurm(tmp_path_factory.mktemp("slurm"))
    except ServerMissing as error:
        pytest.skip(str(error))
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    try:
        # a node that does not answer in time is asked again only minutes later, until when Slurm calls its jobs COMPLETING:
        # on a machine with more to do than it can, two seconds are too few
        found = Slurm(tmp_path_factory.mktemp("slurm"), more=["MessageTimeout=20"], count=2)
    except ServerMissing as error:
        pytest.skip(str(error))
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Ray]:
    folder = Path(tempfile.mkdtemp(prefix="ray"))  # pytest's own folders are too deep for its sockets
    found: Ray | None = None
    try:
        found = Ray(folder)
        found.start_head()
        yield found
    except ServerMissing as error:
        pytest.skip(str(error))
    finally:
        if found is not None:
            found.stop()
        shutil.rmtree(folder, ignore_errors=True)
