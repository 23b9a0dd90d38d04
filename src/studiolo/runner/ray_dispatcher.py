"""The one process that speaks to a Ray cluster for the studio: `python -I ray_dispatcher.py <address>`, a child of the agent.

It has the cluster's own Python and Ray, so neither the agent nor the studio loads it. Each attempt is a detached actor with a name
of its own: it outlives this process, Ray starts one of a name at most, and whoever comes next finds it by that. It answers lines
of JSON about them; what it knows of one, it has from two calls to it: the first is answered when it is up, the second never.
"""

import importlib
import json
import os
import socket
import sys
import threading
import time
from typing import Any

NAMESPACE = "studiolo"
_HEAD_SECONDS, _HEAD_MISSES = 2.0, 3
_FRESH_SECONDS = 1.0  # that nodes are believed, however many attempts wait for one


class Job:
    """What Ray starts: it leaves its attempt to a process that is no child of Ray's, keeps the room, and goes when that ends.

    Sent to the nodes by value: it may use nothing of this module.
    """

    def __init__(self, words: list[str], folder: str, env: dict[str, str]) -> None:
        import os
        import subprocess
        import sys
        import threading

        import ray

        if not os.path.isdir(folder):
            raise FileNotFoundError(
                f"{folder} is not there on the node {os.uname().nodename}: the folder must be one that all nodes see at the same path"
            )
        over, held = os.pipe()
        kept = {key: value for key, value in os.environ.items() if key.startswith(("CUDA_", "ROCR_", "GPU_", "TMPDIR"))}
        kept["STUDIOLO_RAY_WORKER"] = f"{os.getpid()} {os.getppid()}"
        with open(os.path.join(folder, "ray.log"), "ab") as log:
            subprocess.run(
                [sys.executable, "-I", "-S", *words],
                env={**kept, **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[held],
                start_new_session=True,
                cwd="/",
                check=True,
            )
        os.close(held)
        me = ray.get_runtime_context().current_actor

        def leave() -> None:
            os.read(over, 1)  # nothing is ever written: it ends when the last who holds the other end has ended
            ray.kill(me)

        threading.Thread(target=leave, daemon=True).start()

    def up(self) -> str:
        """Say on which node it is."""
        import os

        return os.uname().nodename

    def over(self) -> None:
        """Never answer: the call fails when this ends, and says why."""
        import threading

        threading.Event().wait()


class Known:
    """An actor as it was seen last. state: pending, alive, dead; kind, said: why it is dead."""

    def __init__(self, handle: Any, needs: dict[str, float]) -> None:
        self.state, self.node, self.kind, self.said = "pending", "", "", ""
        self.handle, self.needs = handle, needs
        # the first call fails as well when it dies before it is up
        handle.up.remote().future().add_done_callback(self._up)
        handle.over.remote().future().add_done_callback(self._over)

    def _up(self, found: Any) -> None:
        if found.exception() is None and self.state == "pending":
            self.state, self.node = "alive", str(found.result())

    def _over(self, found: Any) -> None:
        self.kind, self.said = death(found.exception())
        self.state = "dead"


def death(error: "BaseException | None") -> tuple[str, str]:
    """Return why an actor is dead, as a word and as Ray's own sentence.

    >>> death(RuntimeError("actor_id: 7\\nThe actor is dead because it was killed by `ray.kill`."))
    ('killed', 'The actor is dead because it was killed by `ray.kill`.')
    """
    text = str(error or "")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = next((line for line in reversed(lines) if "is dead because" in line), lines[-1] if lines else "")
    cause = getattr(error, "cause", None)
    if type(error).__name__ == "OutOfMemoryError" or "running low on memory" in text:
        return "oom", said[:500]
    if "killed by `ray.kill`" in text:
        return "killed", said[:500]
    if "in creation task" in text or "died because of an error raised in its creation" in text or cause is not None:
        return "refused", lines[-1][:500] if lines else ""
    if "node" in said and ("died" in said or "dead" in said or "terminated" in said) and "worker process" not in said:
        return "node", said[:500]
    return "crashed", said[:500]


class Cluster:
    """The cluster, once it is reached."""

    def __init__(self, address: str) -> None:
        self.ray = importlib.import_module("ray")
        self.ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, configure_logging=False)
        self.address = str(self.ray.get_runtime_context().gcs_address)
        self._known: dict[str, Known] = {}
        self._wanted: list[dict[str, float]] | None = None
        self._read: tuple[float, list[dict[str, Any]]] = float("-inf"), []

    def about(self) -> dict[str, Any]:
        """Say what the cluster is and has."""
        return {"version": self.ray.__version__, "address": self.address, "nodes": self._nodes()}

    def start(
        self, name: str, words: list[str], folder: str, env: dict[str, str], needs: dict[str, float], node: str = ""
    ) -> dict[str, Any]:
        """Start the actor of an attempt; taken: there is one of that name already. node: id of the one that it is to be on."""
        options: dict[str, Any] = {"num_cpus": needs.get("CPU", 1), "num_gpus": needs.get("GPU", 0)}
        if memory := needs.get("memory"):
            options["memory"] = memory
        options["resources"] = {key: value for key, value in needs.items() if key not in ("CPU", "GPU", "memory")}
        if node:
            strategies = importlib.import_module("ray.util.scheduling_strategies")
            options["scheduling_strategy"] = strategies.NodeAffinitySchedulingStrategy(node, soft=False)
        actor = self.ray.remote(Job).options(
            name=name, lifetime="detached", max_restarts=0, max_task_retries=0, max_concurrency=4, **options
        )
        try:
            handle = actor.remote(words, folder, env)
        except ValueError as error:
            if "already" in str(error) or "taken" in str(error):
                return {"taken": True}
            return {"refused": str(error).splitlines()[0]}
        self._known[name] = Known(handle, needs)
        return {"started": True}

    def state(self, name: str, needs: dict[str, float]) -> dict[str, Any]:
        """Say how an actor stands; one that waits, with what there is for it."""
        known = self._find(name, needs)
        if known is None:
            return {"state": "unknown"}
        answer: dict[str, Any] = {"state": known.state, "node": known.node, "kind": known.kind, "said": known.said}
        if known.state == "pending":
            answer |= {"needs": known.needs, **self._room(known.needs)}
        return answer

    def want(self, bundles: list[dict[str, float]]) -> dict[str, Any]:
        """Ask the autoscaler, if there is one, for as many nodes as these need, and no more any more; returns the nodes that are there."""
        if bundles != self._wanted:
            importlib.import_module("ray.autoscaler.sdk").request_resources(bundles=bundles)
            self._wanted = bundles
        return {"nodes": self._nodes()}

    def kill(self, name: str) -> dict[str, Any]:
        """End an actor, or take it from those that wait."""
        known = self._find(name, {})
        if known is not None and known.state != "dead":
            self.ray.kill(known.handle)
        return {}

    def forget(self, name: str) -> dict[str, Any]:
        """Forget an actor that is over."""
        self._known.pop(name, None)
        return {}

    def _find(self, name: str, needs: dict[str, float]) -> "Known | None":
        if name not in self._known:
            try:
                handle = self.ray.get_actor(name, namespace=NAMESPACE)
            except ValueError:
                return None
            self._known[name] = Known(handle, needs)
        return self._known[name]

    def _nodes(self) -> list[dict[str, Any]]:
        """Return the nodes with what they have and what of it is free."""
        if time.monotonic() - self._read[0] > _FRESH_SECONDS:
            self._read = time.monotonic(), self._asked()
        return self._read[1]

    def _asked(self) -> list[dict[str, Any]]:
        try:  # Ray has no public word for what is free on one node
            per_node = importlib.import_module("ray._private.state").available_resources_per_node()
        except Exception:  # noqa: BLE001 - whatever a later Ray makes of it, the nodes are told without what is free
            per_node = {}
        return [
            {
                "id": str(row.get("NodeID")),
                "name": str(row.get("NodeName") or row.get("NodeManagerHostname")),
                "host": str(row.get("NodeManagerHostname")),
                "alive": bool(row.get("Alive")),
                "has": dict(row.get("Resources") or {}),
                "free": dict(per_node.get(row.get("NodeID"), {})),
                "reason": str(row.get("DeathReasonMessage") or ""),
            }
            for row in self.ray.nodes()
        ]

    def _room(self, needs: dict[str, float]) -> dict[str, Any]:
        """Return, of what an attempt needs, how much the nodes have and have free, the best node first."""
        rows = [row for row in self._nodes() if row["alive"]]
        kinds = [kind for kind, amount in needs.items() if amount]
        return {
            "nodes": len(rows),
            "could": sum(all(row["has"].get(kind, 0) >= needs[kind] for kind in kinds) for row in rows),
            "has": {kind: max((row["has"].get(kind, 0) for row in rows), default=0) for kind in kinds},
            "free": {kind: max((row["free"].get(kind, 0) for row in rows), default=0) for kind in kinds},
        }


