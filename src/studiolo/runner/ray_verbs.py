"""What the agent answers where attempts run on a Ray: the directory of an attempt is the record, Ray says what is not in it.

Each attempt is an actor of Ray with a name made of the attempt's, so that Ray itself starts no second one, whoever asks; a second
would find the attempt claimed, and end. What runs is followed by what it writes, also while Ray is away.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from studiolo.runner import agent, attempt, batch, observe, ray_cluster, ray_worker, unseen

ASKING = "asking.json"  # that it is about to be submitted, or was
_DEATHS = {
    "oom": ("oom", "Ray ended it: its node ran out of memory."),
    "killed": ("canceled", "It was ended in Ray."),
}
_LOST = "lost", "Ray ended its process"


def _asks(verb: "Callable[..., dict[str, Any]]") -> "Callable[..., dict[str, Any]]":
    """Let a verb answer that Ray does not."""

    @wraps(verb)
    def answer(root: Path, **values: Any) -> dict[str, Any]:
        try:
            return verb(root, **values)
        except ray_cluster.Away as error:
            return {"away": f"Ray does not answer. {error}"}

    return answer


@_asks
def hello(root: Path, address: str = "", token: str = "", try_it: bool = False, **_: Any) -> dict[str, Any]:
    """Say what the machine is, and what Ray has. cores, memory_bytes: of the largest node: a job runs on one.

    try_it: reach Ray. Else its jobs can be followed without it.
    """
    found = agent.hello(root)
    if not try_it:
        return found
    said = ray_cluster.at(address, token).ask("about")
    rows = [row for row in said["nodes"] if row["alive"]]
    return {
        **found,
        "system": f"Ray {said['version']} at {said['address']}, on {found['system']}",
        "cores": int(max((row["has"].get("CPU", 0) for row in rows), default=0)),
        "memory_bytes": int(max((row["has"].get("memory", 0) for row in rows), default=0)),
        "nodes": said["nodes"],
    }


@_asks
def look(root: Path, name: str, log: int, journal: int, address: str = "", token: str = "", **_: Any) -> dict[str, Any]:
    """Say what has become of an attempt, and what it waits for."""
    folder = agent.place_of(root, name)
    dispatcher = ray_cluster.at(address, token)
    found, queued = _seen(dispatcher, folder, _name(root, name))
    swept = unseen.swept(folder) if isinstance(found, observe.Lost) else []
    usage = attempt.read_json(str(folder), attempt.USAGE)
    answer = agent.tell(folder, found, log, journal, swept, usage)
    if queued:
        answer["queue"] = queued
    return answer


def seen(root: Path, name: str, address: str, token: str) -> observe.Observation:
    """Say what has become of an attempt, to who sees its folder; raises Away."""
    return _seen(ray_cluster.at(address, token), agent.place_of(root, name), _name(root, name))[0]


def is_by_ray(folder: Path, ended: observe.Ended) -> bool:
    """Say whether Ray ended a job, and its cause is not known yet."""
    return ended.failure == "preempted" and attempt.exists(str(folder), ray_worker.ENDED_BY_RAY)


def _seen(  # noqa: PLR0911 - one line a case
    dispatcher: ray_cluster.Dispatcher, folder: Path, id_: str
) -> "tuple[observe.Observation, dict[str, Any]]":
    ended = observe.ended(folder)
    if ended is not None:
        if is_by_ray(folder, ended):
            return _by_ray(dispatcher, folder, id_, ended), {}
        return ended, {}
    claimed = attempt.exists(str(folder), attempt.CLAIM)
    if not attempt.exists(str(folder), ASKING):
        return (observe.Lost("It was taken before it could start.") if claimed else observe.Absent()), {}
    try:
        told = dispatcher.ask("state", name=id_, needs=_needs(folder))
    except ray_cluster.Away:
        if claimed and unseen.beats(folder):
            return unseen.alive(folder), {"state": "alive"}
        raise
    if told["state"] in ("pending", "alive") or not unseen.settled(folder):
        return unseen.alive(folder), told
    if claimed and not attempt.exists(str(folder), batch.SWEPT) and unseen.beats(folder):
        return unseen.alive(folder), {"state": "alive"}  # Ray has lost its node, and it lives
    ended = observe.ended(folder)
    return ended or (observe.Lost(_loss(told)) if claimed else _unstarted(dispatcher, folder, id_, told)), {}


def _unstarted(dispatcher: ray_cluster.Dispatcher, folder: Path, id_: str, told: dict[str, Any]) -> observe.Observation:
    """Return what has become of an attempt that nobody claimed, and whose actor is no more."""
    if told.get("kind") == "refused":
        unseen.conclude(folder, "environment", f"Ray could not start it: {told['said']}")
    elif attempt.exists(str(folder), attempt.CANCEL):
        unseen.canceled(folder)
    else:
        for name in (ASKING, unseen.GONE):  # Ray lost it before it started: it is to be submitted again
            (folder / name).unlink(missing_ok=True)
        dispatcher.ask("forget", name=id_)
        return observe.Absent()
    return observe.ended(folder) or observe.Lost("Its exit record cannot be read.")


def _by_ray(dispatcher: ray_cluster.Dispatcher, folder: Path, id_: str, ended: observe.Ended) -> observe.Observation:
    """Give the end of a job that Ray ended its cause, by Ray's own word."""
    try:
        told = dispatcher.ask("state", name=id_, needs={})
    except ray_cluster.Away:
        told = {}
    failure, said = _DEATHS.get(told.get("kind", ""), _LOST)
    detail = f" {told['said']}" if told.get("said") and failure != "canceled" else ""
    unseen.conclude(folder, failure, f"{said.rstrip('.')}.{detail}", ended)
    return observe.ended(folder) or ended


