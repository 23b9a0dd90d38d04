"""A real Slurm on this machine, of one node or several, each with a slurmd of its own: munge, slurmctld and slurmd in a folder of their own, on free ports of the loopback."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from studiolo.studio.compute.backends import slurm
from studiolo.studio.compute.backends.base import Backend, Machine
from studiolo.studio.compute.remote.attached import linked
from studiolo.studio.compute.remote.link import Link
from studiolo.testing.stores.servers import ServerMissing, free_port

_PROGRAMS = {"slurmctld": "slurm-wlm", "slurmd": "slurm-wlm", "sbatch": "slurm-wlm", "munged": "munge"}
_PLACES = f"{os.defpath}:/usr/sbin:/usr/local/sbin"
_UP_SECONDS = 30.0


class Slurm:
    """Daemons that can be killed and come back. cores: that a node says it has; it takes more jobs than this machine has cores.

    count: of nodes, all of them on this machine; the first has the daemon `slurmd`, the others `slurmd2`, `slurmd3` …
    """

    def __init__(self, folder: Path, cores: int = 16, more: Iterable[str] = (), count: int = 1) -> None:
        """Write the configuration. more: lines of it. Raises ServerMissing, which names the package."""
        self._programs = {name: shutil.which(name, path=_PLACES) or "" for name in _PROGRAMS}
        missing = sorted({_PROGRAMS[name] for name, found in self._programs.items() if not found})
        if missing or os.geteuid() != 0:
            said = f"apt install {' '.join(missing)}" if missing else "its daemons need root"
            raise ServerMissing(f"Slurm: {said}")
        self.folder, self.conf = folder, folder / "slurm.conf"
        self.environment = {"SLURM_CONF": str(self.conf)}
        self.count = count
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder.chmod(0o755)
        spools = [f"spool-n{number}" for number in range(1, count + 1)]
        for name in ("state", "munge", *spools):
            (folder / name).mkdir()
        (folder / "munge").chmod(0o711)
        key = folder / "munge" / "key"
        key.write_bytes(secrets.token_bytes(64))
        key.chmod(0o400)
        self.conf.write_text("\n".join([*self._lines(cores), *more]) + "\n", "utf-8")

    def _lines(self, cores: int) -> list[str]:
        host = socket.gethostname().split(".")[0]
        memory = psutil.virtual_memory().total >> 20
        return [
            "ClusterName=studiolo",
            f"SlurmctldHost={host}(127.0.0.1)",
            f"SlurmctldPort={free_port()}",
            "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny",
            f"AuthInfo=socket={self.folder}/munge/socket",
            "SlurmUser=root",
            "SlurmdUser=root",
            f"StateSaveLocation={self.folder}/state",
            f"SlurmdSpoolDir={self.folder}/spool-%n",
            f"SlurmctldPidFile={self.folder}/slurmctld.pid",
            f"SlurmdPidFile={self.folder}/slurmd-%n.pid",
            "ProctrackType=proctrack/linuxproc",
            "TaskPlugin=task/none",
            "SelectType=select/cons_tres",
            "SelectTypeParameters=CR_Core_Memory",
            "DefMemPerCPU=64",
            "SlurmdParameters=config_overrides",  # the node has more cores than the machine
            "SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1",
            "ReturnToService=2",
            "MpiDefault=none",
            "KillWait=10",
            "InactiveLimit=0",
            "MinJobAge=300",
            "SlurmctldTimeout=5",
            "MessageTimeout=2",
            "SlurmdTimeout=300",
            "PriorityType=priority/basic",
            *(
                f"NodeName=n{number} NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port()} CPUs={cores} RealMemory={memory} State=UNKNOWN"
                for number in range(1, self.count + 1)
            ),
            f"PartitionName=main Nodes=n[1-{self.count}] Default=YES MaxTime=INFINITE State=UP",
            f"PartitionName=short Nodes=n[1-{self.count}] MaxTime=1 State=UP",
        ]

    def start(self) -> None:
        """Start what does not run, and wait until the node is up."""
        self.run("munged")
        self.run("slurmctld")
        for name in self.nodes():
            self.run(name)
        self._until(self._up)

    def nodes(self) -> list[str]:
        """Return the daemons of the nodes."""
        return ["slurmd", *(f"slurmd{number}" for number in range(2, self.count + 1))]

    def _up(self) -> bool:
        said = self.ask("sinfo", "-h", "-N", "-p", "main", "-o", "%T").split()
        return len(said) == self.count and {*said} <= {"idle", "mixed", "allocated"}

    def run(self, name: str) -> None:
        """Start one daemon."""
        if name in self._running:
            return
        folder = self.folder
        words = {
            "munged": [
                "--foreground",
                "--force",
                f"--key-file={folder}/munge/key",
                f"--socket={folder}/munge/socket",
                f"--pid-file={folder}/munge/pid",
                f"--log-file={folder}/munge/log",
                f"--seed-file={folder}/munge/seed",
            ],
            "slurmctld": ["-D", "-f", str(self.conf)],
            "slurmd": ["-D", "-N", f"n{name[6:] or 1}", "-f", str(self.conf)],
        }[name.rstrip("0123456789")]
        with (folder / f"{name}.log").open("ab") as sink:
            self._running[name] = subprocess.Popen(
                [self._programs[name.rstrip("0123456789")], *words],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        if name == "munged":
            self._until((folder / "munge" / "socket").exists)
        if name == "slurmctld":
            self._until(lambda: "UP" in self.ask("scontrol", "ping"))

    def kill(self, name: str) -> None:
        """Kill a daemon, as the kernel does when memory runs out; jobs and what watches over them go on."""
        process = self._running.pop(name, None)
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait(10)

    def end(self, name: str) -> None:
        """End a daemon as an administrator does, who lets it write down what it knows: slurmctld else does so every 5 s alone."""
        process = self._running.pop(name, None)
        if process is not None:
            process.terminate()
            process.wait(20)

    def stop(self) -> None:
        """End the jobs and all daemons."""
        if "slurmctld" in self._running:
            self.ask("scancel", "--signal=KILL", "--full", "--user=root")
        for name in ("slurmctld", *self.nodes(), "munged"):
            self.kill(name)
        for process in psutil.process_iter(["name", "cmdline", "pid"]):
            if str(process.info["name"]).startswith("slurmstepd") and self._ours(process):
                process.kill()

    def _ours(self, process: Any) -> bool:
        try:
            return bool(process.environ().get("SLURM_CONF") == str(self.conf))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def ask(self, *words: str) -> str:
        """Run one of its commands; what it says, empty when it fails."""
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, **self.environment},
        )
        return done.stdout if done.returncode == 0 else ""

    def _until(self, condition: Any) -> None:
        deadline = time.monotonic() + _UP_SECONDS
        while not condition():
            if time.monotonic() > deadline or any(one.poll() is not None for one in self._running.values()):
                logs = [path.read_text("utf-8", "replace")[-1500:] for path in sorted(self.folder.glob("*.log"))]
                raise RuntimeError("Slurm did not come up:\n" + "\n".join(logs))
            time.sleep(0.05)


def by_slurm(root: Path, **changes: Any) -> Machine:
    """Return a Slurm of this machine, as one that is attached."""
    settings = slurm.checked(changes.pop("settings", {}))
    config = {"host": "", "python": "", "folder": str(root), "settings": settings, "cores": 16, "memory_bytes": 2**30}
    config |= {"machine_cores": 16, "machine_memory_bytes": 2**30} | changes
    return Machine("1" * 32, "hpc", config, {}, stamp=str(time.monotonic()))


class SlurmPlace:
    """A Slurm for the conformance suite: its controller is what is lost."""

    def __init__(self, daemons: Slurm, machine: Machine) -> None:
        self.root, self._daemons, self._machine = Path(machine.config["folder"]), daemons, machine
        self._made: list[Link] = []

    def controller(self) -> Backend:
        """Return a backend with an agent of its own."""
        link = linked(self._machine, lambda: slurm._session(self._machine))  # noqa: SLF001 - as `attach` does, without its registry
        self._made.append(link)
        return slurm.SlurmCluster(self._machine, link)

    def lose(self) -> None:
        """End slurmctld; what a kill does is a test of its own."""
        self._daemons.end("slurmctld")

    def restore(self) -> None:
        """Start it again; it goes on with what it had written down."""
        self._daemons.start()

    def close(self) -> None:
        """End the agents."""
        for link in self._made:
            link.close()