def _watch_head(address: str, end: Any) -> None:
    """End this process when the head is gone: whoever asks hears so at once, and not when Ray gives up."""
    host, _, port = address.rpartition(":")
    missed = 0
    while missed < _HEAD_MISSES:
        time.sleep(_HEAD_SECONDS)
        try:
            socket.create_connection((host, int(port)), timeout=_HEAD_SECONDS).close()
            missed = 0
        except OSError as error:
            missed += 1
            said = error.strerror or str(error)
    end({"away": f"The head at {address} does not answer: {said}."})
    os._exit(3)


def main(address: str) -> None:
    """Answer until the input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what Ray prints is no answer
    lock = threading.Lock()

    def say(answer: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(answer).encode() + b"\n")
            out.flush()

    try:
        cluster = Cluster(address)
    except ModuleNotFoundError:
        say(
            {
                "away": f"There is no Ray in the Python {sys.executable}: install it there, or name the Python that has it."
            }
        )
        os._exit(3)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from the cluster, the other side must hear of it
        lines = str(error).strip().splitlines() or [type(error).__name__]
        say({"away": f"{lines[0][:400]}"})
        os._exit(3)
    say({"ready": True})
    threading.Thread(target=_watch_head, args=(cluster.address, say), daemon=True).start()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            answer = getattr(cluster, asked.pop("verb"))(**asked)
        except Exception as error:  # noqa: BLE001 - as above
            answer = {
                "away": f"{type(error).__name__}: {str(error).strip().splitlines()[0][:400] if str(error) else ''}"
            }
        say(answer)
    os._exit(0)  # Ray's own end takes seconds, and nothing here is to be ended


if __name__ == "__main__":
    main(sys.argv[1])
