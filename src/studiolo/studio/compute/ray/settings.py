"""What is to be known of a Ray: where its head is, what proves who asks, and how many jobs it gets at once."""

import re
from collections.abc import Mapping
from typing import Any

from studiolo.studio.compute.backends.base import Field
from studiolo.studio.compute.given import complete, lines, number

FIELDS = (
    Field("address", "Address", "Of its head, from the machine that is asked; auto: the Ray that runs on that machine.", default="auto", example="10.0.0.5:6379"),
    Field("token_file", "Token file", "On that machine and on all nodes: the file with the cluster's token. Empty: the cluster asks for none.", example="~/.ray/auth_token"),
    Field("resources", "More resources", "That each job asks for beside its cores, GPUs and memory: name=number, one in each line.", type="lines", example="accelerator_type:A100=0.001"),
    Field("max_jobs", "Jobs in Ray at once", "More wait in the studio; each holds a process of Ray of about 80 MB.", type="number", default=100),
)  # fmt: skip
_ADDRESS = re.compile(r"auto|(\[[0-9a-fA-F:]+\]|[\w.-]{1,253}):(\d{1,5})")
_RESOURCE = re.compile(r"([\w.:-]{1,100})=(\d{1,9}(?:\.\d{1,4})?)")
_OURS = frozenset({"CPU", "GPU", "memory", "object_store_memory"})


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, complete; raises ValueError with the field's name and a sentence."""
    found = complete("Ray", FIELDS, given)
    found["address"] = str(found["address"]).strip()
    parts = _ADDRESS.fullmatch(found["address"])
    if found["address"].startswith("ray://"):
        raise ValueError(
            "address", "Write the address of the head itself, such as 10.0.0.5:6379, and the host of one of its nodes."
        )
    if parts is None or not 0 < int(parts[2] or 1) < 65536:
        raise ValueError("address", f"'{found['address'][:80]}' is no address: write host:port, or auto.")
    found["token_file"] = str(found["token_file"] or "").strip()
    if found["token_file"] and not found["token_file"].startswith(("/", "~")):
        raise ValueError("token_file", "Write the whole path of a file on the machine, not the token itself.")
    found["max_jobs"] = number("max_jobs", found["max_jobs"], 1, 10_000)
    found["resources"] = _resources(found["resources"])
    return found


def _resources(given: Any) -> list[str]:
    found = lines("resources", given, "Write one resource in each line, such as accelerator_type:A100=0.001.")
    for line in found:
        parts = _RESOURCE.fullmatch(line)
        if parts is None or float(parts[2]) <= 0:
            raise ValueError("resources", f"'{line[:80]}' is no resource: write name=number, one in each line.")
        if parts[1] in _OURS:
            raise ValueError("resources", f"{parts[1]} is not for here: a job says it by its own resources.")
    return found


def asked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each question to the agent carries."""
    pairs = [line.rsplit("=", 1) for line in settings.get("resources", [])]
    return {
        "address": settings.get("address") or "auto",
        "token": settings.get("token_file") or "",
        "resources": {name: float(number) for name, number in pairs},
    }
