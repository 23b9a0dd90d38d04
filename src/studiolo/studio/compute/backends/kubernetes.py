"""Kubernetes: attempts are Jobs of it, whose pods run the same runner as everywhere in the image of the job."""

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.kernel import ssh
from studiolo.kernel.errors import StudioloError
from studiolo.runner import attempt
from studiolo.studio.compute.backends.base import BackendSpec, Kept, Machine
from studiolo.studio.compute.kubernetes import kubeconfig, reasons, settings
from studiolo.studio.compute.machines.errors import MachineInvalid
from studiolo.studio.compute.remote import attached
from studiolo.studio.compute.remote.attached import Links, RemoteMachine
from studiolo.studio.compute.remote.by_pipe import PipeSession
from studiolo.studio.compute.remote.session import ContactLost, Session
from studiolo.studio.compute.remote.watched import QUEUE

SPEC = BackendSpec(
    name="kubernetes",
    title="Kubernetes",
    description=(
        "Jobs are Jobs of a cluster and run in the image of their environment. Its API is asked from this machine with a kubeconfig; "
        "the folder must be on a volume that pods see at the same path."
    ),
    attached=True,
    fields=settings.FIELDS,
    queues=True,
    here=True,
    images=True,
    signs_in=("kubeconfig",),
)
_links = Links()
detach, silent, used = _links.detach, _links.silent, attached.used
checked = settings.checked


class KubernetesCluster(RemoteMachine):
    """A Kubernetes as a backend."""

    SPEC = SPEC
    LIMITS = (
        Kept("cores", False, "Kubernetes places a job by its cores, and gives it more where a node has some left."),
        Kept("memory", True, "The runner ends a job above its own limit, and Kubernetes a pod above a little more."),
        Kept("time", True, "The runner ends a job at its time limit, and Kubernetes its pod a little later."),
        Kept("processes", True, "All processes of a job are in its pod, and end with it."),
    )  # fmt: skip


def attach(machine: Machine) -> KubernetesCluster:
    """Return what runs attempts there; one agent per machine and process, made anew when it is changed."""
    return KubernetesCluster(machine, _links.to(machine, lambda: _session(machine)))


def probe(machine: Machine) -> Mapping[str, Any]:
    """Ask the cluster, and return what it says of itself; raises StudioloError."""
    try:
        session = open_session(machine)
    except ContactLost as error:
        raise ssh.HostAway(str(error), "Does `kubectl get jobs` answer with this kubeconfig?") from None
    session.close()
    return session.hello


def nodes(machine: Machine) -> list[Mapping[str, Any]]:
    """Return its nodes as they are now; raises StudioloError."""
    found: list[Mapping[str, Any]] = probe(machine)["nodes"]
    return found


def why(folder: Path) -> str | None:
    """Say what an attempt waits for in Kubernetes; any process may ask."""
    found = attempt.read_json(str(folder), QUEUE)
    return reasons.said(found) if found else None


def open_session(machine: Machine) -> Session:
    """Start the agent; raises ContactLost and StudioloError."""
    given = machine.config["settings"]
    try:
        place = kubeconfig.read(machine.credentials.get("kubeconfig", ""), given["context"])
    except kubeconfig.BadKubeconfig as error:
        raise MachineInvalid(
            str(error), "Give the kubeconfig of a service account.", field="credentials.kubeconfig"
        ) from None
    about = settings.asked(given, str(machine.config["python"] or "python3"), str(machine.config["folder"]), place)
    here = dataclasses.replace(machine, config={**machine.config, "python": sys.executable})
    return PipeSession(here, ("kubernetes",), {"cluster": about})


def _session(machine: Machine) -> Session:
    try:
        return open_session(machine)
    except StudioloError as error:
        raise ContactLost(f"{error.detail} {error.hint}".strip()) from None
