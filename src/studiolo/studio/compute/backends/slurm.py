"""Slurm: attempts are jobs of it, under the same runner as everywhere; its commands are asked here or over SSH."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.kernel import ssh
from studiolo.kernel.errors import StudioloError
from studiolo.runner import attempt
from studiolo.studio.compute.backends.base import BackendSpec, Kept, Machine
from studiolo.studio.compute.remote import attached
from studiolo.studio.compute.remote.attached import Links, RemoteMachine
from studiolo.studio.compute.remote.by_pipe import PipeSession
from studiolo.studio.compute.remote.by_ssh import SshSession
from studiolo.studio.compute.remote.session import ContactLost, Session
from studiolo.studio.compute.remote.watched import QUEUE
from studiolo.studio.compute.slurm import reasons, settings
from studiolo.studio.compute.slurm.nodes import read

SPEC = BackendSpec(
    name="slurm",
    title="Slurm",
    description=(
        "Jobs are queued in Slurm and run on its nodes. Its commands are asked on this machine, or over SSH on one that has them; "
        "the folder must be one that the nodes see at the same path."
    ),
    attached=True,
    fields=settings.FIELDS,
    queues=True,
    nodes=True,
    here=True,
)
_links = Links()
detach, silent, used = _links.detach, _links.silent, attached.used
checked = settings.checked


class SlurmCluster(RemoteMachine):
    """A Slurm as a backend."""

    SPEC = SPEC
    LIMITS = (
        Kept("cores", True, "Slurm gives a job its cores, and binds it to them where it is set up so (task/affinity, task/cgroup)."),
        Kept("memory", True, "The runner ends a job above its own limit, and Slurm does where it is set up so."),
        Kept("time", True, "The runner ends a job at its time limit, and Slurm at that of its partition."),
        Kept("processes", True, "The runner finds them by descent and by a mark; Slurm ends what it tracks of the job."),
    )  # fmt: skip


def attach(machine: Machine) -> SlurmCluster:
    """Return what runs attempts there; one connection per machine and process, made anew when it is changed."""
    return SlurmCluster(machine, _links.to(machine, lambda: _session(machine)))


def probe(machine: Machine) -> Mapping[str, Any]:
    """Connect, and return what Slurm says of itself; raises StudioloError."""
    session = _reached(machine)
    session.close()
    return session.hello


def nodes(machine: Machine) -> list[Mapping[str, Any]]:
    """Return its nodes as they are now; raises StudioloError."""
    return [read(row) for row in probe(machine)["nodes"]]


def why(folder: Path) -> str | None:
    """Say what an attempt waits for in Slurm's queue; any process may ask."""
    found = attempt.read_json(str(folder), QUEUE)
    return reasons.said(found) if found else None


def open_session(machine: Machine) -> Session:
    """Connect; raises ContactLost and StudioloError."""
    kind = SshSession if machine.config.get("host") else PipeSession
    return kind(machine, ("slurm",), settings.asked(machine.config.get("settings") or {}))


def _reached(machine: Machine) -> Session:
    try:
        return open_session(machine)
    except ContactLost as error:
        raise ssh.HostAway(str(error), "Does `sinfo` answer there, and are slurmctld and munge up?") from None


def _session(machine: Machine) -> Session:
    try:
        return open_session(machine)
    except StudioloError as error:
        raise ContactLost(f"{error.detail} {error.hint}".strip()) from None
