"""What the agent answers where attempts run as jobs of Slurm: the directory of an attempt is the record, Slurm says what is not in it.

An attempt is submitted once: that it is about to be is written first, and after a kill in between its job is found by its comment.
Whatever runs twice nevertheless finds the attempt claimed, and ends.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from studiolo.runner import agent, attempt, batch, observe, slurm, unseen

ASKING = "asking.json"  # that it is about to be submitted, or was
LOG = "slurm.log"  # what Slurm itself says of the job
_TAIL = 4096  # bytes of it that are told
_PATIENCE = 90.0  # that a job may take to be over after its runner was told to end
_DEATHS = (9, 15, 128 + 9, 128 + 15)  # signals that may have come from Slurm
_queue = slurm.Queue()
_AGAIN = 15.0  # seconds after which nodes are asked for again
_asleep: dict[str, tuple[float, list[str]]] = {}
_ENDS = {
    "TIMEOUT": ("timeout", "Slurm ended it at its time limit."),
    "DEADLINE": ("timeout", "Slurm ended it at its deadline."),
    "OUT_OF_MEMORY": ("oom", "Slurm ended it: it held more memory than it was given."),
    "CANCELLED": ("canceled", "It was canceled in Slurm."),
    "PREEMPTED": ("preempted", "Slurm preempted it."),
}
_LOSSES = {
    "NODE_FAIL": "Slurm says that its node failed.",
    "BOOT_FAIL": "Slurm says that its node did not start.",
    "": "Slurm does not know its job any more, and it left no exit record.",
}


def _asks(verb: "Callable[..., dict[str, Any]]") -> "Callable[..., dict[str, Any]]":
    """Let a verb answer that Slurm does not."""

    @wraps(verb)
    def answer(root: Path, **values: Any) -> dict[str, Any]:
        try:
            return verb(root, **values)
        except slurm.Away as error:
            return {"away": f"Slurm does not answer. {error}"}

    return answer


@_asks
def hello(root: Path, partition: str = "", **_: Any) -> dict[str, Any]:
    """Say what the machine is, and what Slurm has. cores, memory_bytes: of the largest node: a job runs on one."""
    found = agent.hello(root)
    rows = slurm.nodes(partition)
    if partition and not rows:
        return {"error": f"Slurm has no partition '{partition}'."}
    sizes = [(int(row["cores"].split("/")[3]), int(row["memory"])) for row in rows]
    return {
        **found,
        "system": f"{slurm.version()} on {found['system']}",
        "cores": max((cores for cores, _ in sizes), default=0),
        "memory_bytes": max((memory for _, memory in sizes), default=0) << 20,
        "nodes": rows,
    }


@_asks
def look(root: Path, name: str, log: int, journal: int, **_: Any) -> dict[str, Any]:
    """Say what has become of an attempt, and where it stands in the queue."""
    folder = agent.place_of(root, name)
    found, job = _seen(root, folder, name)
    swept: list[observe.Swept] = []
    if isinstance(found, observe.Lost):
        swept = unseen.swept(folder)
    usage = attempt.read_json(str(folder), attempt.USAGE)
    answer = agent.tell(folder, found, log, journal, swept, usage)
    if job is not None:
        answer["queue"] = {**job.shown(), "silent": " ".join(_silent(job))}
    answer["place"] = {**(attempt.read_json(str(folder), batch.NODES) or {}), "said": _said(folder)}
    return answer


def _silent(job: "slurm.Queued") -> list[str]:
    """Return the nodes of a job that keep it from ending, as they do not answer Slurm."""
    if job.state != "COMPLETING":
        return []
    asked, found = _asleep.get(job.nodes, (float("-inf"), []))
    if time.monotonic() - asked > _AGAIN:
        found = slurm.silent(job.nodes)
        _asleep[job.nodes] = time.monotonic(), found
    return found


def _said(folder: Path) -> list[str]:
    """Return the last lines that Slurm itself wrote of a job, or what it started the runner by."""
    try:
        with (folder / LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def _seen(root: Path, folder: Path, name: str) -> "tuple[observe.Observation, slurm.Queued | None]":  # noqa: PLR0911 - one line a case
    ended = observe.ended(folder)
    if ended is not None and not _from_slurm(folder, ended):
        return ended, None
    claimed = attempt.exists(str(folder), attempt.CLAIM)
    id_ = _id(root, folder, name)
    if id_ is None:
        if ended is not None:
            return ended, None
        return (observe.Lost("It was taken before it could start.") if claimed else observe.Absent()), None
    job = _queue.jobs().get(id_)
    if job is not None and job.comment not in ("(null)", _comment(root, name)):
        job = None  # a Slurm that lost its last seconds gives their numbers again
    if job is not None and job.state not in slurm.OVER:
        return unseen.alive(folder), job
    if ended is None and not unseen.settled(folder):
        return unseen.alive(folder), job
    if ended is None and (job is None or job.state == "NODE_FAIL") and unseen.beats(folder):
        return unseen.alive(folder), job  # Slurm cannot see it, and it lives
    state = job.state if job is not None else slurm.accounted(id_)
    if not state and not claimed:
        for name_ in (
            batch.SUBMITTED,
            ASKING,
            unseen.GONE,
        ):  # Slurm lost it before it started: it is to be submitted again
            (folder / name_).unlink(missing_ok=True)
        return observe.Absent(), None
    return _concluded(folder, state), job


def _from_slurm(folder: Path, ended: observe.Ended) -> bool:
    """Say whether an end may be Slurm's doing, so that its own word counts: the runner cannot tell who sent it a signal."""
    if time.time() - ended.ended_at > _PATIENCE or attempt.exists(str(folder), attempt.CANCEL):
        return False
    told = ended.failure == "preempted" and not attempt.exists(str(folder), attempt.MAKES_ROOM)
    struck = ended.failure == "user_error" and (ended.signal or ended.code) in _DEATHS
    return told or struck


