"""What runs attempts on nodes of a Ray that the studio started here: the runner of this machine, started by an actor of the Ray.

The attempt is in its own folder, so all that a job has on this machine it has here: its environment, what is fetched, sweeps.
The Ray is asked for two things, by one thread for each cluster: to start an attempt, and what became of one that nobody claimed.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from studiolo.kernel.settings import Settings
from studiolo.runner import attempt, launch, observe, ray_cluster, ray_own, ray_verbs, unseen
from studiolo.studio.compute.backends import local_machine
from studiolo.studio.compute.backends import ray as attached
from studiolo.studio.compute.backends.base import (
    NOTHING,
    Absent,
    Capacity,
    Ended,
    Handed,
    Observation,
    Order,
    Refused,
    Silent,
    Starting,
    capacity_of,
)
from studiolo.studio.compute.backends.ray import RayCluster

_threads: dict[str, ThreadPoolExecutor] = {}  # by cluster: its dispatcher answers one question at a time
_asked: dict[Path, "Future[Observation]"] = {}
log = logging.getLogger(__name__)


class OnNode(local_machine.RunHere):
    """A node as a backend."""

    SPEC = attached.SPEC

    def __init__(self, node: Row[Any]) -> None:
        self._node, self._place = node, dict(node.place or {})

    def capacity(self, settings: Settings) -> Capacity:
        """Return what the node has."""
        size = {"cores": self._node.cores, "memory_bytes": self._node.memory_bytes}
        machine = {f"machine_{name}": amount for name, amount in size.items()}
        return capacity_of({**size, **machine}, RayCluster.LIMITS)

    def start(self, folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
        """Have the Ray start an attempt; False when it has an owner already, as far as is known."""
        if folder in _asked or attempt.exists(str(folder), attempt.CLAIM):
            return False
        launch.prepare(folder, order)
        self._ask(folder, lambda: self._launched(folder, handed))
        return True

    def poll(self, folder: Path) -> Observation:
        """Say what has become of an attempt. Once a runner owns it, that is told by its folder; before, by the Ray."""
        found = observe.look(folder)
        if isinstance(found, Ended) and ray_verbs.is_by_ray(folder, found):
            return self._answer(folder, lambda: self._seen(folder)) or Starting(0)
        if not isinstance(found, Absent):
            _asked.pop(folder, None)
            return found
        if self._node.silent_since is not None or self._node.ended_at is not None:
            return _elsewhere(folder, self._node)
        if folder not in _asked and not attempt.exists(str(folder), ray_verbs.ASKING):
            return found
        return self._answer(folder, lambda: self._seen(folder)) or Starting(0)

    def _launched(self, folder: Path, handed: Handed) -> Observation:
        root, name = _named(folder)
        given = {"name": name, "handed": dict(handed), "resources": {ray_own.pin(self._node.id): 1e-4}}
        said = ray_verbs.launch(root, **given, **self._about())
        if "away" in said:
            return Silent(str(said["away"]))
        return Refused(str(said["refused"])) if "refused" in said else Starting(0)

    def _seen(self, folder: Path) -> Observation:
        root, name = _named(folder)
        return ray_verbs.seen(root, name, **self._about())

    def _about(self) -> dict[str, str]:
        return {"address": self._place["address"], "token": self._place["token"]}

    def _answer(self, folder: Path, question: Callable[[], Observation]) -> Observation | None:
        """Return what a question about an attempt came to, asked when there is none; None while it is not answered."""
        work = _asked.get(folder)
        if work is None:
            self._ask(folder, question)
            return None
        if not work.done():
            return None
        del _asked[folder]
        return work.result()

    def _ask(self, folder: Path, question: Callable[[], Observation]) -> None:
        threads = _threads.get(self._node.cluster)
        if threads is None:
            threads = _threads[self._node.cluster] = ThreadPoolExecutor(1, "ray")

        def asked() -> Observation:
            try:
                return question()
            except ray_cluster.Away as error:
                return Silent(f"Ray does not answer. {error}")
            except Exception as error:
                # whatever it is, the controller must hear of it, and ask again
                log.exception("the Ray of node %s could not be asked", self._node.id)
                return Silent(f"Ray does not answer. {error}")

        _asked[folder] = threads.submit(asked)


def part(cluster: str, address: str, token: str) -> None:
    """Forget a Ray whose last node has gone."""
    threads = _threads.pop(cluster, None)
    if threads is not None:
        threads.submit(ray_cluster.leave, address, token)
        threads.shutdown(wait=False)


def _elsewhere(folder: Path, node: Row[Any]) -> Observation:
    """End an attempt that never began, whose node has gone: its run is queued again."""
    why = f"Node {node.number} went before it began: {node.reason or 'it was taken down.'}"
    if observe.claim(folder, why):  # else its runner was quicker
        unseen.conclude(folder, "preempted", why)
    return observe.look(folder)


def _named(folder: Path) -> tuple[Path, str]:
    """Return the root that the verbs of Ray know an attempt below, and its name."""
    return folder.parent.parent.parent, f"{folder.parent.name}/{folder.name}"
