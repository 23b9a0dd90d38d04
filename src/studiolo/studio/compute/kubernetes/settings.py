"""What is to be known of a Kubernetes: where its jobs go, what their pods get, and by which volume they see the folder."""

import re
from collections.abc import Mapping
from typing import Any

from studiolo.studio.compute.backends.base import Field
from studiolo.studio.compute.given import complete, lines, number

FIELDS = (
    Field("namespace", "Namespace", "Where jobs are made; empty: that of the kubeconfig, else `default`.", example="training"),
    Field("image", "Image", "Of jobs whose environment names none; it needs Python 3.10 or newer, as all images of jobs do.", example="python:3.12"),
    Field("volume", "Volume", "By which pods see the folder: pvc:NAME, nfs:SERVER:/PATH or host:/PATH. The studio's machine must have it mounted too.", example="pvc:studiolo", required=True),
    Field("mount", "Mounted at", "Where pods see the volume; the folder must be below it, at the same path as here. Empty: the folder itself.", example="/shared"),
    Field("node_selector", "Node selector", "key=value, one in each line.", type="lines", example="pool=gpu"),
    Field("tolerations", "Tolerations", "key=value:Effect or key:Effect, one in each line.", type="lines", example="nvidia.com/gpu:NoSchedule"),
    Field("service_account", "Service account", "Of the pods; empty: none is handed to them.", example="trainer"),
    Field("pull_secrets", "Secrets for pulling images", "Names, one in each line.", type="lines", example="registry"),
    Field("priority_class", "Priority class", "Of the pods.", example="batch"),
    Field("gpu_resource", "Resource of a GPU", "What `gpus` of a job asks for.", default="nvidia.com/gpu"),
    Field("pull_minutes", "Minutes for an image", "A job whose image is not had by then ends.", type="number", default=10),
    Field("context", "Context", "Of the kubeconfig; empty: its current one."),
    Field("node_cores", "Cores of a node", "Where the account may not list the nodes.", type="number"),
    Field("node_memory_gib", "Memory of a node in GiB", "Where the account may not list the nodes.", type="number"),
    Field("max_jobs", "Jobs in Kubernetes at once", "More wait in the studio.", type="number", default=100),
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,499}")
_LABEL = re.compile(r"([A-Za-z0-9][\w./-]{0,252})=([\w.-]{0,63})")
_TOLERATION = re.compile(
    r"([A-Za-z0-9][\w./-]{0,252})(?:=([\w.-]{0,63}))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?"
)
_RESOURCE = re.compile(r"[a-z0-9.-]{1,253}/[A-Za-z0-9._-]{1,63}")
_NUMBERS = {"pull_minutes": (1, 1440), "node_cores": (1, 4096), "node_memory_gib": (1, 65536), "max_jobs": (1, 100_000)}


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, complete; raises ValueError with the field's name and a sentence."""
    found = complete("Kubernetes", FIELDS, given)
    for name in ("namespace", "service_account", "priority_class"):
        found[name] = str(found[name] or "").strip()
        if found[name] and not _NAME.fullmatch(found[name]):
            raise ValueError(name, f"'{found[name][:80]}' cannot be a name in Kubernetes.")
    for name in ("image", "volume", "mount", "context", "gpu_resource"):
        found[name] = str(found[name] or "").strip()
    if found["image"] and not _IMAGE.fullmatch(found["image"]):
        raise ValueError("image", f"'{found['image'][:80]}' is no name of an image.")
    if not _RESOURCE.fullmatch(found["gpu_resource"]):
        raise ValueError("gpu_resource", f"'{found['gpu_resource'][:80]}' is no resource: write it as nvidia.com/gpu.")
    volume(found["volume"])
    if found["mount"] and not found["mount"].startswith("/"):
        raise ValueError("mount", "Write a path from the root, such as /shared.")
    for name in ("node_selector", "tolerations", "pull_secrets"):
        found[name] = lines(name, found[name])
    _selector(found["node_selector"])
    _tolerations(found["tolerations"])
    if wrong := next((name for name in found["pull_secrets"] if not _NAME.fullmatch(name)), None):
        raise ValueError("pull_secrets", f"'{wrong[:80]}' cannot be the name of a Secret.")
    for name, (least, most) in _NUMBERS.items():
        found[name] = None if found[name] is None else number(name, found[name], least, most)
    return found


def volume(text: str) -> dict[str, Any]:
    """Return a volume as a pod has it; raises ValueError.

    >>> volume("pvc:studiolo")
    {'persistentVolumeClaim': {'claimName': 'studiolo'}}
    >>> volume("nfs:files.example.org:/export/studiolo")
    {'nfs': {'server': 'files.example.org', 'path': '/export/studiolo'}}
    """
    kind, _, rest = text.partition(":")
    if kind == "pvc" and _NAME.fullmatch(rest):
        return {"persistentVolumeClaim": {"claimName": rest}}
    if kind == "nfs" and (parts := re.fullmatch(r"([\w.-]+|\[[0-9a-fA-F:]+\]):(/.*)", rest)):
        return {"nfs": {"server": parts[1], "path": parts[2]}}
    if kind == "host" and rest.startswith("/"):
        return {"hostPath": {"path": rest, "type": "Directory"}}
    raise ValueError(
        "volume", "Write pvc:NAME, nfs:SERVER:/PATH or host:/PATH: pods and the studio share the folder by it."
    )


def _selector(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        parts = _LABEL.fullmatch(line)
        if parts is None:
            raise ValueError("node_selector", f"'{line[:80]}' is no label: write key=value.")
        found[parts[1]] = parts[2]
    return found


def _tolerations(lines: list[str]) -> list[dict[str, str]]:
    found = []
    for line in lines:
        parts = _TOLERATION.fullmatch(line)
        if parts is None:
            raise ValueError(
                "tolerations", f"'{line[:80]}' is no toleration: write key=value:NoSchedule, or key:NoSchedule."
            )
        one = (
            {"key": parts[1], "operator": "Exists"}
            if parts[2] is None
            else {"key": parts[1], "operator": "Equal", "value": parts[2]}
        )
        found.append(one | ({"effect": parts[3]} if parts[3] else {}))
    return found


def asked(settings: Mapping[str, Any], python: str, folder: str, place: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each question to the agent carries. place: of the API, from the kubeconfig."""
    kept = (
        "image",
        "service_account",
        "priority_class",
        "gpu_resource",
        "pull_minutes",
        "node_cores",
        "node_memory_gib",
    )
    return {
        **place,
        **{name: settings[name] for name in kept},
        "namespace": settings["namespace"] or place.get("namespace") or "default",
        "python": python,
        "mount": settings["mount"] or folder,
        "volume": volume(settings["volume"]),
        "node_selector": _selector(settings["node_selector"]),
        "tolerations": _tolerations(settings["tolerations"]),
        "pull_secrets": [{"name": name} for name in settings["pull_secrets"]],
    }
