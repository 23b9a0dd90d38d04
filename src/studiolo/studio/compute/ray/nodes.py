"""Nodes of Ray as nouns: what it says of each."""

from collections.abc import Mapping
from typing import Any


def read(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Ray says of a node as the fields of a MachineNode.

    >>> read({"name": "10.0.0.5", "host": "gpu1", "alive": True, "has": {"CPU": 8, "GPU": 2, "accelerator_type:A100": 1},
    ... "free": {"CPU": 3, "GPU": 1}, "reason": ""})["gpus"]
    '1 of 2 free (A100)'
    """
    has, free = row["has"], row["free"]
    cores, idle = int(has.get("CPU", 0)), int(free.get("CPU", 0))
    models = [name.partition(":")[2] for name in has if name.startswith("accelerator_type:")]
    gpus = ""
    if has.get("GPU"):
        gpus = f"{free.get('GPU', 0):g} of {has['GPU']:g} free" + (f" ({', '.join(models)})" if models else "")
    head = "node:__internal_head__" in has
    return {
        "name": row["host"] if row["host"] == row["name"] else f"{row['host']} ({row['name']})",
        "partition": "head" if head else "",
        "state": "dead" if not row["alive"] else "idle" if idle == cores else "mixed" if idle else "allocated",
        "cores": cores,
        "cores_free": idle if row["alive"] else 0,
        "memory_bytes": int(has.get("memory", 0)),
        "memory_free_bytes": int(free["memory"]) if "memory" in free else None,
        "gpus": gpus,
        "load": None,
        "reason": row["reason"],
    }