def _loss(told: dict[str, Any]) -> str:
    if told.get("kind") == "node":
        return f"Its node of Ray is gone. {told['said']}"
    more = f" {told['said']}" if told.get("kind") == "crashed" else ""
    return f"Its runner was killed and left no exit record.{more}"


@_asks
def launch(
    root: Path,
    name: str,
    handed: dict[str, Any],
    address: str = "",
    token: str = "",
    resources: "dict[str, float] | None" = None,
    **_: Any,
) -> dict[str, Any]:
    """Have Ray start an attempt that was unpacked, once."""
    folder, id_ = agent.place_of(root, name), _name(root, name)
    dispatcher = ray_cluster.at(address, token)
    with unseen.alone(folder):
        if attempt.exists(str(folder), attempt.CLAIM):
            return {"owned": False}
        if attempt.exists(str(folder), attempt.CANCEL):
            return {"owned": unseen.canceled(folder)}
        needs = _needs(folder) | (resources or {})
        if dispatcher.ask("state", name=id_, needs=needs)["state"] in ("pending", "alive"):
            attempt.write_json(str(folder), ASKING, {"at": time.time(), "needs": needs})
            return {"owned": False}
        dispatcher.ask("forget", name=id_)
        env = {"RAY_ADDRESS": str(dispatcher.ask("about")["address"]), **ray_cluster.surroundings(token)}
        if handed["env"]:
            key = secrets.token_bytes(32)
            env[batch.KEY] = key.hex()  # Ray keeps what an actor is made of: of no use without the file
            unseen.write_private(folder / batch.HANDED, batch.sealed(handed, key))
        attempt.write_json(str(folder), ASKING, {"at": time.time(), "needs": needs})
        words = [str(Path(agent.__file__)), "worker", str(root), name]
        node = str((attempt.read_json(str(folder), attempt.JOB) or {}).get("ray_node") or "")
        said = dispatcher.ask("start", name=id_, words=words, folder=str(folder), env=env, needs=needs, node=node)
        if "refused" in said:
            (folder / ASKING).unlink()
            return {"refused": f"Ray refused it. {said['refused']}"}
    return {"owned": "taken" not in said}


@_asks
def want(
    _root: Path, bundles: "list[dict[str, float]]", address: str = "", token: str = "", **_: Any
) -> dict[str, Any]:
    """Ask Ray for nodes that hold these, and say which it has."""
    return ray_cluster.at(address, token).ask("want", bundles=bundles)


def stop(root: Path, name: str, **about: Any) -> dict[str, Any]:
    """Ask for the end of an attempt: one that waits leaves the queue, one that runs is ended by its runner, with its grace."""
    folder = agent.place_of(root, name)
    if folder.is_dir():
        attempt.touch(str(folder), attempt.CANCEL)  # its runner looks for it
        if attempt.exists(str(folder), ASKING) and unseen.canceled(folder):
            _end(root, name=name, **about)
    return {}


def preempt(root: Path, name: str, **_: Any) -> dict[str, Any]:
    """Ask for the end of an attempt, so that others have room."""
    folder = agent.place_of(root, name)
    if attempt.exists(str(folder), attempt.CLAIM):
        attempt.touch(str(folder), attempt.MAKES_ROOM)
    return {}


def bar(root: Path, name: str, reason: str, **about: Any) -> dict[str, Any]:
    """Take an attempt that nobody owns; its actor, should there be one, finds it taken."""
    folder = agent.place_of(root, name)
    barred = observe.claim(folder, reason)
    if barred and attempt.exists(str(folder), ASKING):
        _end(root, name=name, **about)
    return {"barred": barred}


def sweep(root: Path, name: str, mark: str, **about: Any) -> dict[str, Any]:
    """End what is left of an attempt whose directory is gone: what can be seen of it here, and its actor."""
    found = observe.sweep(agent.place_of(root, name), mark)
    _end(root, name=name, **about)
    return {"swept": [[one.pid, one.command] for one in found]}


def tidy(root: Path, name: str, **_: Any) -> dict[str, Any]:
    """Remove what was brought back."""
    unseen.forget(agent.place_of(root, name))
    return agent.tidy(root, name)


VERBS: dict[str, agent.Verb] = {"hello": hello, "look": look, "launch": launch, "stop": stop, "preempt": preempt}
VERBS |= {"bar": bar, "sweep": sweep, "tidy": tidy, "want": want}


@_asks
def _end(root: Path, name: str, address: str = "", token: str = "", **_: Any) -> dict[str, Any]:
    """End the actor of an attempt; where Ray is away, it finds the attempt taken when it starts."""
    return ray_cluster.at(address, token).ask("kill", name=_name(root, name))


def _name(root: Path, name: str) -> str:
    """Return what the actor of an attempt is called; several studios may use one Ray."""
    return f"{hashlib.sha256(str(root).encode()).hexdigest()[:12]} {name}"


def _needs(folder: Path) -> dict[str, float]:
    """Return what Ray is to keep for an attempt."""
    noted = (attempt.read_json(str(folder), ASKING) or {}).get("needs")
    if noted:
        return dict(noted)
    order = attempt.read_json(str(folder), attempt.JOB) or {}
    found: dict[str, float] = {"CPU": int(order.get("cores") or 1)}
    if gpus := int(order.get("gpus") or 0):
        found["GPU"] = gpus
    if memory := int(order.get("memory_limit") or 0):
        found["memory"] = memory
    return found