def _concluded(folder: Path, state: str) -> observe.Observation:
    """Return what a job came to that Slurm says is over: by its record, else by Slurm's word, which becomes the record."""
    ended = observe.ended(folder)
    failure, said = _ENDS.get(state, ("", ""))
    if failure:
        unseen.conclude(folder, failure, said, ended)
    elif ended is not None:
        return ended
    else:
        if state == "FAILED" and not attempt.exists(str(folder), attempt.CLAIM) and (words := _said(folder)):
            return observe.Lost(f"Slurm could not start its runner: {words[-1]}")
        return observe.Lost(_LOSSES.get(state, "Its runner was killed and left no exit record."))
    return observe.ended(folder) or observe.Lost("Its exit record cannot be read.")


@_asks
def launch(
    root: Path, name: str, handed: dict[str, Any], partition: str = "", options: "list[str] | None" = None
) -> dict[str, Any]:
    """Submit an attempt that was unpacked, once."""
    folder = agent.place_of(root, name)
    with unseen.alone(folder):
        if attempt.exists(str(folder), attempt.CLAIM) or _id(root, folder, name) is not None:
            return {"owned": False}
        if attempt.exists(str(folder), attempt.CANCEL):
            unseen.canceled(folder)
            return {"owned": True}
        order = attempt.read_json(str(folder), attempt.JOB) or {}
        secret = {}
        if handed["env"]:
            key = secrets.token_bytes(32)
            secret = {batch.KEY: key.hex()}
            unseen.write_private(folder / batch.HANDED, batch.sealed(handed, key))
        given = [
            *(["--partition", partition] if partition else []),
            *(options or []),
            *_options(root, folder, name, order),
        ]
        attempt.write_json(str(folder), ASKING, {"at": time.time()})
        try:
            id_ = slurm.submit(_script(root, name), given, secret)
        except slurm.Refused as error:
            (folder / ASKING).unlink()
            return {"refused": f"Slurm refused it. {error}"}
        _note(folder, id_)
    return {"owned": True}


@_asks
def stop(root: Path, name: str, **_: Any) -> dict[str, Any]:
    """Ask for the end of an attempt: one that waits leaves the queue, one that runs is ended by its runner, with its grace."""
    folder = agent.place_of(root, name)
    if folder.is_dir():
        attempt.touch(str(folder), attempt.CANCEL)
        if id_ := _id(root, folder, name):
            slurm.cancel(id_, waiting=True)
            slurm.signal_batch(id_, "USR1")
            _queue.forget()
    return {}


