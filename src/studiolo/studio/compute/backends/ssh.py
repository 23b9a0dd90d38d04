"""A machine by SSH: jobs run there in an account of it, under the same runner as here, and outlive every connection."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.kernel import ssh
from studiolo.kernel.errors import StudioloError
from studiolo.studio.compute.backends.base import BackendSpec, Kept, Machine
from studiolo.studio.compute.remote import attached
from studiolo.studio.compute.remote.attached import Links, RemoteMachine
from studiolo.studio.compute.remote.by_ssh import SshSession
from studiolo.studio.compute.remote.session import ContactLost

SPEC = BackendSpec(
    name="ssh",
    title="Machine by SSH",
    description="Jobs run as processes of an account on another machine, which needs Python 3.10 and nothing else.",
    attached=True,
    extra="sftp",
)
_links = Links()
detach, silent, used = _links.detach, _links.silent, attached.used


class SshMachine(RemoteMachine):
    """A machine as a backend."""

    SPEC = SPEC
    LIMITS = (
        Kept(
            "cores", False, "Jobs of the studio wait for free cores; what else runs on the machine is not known here."
        ),
        Kept("memory", True, "The runner there measures the job's processes and ends a job above its own limit."),
        Kept("time", True, "The runner there ends a job at its time limit, also while nobody is connected."),
        Kept("processes", True, "All processes of a job are found by descent and by a mark, and ended with it."),
    )


def attach(machine: Machine) -> SshMachine:
    """Return what runs attempts on a machine; one connection per machine and process, made anew when it is changed."""
    return SshMachine(machine, _links.to(machine, lambda: _session(machine)))


def probe(machine: Machine) -> Mapping[str, Any]:
    """Connect, and return what the machine says of itself; raises StudioloError."""
    try:
        session = SshSession(machine)
    except ContactLost as error:
        raise ssh.HostAway(str(error), "Look at the machine: is Python there, and may the account write?") from None
    session.close()
    return session.hello


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of its own, of which it has none."""
    if settings:
        name = next(iter(settings))
        raise ValueError(name, f"A machine by SSH has no setting '{name}'.")
    return {}


def why(_: Path) -> str | None:
    """Say nothing: what is sent there starts at once."""
    return None


def nodes(_: Machine) -> list[Mapping[str, Any]]:
    """Return nothing: it is one machine."""
    return []


def _session(machine: Machine) -> SshSession:
    try:
        return SshSession(machine)
    except StudioloError as error:
        raise ContactLost(f"{error.detail} {error.hint}".strip()) from None
