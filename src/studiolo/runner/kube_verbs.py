"""What the agent answers where attempts run as Jobs of Kubernetes: the directory of an attempt is the record, which pods see too.

A job is named after its attempt, so that Kubernetes itself refuses a second one; what is handed is sealed in the attempt's folder, and the
key is in a Secret that the job owns, which goes as soon as the runner has it.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from studiolo.runner import agent, attempt, batch, kube, kube_manifest, kube_status, observe
from studiolo.runner.unseen import alone, beats, canceled, settled, write_private

ASKING = "asking.json"  # that its job is about to be made, or was
MADE = "kube.json"  # name and uid of its job
KEYLESS = "keyless"  # that its Secret is gone
_PATIENCE = 90.0  # that a job may take to be over after its runner was told to end
_HOPELESS = (
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
)
_PULLS = ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable")
_seen = kube.Seen()
_waiting: dict[str, float] = {}  # since when a pod waits for its image, by this clock
_ENDS = {
    "deadline": ("timeout", "Kubernetes ended it at its deadline."),
    "oom": ("oom", "Kubernetes ended it: it held more memory than it was given (OOMKilled)."),
    "deleted": ("canceled", "Its Job was deleted in Kubernetes."),
    "evicted": ("preempted", "Kubernetes evicted its pod"),
    "image": ("environment", "Its container could not be made"),
}


def _asks(verb: "Callable[..., dict[str, Any]]") -> "Callable[..., dict[str, Any]]":
    """Let a verb answer that Kubernetes does not."""

    @wraps(verb)
    def answer(root: Path, cluster: dict[str, Any], **values: Any) -> dict[str, Any]:
        try:
            return verb(root, cluster=cluster, **values)
        except kube.Away as error:
            return {"away": f"Kubernetes does not answer. {error}"}
        except kube.Refused as error:
            return {"away": f"Kubernetes refuses what the studio asks: {error}"}

    return answer


@_asks
def hello(root: Path, cluster: dict[str, Any]) -> dict[str, Any]:
    """Say what the cluster is and has. cores, memory_bytes: of the largest node: a job runs on one."""
    api = kube.Api(cluster)
    version = api.ask("GET", "/version").get("gitVersion") or ""
    api.ask("GET", api.jobs, query={"limit": "1"})
    api.ask("GET", api.pods, query={"limit": "1"})
    try:
        rows = [kube_status.node(one) for one in api.list("/api/v1/nodes")]
    except kube.Refused:  # an account of a namespace alone
        rows = []
    cores = max((row["cores"] for row in rows), default=0) or int(cluster.get("node_cores") or 0)
    memory = max((row["memory_bytes"] for row in rows), default=0) or int(cluster.get("node_memory_gib") or 0) << 30
    if not cores or not memory:
        return {"error": "The account may not list the nodes: write cores and memory of a node into the settings."}
    here = agent.hello(root)
    return {
        **here,
        "host": cluster["server"],
        "system": f"Kubernetes {version}, namespace {api.namespace}",
        "python": cluster["python"],
        "env": {},
        "cores": cores,
        "memory_bytes": memory,
        "nodes": rows,
    }


@_asks
def look(root: Path, name: str, log: int, journal: int, cluster: dict[str, Any]) -> dict[str, Any]:
    """Say what has become of an attempt, and what its pod waits for."""
    folder = agent.place_of(root, name)
    found, queue = _look(root, folder, name, cluster)
    swept = []
    if isinstance(found, observe.Lost):
        there = (attempt.read_json(str(folder), batch.SWEPT) or {}).get("swept", [])
        swept = [observe.Swept(int(pid), str(command)) for pid, command in there]
    answer = agent.tell(folder, found, log, journal, swept, attempt.read_json(str(folder), attempt.USAGE))
    if queue is not None:
        answer["queue"] = queue
    return answer


def _look(  # noqa: PLR0911 - one a case
    root: Path, folder: Path, name: str, cluster: dict[str, Any]
) -> "tuple[observe.Observation, dict[str, str] | None]":
    ended = observe.ended(folder)
    claimed = attempt.exists(str(folder), attempt.CLAIM)
    if not attempt.exists(str(folder), ASKING):
        if ended is not None:
            return ended, None
        return (observe.Lost("It was taken before it could start.") if claimed else observe.Absent()), None
    if ended is not None and not _from_outside(folder, ended):
        return ended, None
    api = kube.Api(cluster)
    job, pod = _seen.job(api, kube_manifest.home(root), kube_manifest.name_of(root, name))
    if claimed:
        _forget_key(api, root, folder, name)
    if job is None:
        return _without_job(folder, ended, claimed=claimed), None
    word, detail = kube_status.judged(job, pod)
    if word == "waits":
        if _hopeless(name, pod, float(cluster.get("pull_minutes") or 10) * 60) and not claimed:
            api.delete(api.jobs, kube_manifest.name_of(root, name))
            return _concluded(folder, "image", detail), None
        return _alive(folder), _queued(api, job, pod)
    if word == "runs" or (ended is None and not settled(folder)):
        return _alive(folder), _queued(api, job, pod)
    if not claimed and word == "failed":
        word = "image"
    return _concluded(folder, word, detail), None


def _without_job(folder: Path, ended: "observe.Ended | None", *, claimed: bool) -> "observe.Observation":
    if ended is not None:  # ended by TERM, and its job is gone: somebody deleted it
        return _concluded(folder, "deleted", "")
    if not claimed and not attempt.exists(str(folder), attempt.CANCEL) and not attempt.exists(str(folder), MADE):
        (folder / ASKING).unlink(missing_ok=True)  # killed before Kubernetes heard of it: it is to be made again
        return observe.Absent()
    if claimed and beats(folder):
        return _alive(folder)  # its pod has been told to end, and still does
    if not settled(folder):
        return _alive(folder)
    return _concluded(folder, "deleted", "")


def _hopeless(name: str, pod: "dict[str, Any] | None", patience: float) -> bool:
    """Say whether a pod waits for what will not come: an image, for too long, or a container that cannot be made."""
    reason, _ = kube_status.waits(pod)
    if reason not in (*_PULLS, *_HOPELESS):
        _waiting.pop(name, None)
        return False
    since = _waiting.setdefault(name, time.monotonic())
    return reason == "InvalidImageName" or time.monotonic() - since > patience


def _queued(api: kube.Api, job: "dict[str, Any]", pod: "dict[str, Any] | None") -> "dict[str, str]":
    """Return where a job stands, for people."""
    name = str(job["metadata"]["name"])
    word, _ = kube_status.judged(job, pod)
    reason, message = kube_status.waits(pod) if word == "waits" else ("", "")
    if reason == "NoPod":
        with contextlib.suppress(kube.Refused):  # an account may not read events
            said = api.list(api.events, fieldSelector=f"involvedObject.name={name}")
            failed = [str(one.get("message") or "") for one in said if one.get("reason") == "FailedCreate"]
            reason, message = ("FailedCreate", failed[-1]) if failed else (reason, "")
    node = str(((pod or {}).get("spec") or {}).get("nodeName") or "")
    return {
        "id": name,
        "state": "PENDING" if word == "waits" else "RUNNING",
        "reason": reason,
        "message": message[:1000],
        "node": node,
    }


def _alive(folder: Path) -> "observe.Observation":
    state, claim = attempt.read_json(str(folder), attempt.STATE), attempt.read_json(str(folder), attempt.CLAIM)
    if state is None or claim is None:
        return observe.Starting(int(claim["pid"]) if claim else 0)
    return observe.Running(int(claim["pid"]), int(state["child"]), float(state["started_at"]))


def _from_outside(folder: Path, ended: "observe.Ended") -> bool:
    """Say whether an end may be Kubernetes' doing, so that its own word counts: the runner cannot tell who sent it a signal."""
    if time.time() - ended.ended_at > _PATIENCE or attempt.exists(str(folder), attempt.CANCEL):
        return False
    return ended.failure == "preempted" and not attempt.exists(str(folder), attempt.MAKES_ROOM)