@_asks
def preempt(root: Path, name: str, **_: Any) -> dict[str, Any]:
    """Ask for the end of an attempt, so that others have room."""
    folder = agent.place_of(root, name)
    if folder.is_dir() and (id_ := _id(root, folder, name)):
        attempt.touch(str(folder), attempt.MAKES_ROOM)
        slurm.signal_batch(id_, "TERM")
    return {}


@_asks
def bar(root: Path, name: str, reason: str, **_: Any) -> dict[str, Any]:
    """Take an attempt that nobody owns; its job, should there be one, finds it taken."""
    folder = agent.place_of(root, name)
    barred = observe.claim(folder, reason)
    if barred and (id_ := _id(root, folder, name)):
        slurm.cancel(id_)
    return {"barred": barred}


@_asks
def sweep(root: Path, name: str, mark: str, **_: Any) -> dict[str, Any]:
    """End what is left of an attempt whose directory is gone: what can be seen of it here, and its job."""
    folder = agent.place_of(root, name)
    found = observe.sweep(folder, mark)
    job = _queue.by_comment(_comment(root, name))
    if job is not None and job.state not in slurm.OVER:
        slurm.cancel(job.id)
    return {"swept": [[one.pid, one.command] for one in found]}


def tidy(root: Path, name: str, **_: Any) -> dict[str, Any]:
    """Remove what was brought back."""
    unseen.forget(agent.place_of(root, name))
    return agent.tidy(root, name)


VERBS = {"hello": hello, "look": look, "launch": launch, "stop": stop, "preempt": preempt}
VERBS |= {"bar": bar, "sweep": sweep, "tidy": tidy}


def _id(root: Path, folder: Path, name: str) -> "str | None":
    """Return the id of an attempt's job; one that was submitted and not noted down is looked for. Raises slurm.Away."""
    if known := attempt.read_json(str(folder), batch.SUBMITTED):
        return str(known["job"])
    if not attempt.exists(str(folder), ASKING):
        return None
    job = _queue.by_comment(_comment(root, name))
    if job is None:
        return None
    _note(folder, job.id)
    return job.id


def _note(folder: Path, id_: str) -> None:
    attempt.write_json(str(folder), batch.SUBMITTED, {"job": id_})
    _queue.forget()


def _comment(root: Path, name: str) -> str:
    """Return what marks the job of an attempt; two studios may use one account."""
    return f"studiolo {hashlib.sha256(str(root).encode()).hexdigest()[:12]} {name}"


def _script(root: Path, name: str) -> str:
    import shlex
    import sys

    program = [sys.executable, "-I", "-S", str(Path(agent.__file__)), "batch", str(root), name]
    return f"#!/bin/sh\nexec {shlex.join(program)}\n"


def _options(root: Path, folder: Path, name: str, order: dict[str, Any]) -> list[str]:
    """Return the options of sbatch that say what the attempt needs, and those that it relies on."""
    title = re.sub(r"[^\w.-]+", "-", str(order.get("title") or "job"))[:60]
    found = [f"--job-name={title}", f"--comment={_comment(root, name)}", f"--chdir={folder}"]
    found += [f"--output={folder / LOG}", f"--error={folder / LOG}", "--open-mode=append", "--no-requeue"]
    nodes = int(order.get("nodes") or 1)
    found += [f"--nodes={nodes}", f"--ntasks={nodes}", f"--cpus-per-task={int(order.get('cores') or 1)}"]
    if nodes > 1:
        found.append("--ntasks-per-node=1")
    if gpus := int(order.get("gpus") or 0):
        found.append(f"--gres=gpu:{gpus}")
    if memory := int(order.get("memory_limit") or 0):
        found.append(f"--mem={-(-memory >> 20)}M")
    if limit := float(order.get("timeout_s") or 0):  # the runner's comes first; a known end lets Slurm fill gaps
        found.append(f"--time={int((limit + float(order.get('grace_s') or 0)) // 60) + 2}")
    if (priority := int(order.get("priority") or 0)) < 0:
        found.append(f"--nice={-priority}")
    return found
