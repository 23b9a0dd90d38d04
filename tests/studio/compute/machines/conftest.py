"""A machine by SSH for the tests of attached machines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiolo.testing.ssh_machine import by_ssh
from studiolo.testing.sshd import Sshd
from studiolo.testing.stores.servers import ServerMissing


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    try:
        server = Sshd(tmp_path_factory.mktemp("sshd"))
    except ServerMissing as error:
        pytest.skip(str(error))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def definition(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What attaches the machine, as the API takes it."""
    sshd.start()
    machine = by_ssh(sshd, Path(tmp_path_factory.mktemp("machine")))
    config = {key: machine.config[key] for key in ("host", "port", "user", "host_key", "folder", "python")}
    return {"name": "box", **config, "cores": 2, "credentials": dict(machine.credentials)}
