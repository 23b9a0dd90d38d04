"""Ray: attempts are actors of it, under the same runner as everywhere; a child with the cluster's own Python speaks to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.kernel import ssh
from studiolo.kernel.errors import StudioloError
from studiolo.runner import attempt
from studiolo.studio.compute.backends.base import BackendSpec, Kept, Machine
from studiolo.studio.compute.ray import reasons, settings
from studiolo.studio.compute.ray.nodes import read
from studiolo.studio.compute.remote import attached
from studiolo.studio.compute.remote.attached import Links, RemoteMachine
from studiolo.studio.compute.remote.by_pipe import PipeSession
from studiolo.studio.compute.remote.by_ssh import SshSession
from studiolo.studio.compute.remote.link import Link
from studiolo.studio.compute.remote.session import ContactLost, Session
from studiolo.studio.compute.remote.watched import QUEUE

SPEC = BackendSpec(
    name="ray",
    title="Ray",
    description=(
        "Jobs wait in a Ray for CPUs and GPUs, and run on its nodes. It is reached from this machine, or over SSH from one, which is "
        "one of its nodes and has Ray in its Python; the folder must be one that the nodes see at the same path."
    ),
    attached=True,
    fields=settings.FIELDS,
    queues=True,
    here=True,
)
_links = Links()
detach, silent, used = _links.detach, _links.silent, attached.used
checked = settings.checked


class RayCluster(RemoteMachine):
    """A Ray as a backend."""

    SPEC = SPEC
    LIMITS = (
        Kept("cores", False, "Ray starts a job when a node has its CPUs and GPUs free, and keeps them for it; one that starts more threads is not held back."),
        Kept("memory", True, "The runner ends a job above its own limit; Ray keeps that much of a node for it."),
        Kept("time", True, "The runner ends a job at its time limit, also while Ray or the studio is away."),
        Kept("processes", True, "The runner finds them by descent and by a mark, and ends them with the job."),
    )  # fmt: skip


def attach(machine: Machine) -> RayCluster:
    """Return what runs attempts there; one connection per machine and process, made anew when it is changed."""
    return RayCluster(machine, link(machine))


def link(machine: Machine) -> Link:
    """Return the connection to a machine."""
    return _links.to(machine, lambda: _session(machine))


def probe(machine: Machine) -> Mapping[str, Any]:
    """Connect, and return what Ray says of itself; raises StudioloError."""
    try:
        session = open_session(machine, try_it=True)
    except ContactLost as error:
        hint = "Does `ray status` answer there, in the Python that is named?"
        if not machine.config["settings"].get("token_file"):
            hint += " A Ray that asks for a token is told it by a file: --set token_file=~/.ray/auth_token."
        raise ssh.HostAway(str(error), hint) from None
    session.close()
    return session.hello


def nodes(machine: Machine) -> list[Mapping[str, Any]]:
    """Return its nodes as they are now; raises StudioloError."""
    return [read(row) for row in probe(machine)["nodes"]]


def why(folder: Path) -> str | None:
    """Say what an attempt waits for in Ray; any process may ask."""
    found = attempt.read_json(str(folder), QUEUE)
    return reasons.said(found) if found else None


def open_session(machine: Machine, *, try_it: bool = False) -> Session:
    """Connect; raises ContactLost and StudioloError. try_it: reach Ray too, whose jobs can be followed without it."""
    kind = SshSession if machine.config.get("host") else PipeSession
    about = settings.asked(machine.config.get("settings") or {})
    return kind(machine, ("ray",), {**about, "try_it": True} if try_it else about)


def _session(machine: Machine) -> Session:
    try:
        return open_session(machine)
    except StudioloError as error:
        raise ContactLost(f"{error.detail} {error.hint}".strip()) from None
