"""Machines by SSH, against OpenSSH's server: the conformance suites, and what is SSH's own."""

from collections.abc import Iterator

import pytest

from studiolo.studio.compute.backends import ssh
from studiolo.testing.computes import RemoteComputeChecks
from studiolo.testing.ssh_machine import SshPlace
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
def place(sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshPlace]:
    found = SshPlace(sshd, tmp_path_factory.mktemp("machine"))
    yield found
    found.close()


class TestSshMachine(RemoteComputeChecks):
    backend = ssh
