"""Nodes of Slurm as nouns: what `sinfo` says of each."""

import contextlib
import re
from collections.abc import Mapping
from typing import Any

_STATE = re.compile(r"[a-z]+")


def read(row: Mapping[str, str]) -> dict[str, Any]:
    """Return a row of `sinfo` as the fields of a MachineNode.

    >>> read({"name": "n1", "partition": "gpu*", "state": "mixed-", "cores": "2/6/0/8", "memory": "1024", "free_memory": "512",
    ... "gres": "gpu:a100:4(S:0)", "load": "0.50", "reason": "none"})["gpus"]
    'gpu:a100:4'
    """
    cores = [int(word) for word in row["cores"].split("/")]
    gpus = [word.split("(")[0] for word in row["gres"].split(",") if word.startswith("gpu")]
    state = _STATE.match(row["state"])
    return {
        "name": row["name"],
        "partition": row["partition"].rstrip("*"),
        "state": state[0] if state else row["state"],
        "cores": cores[3],
        "cores_free": cores[1],
        "memory_bytes": int(row["memory"]) << 20,
        "memory_free_bytes": int(row["free_memory"]) << 20 if row["free_memory"].isdigit() else None,
        "gpus": ", ".join(gpus),
        "load": _number(row["load"]),
        "reason": "" if row["reason"] in ("none", "") else row["reason"],
    }


def _number(text: str) -> float | None:
    with contextlib.suppress(ValueError):
        return float(text)
    return None
