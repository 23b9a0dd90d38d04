"""The Job of Kubernetes that an attempt becomes: `batch/v1`, made from its order and what was said of the cluster. Pure."""

import hashlib
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEY = "STUDIOLO_HANDED"  # of batch.py
RUNNER_MEMORY = 96 << 20  # bytes that the runner itself may take beside the job
_KEPT_SECONDS = 7 * 86_400  # that Kubernetes keeps a job which nobody has looked after
_LATER = 30  # seconds after the runner's own limits


class NoImage(Exception):
    """Neither the job nor the cluster names an image."""


def home(root: Path) -> str:
    """Return what marks the jobs of a studio; two may use one namespace."""
    return hashlib.sha256(str(root).encode()).hexdigest()[:12]


def name_of(root: Path, attempt: str) -> str:
    """Return the name of an attempt's job: the same attempt cannot be made twice.

    >>> name_of(Path("/a"), "0199aa/1")
    'studiolo-6a50dc858413-0199aa-1'
    """
    return f"studiolo-{home(root)}-{re.sub(r'[^a-z0-9-]', '-', attempt.lower())}"[:63].rstrip("-")


def secret(root: Path, attempt: str, value: str) -> dict[str, Any]:
    """Return the Secret that opens what an attempt is handed. value: base64."""
    labels = _labels(root, attempt)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name_of(root, attempt), "labels": labels},
        "type": "Opaque",
        "data": {KEY: value},
    }


def owned(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the change that gives a Secret to its job: Kubernetes removes it with the job."""
    meta = job["metadata"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}
    return {"metadata": {"ownerReferences": [owner]}}


def job(
    root: Path, attempt: str, place: str, order: Mapping[str, Any], cluster: Mapping[str, Any], *, secret: bool
) -> dict[str, Any]:
    """Return the Job of an attempt; raises NoImage. place: of the runner's files, which the pod sees too."""
    image = str(order.get("image") or cluster.get("image") or "")
    if not image:
        raise NoImage("The job names no image, and its Kubernetes has none for jobs without (setting `image`).")
    grace = float(order.get("grace_s") or 0)
    labels = _labels(root, attempt)
    container: dict[str, Any] = {
        "name": "job",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [cluster["python"], "-I", "-S", f"{place}/agent.py", "pod", str(root), attempt],
        "resources": _resources(order, cluster),
        "volumeMounts": [{"name": "home", "mountPath": cluster["mount"]}, {"name": "shm", "mountPath": "/dev/shm"}],  # noqa: S108
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    if secret:
        reference = {"name": name_of(root, attempt), "key": KEY}
        container["env"] = [{"name": KEY, "valueFrom": {"secretKeyRef": reference}}]
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": math.ceil(grace) + _LATER,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsUser": os.getuid(), "runAsGroup": os.getgid()},  # whose files the folder holds
        "containers": [container],
        "volumes": [{"name": "home", **cluster["volume"]}, {"name": "shm", "emptyDir": {"medium": "Memory"}}],
    }
    if limit := float(order.get("timeout_s") or 0):
        # of the pod, not of the job: there the time in the queue would count
        pod["activeDeadlineSeconds"] = math.ceil(limit + grace) + _LATER
    for name, key in (
        ("nodeSelector", "node_selector"),
        ("tolerations", "tolerations"),
        ("serviceAccountName", "service_account"),
        ("imagePullSecrets", "pull_secrets"),
        ("priorityClassName", "priority_class"),
    ):
        if cluster.get(key):
            pod[name] = cluster[key]
    if cluster.get("service_account"):
        pod.pop("automountServiceAccountToken")
    title = str(order.get("title") or "")[:200]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name_of(root, attempt),
            "labels": labels,
            "annotations": {"studiolo/mark": str(order.get("mark") or attempt), "studiolo/title": title},
        },
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "ttlSecondsAfterFinished": _KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _labels(root: Path, attempt: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/managed-by": "studiolo",
        "studiolo/home": home(root),
        "studiolo/job": name_of(root, attempt),
    }


def _resources(order: Mapping[str, Any], cluster: Mapping[str, Any]) -> dict[str, Any]:
    found = {"cpu": str(int(order.get("cores") or 1))}
    if memory := int(order.get("memory_limit") or 0):
        found["memory"] = str(memory + RUNNER_MEMORY)  # the runner's own limit comes first, and says what was held
    if gpus := int(order.get("gpus") or 0):
        found[str(cluster.get("gpu_resource") or "nvidia.com/gpu")] = str(gpus)
    return {
        "requests": dict(found),
        "limits": {key: value for key, value in found.items() if key != "cpu"} or dict(found),
    }