def _concluded(folder: Path, word: str, detail: str) -> "observe.Observation":
    """Return what a job came to that is over: by its record, else by Kubernetes' word, which becomes the record."""
    ended = observe.ended(folder)
    if attempt.exists(str(folder), attempt.CANCEL) and ended is None:
        failure, said = "canceled", "Canceled."
    elif attempt.exists(str(folder), attempt.MAKES_ROOM) and ended is None:
        failure, said = "preempted", "It made room for others."
    else:
        failure, said = _ENDS.get(word, ("", ""))
        said = f"{said}: {detail.rstrip('.')}." if detail and word in ("evicted", "image") else said
        said = said if said.endswith(".") or not said else f"{said}."
    if not failure:
        return ended or observe.Lost(f"Its runner was killed and left no exit record. {detail}".strip())
    if ended is not None:
        if word == "done":
            return ended
        attempt.write_json(str(folder), attempt.EXIT, {**ended.record, "class": failure, "error": said})
    else:
        observe.claim(folder, said)
        begun, now = attempt.read_json(str(folder), attempt.STATE) or {}, time.time()
        end = {"code": None, "signal": None, "class": failure, "error": said, "ended_at": now}
        attempt.write_json(str(folder), attempt.EXIT, {**end, "started_at": begun.get("started_at", now)})
    return observe.ended(folder) or observe.Lost("Its exit record cannot be read.")


