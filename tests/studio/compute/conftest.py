"""A Slurm for the tests of it as a backend, and as an attached machine."""

from collections.abc import Iterator

import pytest

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
