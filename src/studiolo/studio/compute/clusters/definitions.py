"""Clusters written as YAML: Azure ML's `amlcompute` files as they are, with keys of ours for what a node is here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from studiolo.studio.compute.clusters.errors import ClusterInvalid
from studiolo.studio.compute.clusters.schemas import ClusterCreate

_NAMES = {"min_instances": "min_nodes", "max_instances": "max_nodes", "idle_time_before_scale_down": "idle_seconds"}
_OURS = frozenset(ClusterCreate.model_fields)
TYPES = ("amlcompute", "cluster")  # of files that describe a cluster
_IGNORED = frozenset(
    {"$schema", "type", "location", "network_settings", "ssh_settings", "ssh_public_access_enabled", "identity"}
    | {"enable_node_public_ip", "provisioning_state", "provisioning_errors", "id", "resource_id", "created_on"}
)
_QUIET = frozenset({"$schema", "type", "id"})
_OTHERS = {
    "computeinstance": "A compute instance is a machine of its own: this studio's machine is `local`.",
    "kubernetes": "Attach it: studiolo compute attach -f FILE",
    "virtualmachine": "Attach a machine: studiolo compute attach -f FILE",
    "ssh": "Attach a machine: studiolo compute attach -f FILE",
    "slurm": "Attach it: studiolo compute attach -f FILE",
    "ray": "Attach it: studiolo compute attach -f FILE",
    "spark_connect": "Attach it: studiolo compute attach -f FILE",
    "databricks": "Attach it: studiolo compute attach -f FILE",
    "synapsespark": "Spark pools of Synapse are not attached; a Spark that listens for Spark Connect is (type: spark_connect).",
}


def load(path: Path) -> tuple[ClusterCreate, list[str]]:
    """Read a cluster from a YAML file, with what was left out of it; raises ClusterInvalid, which names the key."""
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ClusterInvalid(f"{path}: {error.strerror}.", "Name a YAML file.", field="file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ClusterInvalid(f"{path} is no YAML: {str(error).splitlines()[0]}.", field="file") from None
    if not isinstance(found, dict):
        raise ClusterInvalid(f"{path} describes no compute.", "Write keys such as name and type.", field="file")
    return parse(found)


def parse(found: Mapping[str, Any]) -> tuple[ClusterCreate, list[str]]:
    """Return what a document says, and notes on keys that mean nothing here.

    >>> parse({"type": "amlcompute", "name": "cpu-cluster", "size": "STANDARD_DS3_v2", "max_instances": 2})[0].max_nodes
    2
    """
    kind = str(found.get("type") or "amlcompute").lower()
    if kind not in TYPES:
        raise ClusterInvalid(
            f"The type '{kind}' cannot be made here.", _OTHERS.get(kind, "Write type: amlcompute."), field="type"
        )
    values = {_NAMES.get(str(key), str(key)): value for key, value in found.items() if value is not None}
    notes = [f"'{key}' is left out: it means nothing on this machine" for key in values if key in _IGNORED - _QUIET]
    notes += [f"'{key}' is not known, and is left out" for key in values if key not in _OURS | _IGNORED]
    values = {key: value for key, value in values.items() if key in _OURS}
    if "tier" in values:
        values["tier"] = {"lowpriority": "low_priority"}.get(_word(values["tier"]), _word(values["tier"]))
    values["tags"] = {str(key): str(value) for key, value in (values.get("tags") or {}).items()}
    try:
        return ClusterCreate.model_validate(values), notes
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ClusterInvalid(f"{field}: {first['msg']}.", "See the docs of compute.", field=field) from None


def _word(text: Any) -> str:
    return str(text).replace("_", "").replace("-", "").lower()
