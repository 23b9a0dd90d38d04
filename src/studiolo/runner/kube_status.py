"""How a Job of Kubernetes and its pod stand, read from what the API says of them. Pure."""

from typing import Any


def judged(job: "dict[str, Any]", pod: "dict[str, Any] | None") -> "tuple[str, str]":
    """Return in a word how a job stands, and what Kubernetes says to it.

    waits, runs, done; deadline, oom, evicted, failed: it is over without having ended by itself.
    """
    status = (pod or {}).get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or [] if one.get("status") == "True"}
    ends = [
        one["state"]["terminated"]
        for one in status.get("containerStatuses") or []
        if (one.get("state") or {}).get("terminated")
    ]
    over = {one["type"] for one in (job.get("status") or {}).get("conditions") or [] if one.get("status") == "True"}
    reason, message = str(status.get("reason") or ""), str(status.get("message") or "")
    if any(one.get("reason") == "OOMKilled" for one in ends):
        return "oom", ""
    if reason == "DeadlineExceeded":
        return "deadline", message
    if "DisruptionTarget" in conditions or reason in (
        "Evicted",
        "Preempting",
        "NodeLost",
        "Shutdown",
        "Terminated",
        "NodeAffinity",
    ):
        said = conditions.get("DisruptionTarget") or {}
        return "evicted", str(said.get("message") or message or said.get("reason") or reason)
    if "Complete" in over or status.get("phase") == "Succeeded":
        return "done", ""
    if over & {"Failed", "FailureTarget"} or status.get("phase") == "Failed":
        said = ends[0] if ends else {}
        return "failed", str(said.get("message") or message or said.get("reason") or "")
    started = any("running" in (one.get("state") or {}) for one in status.get("containerStatuses") or [])
    return ("runs", "") if started else ("waits", waits(pod)[1])


def waits(pod: "dict[str, Any] | None") -> "tuple[str, str]":
    """Return reason and message of what a pod waits for."""
    status = (pod or {}).get("status") or {}
    for one in status.get("containerStatuses") or []:
        if waiting := (one.get("state") or {}).get("waiting"):
            return str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    for one in status.get("conditions") or []:
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            return str(one.get("reason") or ""), str(one.get("message") or "")
    return ("Pending", "") if pod else ("NoPod", "")


def node(one: dict[str, Any]) -> dict[str, Any]:
    """Return a node as MachineNode has it."""
    status, meta = one.get("status") or {}, one["metadata"]
    has = status.get("allocatable") or {}
    ready = next((str(c["status"]) for c in status.get("conditions") or [] if c.get("type") == "Ready"), "")
    gpus = {key: value for key, value in has.items() if key.rpartition("/")[2] in ("gpu", "gpus") and value != "0"}
    state = "ready" if ready == "True" else "not ready"
    return {
        "name": meta["name"],
        "partition": str((meta.get("labels") or {}).get("node.kubernetes.io/instance-type") or ""),
        "state": f"{state}, closed" if (one.get("spec") or {}).get("unschedulable") else state,
        "cores": int(amount(str(has.get("cpu") or "0"))),
        "cores_free": None,  # what the pods of others ask for is not ours to see
        "memory_bytes": int(amount(str(has.get("memory") or "0"))),
        "memory_free_bytes": None,
        "gpus": ", ".join(f"{key}:{value}" for key, value in gpus.items()),
        "load": None,
        "reason": ", ".join(str(taint.get("key")) for taint in (one.get("spec") or {}).get("taints") or []),
    }


def amount(text: str) -> float:
    """Return a quantity of Kubernetes as a number.

    >>> amount("1500m"), amount("2Gi"), amount("8"), amount("1e3"), amount("500k")
    (1.5, 2147483648.0, 8.0, 1000.0, 500000.0)
    """
    powers = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
    for ending, factor in powers.items():
        if text.endswith(ending):
            return float(text.removesuffix(ending)) * factor
    return float(text)
