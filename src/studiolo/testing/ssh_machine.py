"""A machine by SSH for the conformance suite: reached, and lost, and reached again."""

import sys
import time
from pathlib import Path
from typing import Any

from studiolo.studio.compute.backends import ssh
from studiolo.studio.compute.backends.base import Backend, Machine
from studiolo.studio.compute.remote.link import Link
from studiolo.testing.sshd import Sshd


def by_ssh(sshd: Sshd, root: Path, **changes: Any) -> Machine:
    """Return the machine behind a server, as one that is attached."""
    config = {"host": "127.0.0.1", "port": sshd.port, "user": sshd.user, "host_key": sshd.host_key, "folder": str(root)}
    config |= {"python": sys.executable, "cores": 2, "memory_bytes": 2**30}
    config |= {"machine_cores": 2, "machine_memory_bytes": 2**30} | changes
    return Machine("0" * 32, "box", config, {"private_key": sshd.key}, stamp=str(time.monotonic()))


class SshPlace:
    """A machine by SSH."""

    def __init__(self, sshd: Sshd, root: Path) -> None:
        self.root, self._sshd = root, sshd
        self._made: list[Any] = []

    def controller(self) -> Backend:
        """Return a backend with a connection of its own."""
        machine = by_ssh(self._sshd, self.root)
        link = Link(machine.name, lambda: ssh._session(machine))  # noqa: SLF001 - as `attach` does, without its registry
        self._made.append(link)
        return ssh.SshMachine(machine, link)

    def lose(self) -> None:
        """Kill the server with its connections."""
        self._sshd.kill()

    def restore(self) -> None:
        """Start it again."""
        self._sshd.start()

    def close(self) -> None:
        """End the connections."""
        for link in self._made:
            link.close()
