"""A compute written as YAML, whatever its type: a cluster, or what is attached."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.compute.clusters import definitions as clusters
from studiolo.studio.compute.clusters.schemas import ClusterCreate
from studiolo.studio.compute.machines import definitions as machines
from studiolo.studio.compute.machines import kinds
from studiolo.studio.compute.machines.schemas import MachineCreate

_SCHEMAS = {
    "amlcompute": "amlcompute",
    "computeinstance": "computeinstance",
    "virtualmachinecompute": "virtualmachine",
    "kubernetescompute": "kubernetes",
}


def parse(found: Mapping[str, Any], folder: Path, schema: str = "") -> tuple[ClusterCreate | MachineCreate, list[str]]:
    """Return what a document describes, with notes on what was left out of it.

    folder: of the file, from which files of keys count; schema: last part of its `$schema`, for one without a type. Raises
    ClusterInvalid and MachineInvalid, which name the key, also for a type that has no home here.
    """
    type_ = str(found.get("type") or _SCHEMAS.get(schema, "")).lower()
    if type_ in machines.ALSO or type_ in kinds.all_():
        return machines.parse({**found, "type": type_}, folder)
    return clusters.parse({**found, "type": type_})
