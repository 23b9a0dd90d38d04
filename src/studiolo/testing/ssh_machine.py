"""OpenSSH's server as a machine that is reached, and lost, and reached again."""

import getpass
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from studiolo.studio.compute.backends import ssh
from studiolo.studio.compute.backends.base import Backend, Machine
from studiolo.studio.compute.remote.link import Link
from studiolo.testing.stores.servers import ServerMissing, free_port, until_it_listens


class Sshd:
    """OpenSSH's server for the user that runs the tests, which can be killed with all its connections and come back."""

    def __init__(self, folder: Path) -> None:
        """Raises ServerMissing."""
        program = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").exists() else None)
        keygen = shutil.which("ssh-keygen")
        if program is None or keygen is None:
            raise ServerMissing("Machines by SSH: apt install openssh-server")
        folder.chmod(0o700)
        for name in ("host", "user"):
            command = [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        shutil.copyfile(folder / "user.pub", folder / "authorized_keys")
        self.port, self.user, self.folder = free_port(), getpass.getuser(), folder
        self.key = (folder / "user").read_text("utf-8")
        self.host_key = " ".join((folder / "host.pub").read_text("utf-8").split()[:2])
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {folder / 'host'}",
            f"AuthorizedKeysFile {folder / 'authorized_keys'}",
            "StrictModes no",
            "UsePAM no",
            "PasswordAuthentication no",
            "PermitRootLogin yes",
            f"PidFile {folder / 'pid'}",
            "MaxStartups 100",
            "MaxSessions 100",
        ]
        (folder / "sshd_config").write_text("\n".join(lines) + "\n", "utf-8")
        self._command = [program, "-D", "-e", "-f", str(folder / "sshd_config")]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Listen, if it does not yet."""
        if self._process is not None:
            return
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where it gives up its rights, which Debian's service makes
        log = self.folder / "server.log"
        with log.open("ab") as sink:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
        until_it_listens(self.port, self._process, log)

    def kill(self) -> None:
        """Kill it and the processes of its connections, as when a machine loses its network; what runs is not touched."""
        if self._process is None:
            return
        server = psutil.Process(self._process.pid)
        own = [one for one in server.children(recursive=True) if one.name().startswith("sshd")]
        for one in [server, *own]:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        self._process.wait(10)
        self._process = None


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
