"""OpenSSH's server, for datastores and for machines."""

import getpass
import os
import shutil
import subprocess
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from studiolo.testing.stores.servers import ServerMissing, free_port, until_it_listens


class Sshd:
    """OpenSSH's server for the user that runs the tests, which can be killed with all its connections and come back."""

    def __init__(self, folder: Path) -> None:
        """Raises ServerMissing."""
        program = shutil.which("sshd") or ("/usr/sbin/sshd" if Path("/usr/sbin/sshd").exists() else None)
        keygen = shutil.which("ssh-keygen")
        if program is None or keygen is None:
            raise ServerMissing("SSH: apt install openssh-server")
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
            "Subsystem sftp internal-sftp",
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