@_asks
def launch(  # noqa: PLR0911 - one a case
    root: Path, name: str, handed: dict[str, Any], cluster: dict[str, Any]
) -> dict[str, Any]:
    """Make the job of an attempt that was unpacked, once."""
    folder, api = agent.place_of(root, name), kube.Api(cluster)
    title = kube_manifest.name_of(root, name)
    with alone(folder):
        if attempt.exists(str(folder), attempt.CLAIM):
            return {"owned": False}
        if attempt.exists(str(folder), attempt.CANCEL):
            canceled(folder)
            return {"owned": True}
        if api.get(f"{api.jobs}/{title}") is not None:
            attempt.write_json(str(folder), ASKING, {"at": time.time()})
            return {"owned": False}
        order = attempt.read_json(str(folder), attempt.JOB) or {}
        place = os.path.dirname(os.path.abspath(agent.__file__))
        try:
            manifest = kube_manifest.job(root, name, place, order, cluster, secret=bool(handed["env"]))
        except kube_manifest.NoImage as error:
            return {"refused": str(error)}
        attempt.write_json(str(folder), ASKING, {"at": time.time()})
        try:
            if handed["env"]:
                _hand(api, root, folder, name, handed)
            made = api.ask("POST", api.jobs, manifest)
        except kube.Refused as error:
            if error.status == 409:
                return {"owned": False}
            (folder / ASKING).unlink()
            api.delete(api.secrets, title)
            return {"refused": f"Kubernetes refused it. {error}"}
        attempt.write_json(str(folder), MADE, {"job": title, "uid": made["metadata"]["uid"]})
        if handed["env"]:
            with contextlib.suppress(kube.Refused):  # read already, and gone
                change = kube_manifest.owned(made)
                api.ask("PATCH", f"{api.secrets}/{title}", change, kind="application/merge-patch+json")
    _seen.forget()
    return {"owned": True}


def _hand(api: kube.Api, root: Path, folder: Path, name: str, handed: dict[str, Any]) -> None:
    """Seal what is handed in the attempt's folder, and put the key into a Secret."""
    key = secrets.token_bytes(32)
    write_private(folder / batch.HANDED, batch.sealed(handed, key))
    api.delete(api.secrets, kube_manifest.name_of(root, name))  # of a try that was killed
    api.ask("POST", api.secrets, kube_manifest.secret(root, name, kube.encoded(key.hex())))


def _forget_key(api: kube.Api, root: Path, folder: Path, name: str) -> None:
    """Remove the Secret of an attempt whose runner has read it."""
    if not attempt.exists(str(folder), KEYLESS):
        api.delete(api.secrets, kube_manifest.name_of(root, name))
        attempt.touch(str(folder), KEYLESS)


def _end(root: Path, name: str, cluster: dict[str, Any]) -> None:
    """Delete the job of an attempt, and with it its pod, which is told to end."""
    api = kube.Api(cluster)
    for path in (api.jobs, api.secrets):
        api.delete(path, kube_manifest.name_of(root, name))
    _seen.forget()


@_asks
def stop(root: Path, name: str, cluster: dict[str, Any]) -> dict[str, Any]:
    """Ask for the end of an attempt: its runner ends it with its grace, one that waits goes."""
    folder = agent.place_of(root, name)
    if folder.is_dir():
        attempt.touch(str(folder), attempt.CANCEL)
        if attempt.exists(str(folder), ASKING):
            _end(root, name, cluster)
    return {}


@_asks
def preempt(root: Path, name: str, cluster: dict[str, Any]) -> dict[str, Any]:
    """Ask for the end of an attempt, so that others have room."""
    folder = agent.place_of(root, name)
    if folder.is_dir() and attempt.exists(str(folder), ASKING):
        attempt.touch(str(folder), attempt.MAKES_ROOM)
        _end(root, name, cluster)
    return {}


@_asks
def bar(root: Path, name: str, reason: str, cluster: dict[str, Any]) -> dict[str, Any]:
    """Take an attempt that nobody owns; its job, should there be one, finds it taken."""
    barred = observe.claim(agent.place_of(root, name), reason)
    if barred:
        _end(root, name, cluster)
    return {"barred": barred}


@_asks
def sweep(root: Path, name: str, cluster: dict[str, Any], **_: Any) -> dict[str, Any]:
    """End what is left of an attempt whose directory is gone: its job, with its pod."""
    api = kube.Api(cluster)
    title = kube_manifest.name_of(root, name)
    there = api.get(f"{api.jobs}/{title}") is not None
    _end(root, name, cluster)
    return {"swept": [[0, f"Job {title}"]] if there else []}


@_asks
def tidy(root: Path, name: str, cluster: dict[str, Any]) -> dict[str, Any]:
    """Remove what was brought back, and the job."""
    _end(root, name, cluster)
    _waiting.pop(name, None)
    return agent.tidy(root, name)


VERBS = {"hello": hello, "look": look, "launch": launch, "stop": stop, "preempt": preempt}
VERBS |= {"bar": bar, "sweep": sweep, "tidy": tidy}
