"""What a definition of a cluster must keep to."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from studiolo.kernel.context import Context
from studiolo.studio.compute import service as machine
from studiolo.studio.compute.clusters import placing, repository
from studiolo.studio.compute.clusters.errors import ClusterBusy, ClusterInvalid
from studiolo.studio.compute.clusters.schemas import ClusterCreate, ClusterPatch, Scripts
from studiolo.studio.compute.gpus import devices
from studiolo.studio.compute.ray import settings
from studiolo.studio.workspace.vault import handing

_PROGRAMS = "workspace.write"  # an owner's: programs run as the studio does, with all that it may


def ray(ctx: Context, spec: ClusterCreate) -> dict[str, Any] | None:
    """Return what is kept of the Ray that a new cluster takes its nodes of, None for others and for one that is started here."""
    if spec.ray is None:
        return None
    if spec.provider != placing.RAY:
        raise ClusterInvalid(
            "Only nodes of a Ray come from a Ray.", "Write provider: ray, or leave ray out.", field="provider"
        )
    if spec.memory_bytes is None:
        raise ClusterInvalid(
            "How much memory a node has is not known: it is another machine.",
            "Write memory_bytes (--memory GiB).",
            field="memory_bytes",
        )
    ctx.actor.must(_PROGRAMS)
    try:
        settings.checked({"address": spec.ray.address, "token_file": spec.ray.token_file})
    except ValueError as error:
        raise ClusterInvalid(error.args[1], "See the docs of compute.", field=f"ray.{error.args[0]}") from None
    if spec.ray.host:
        for field in ("user", "host_key", "key"):
            if not getattr(spec.ray, field):
                raise ClusterInvalid(
                    f"How the studio signs in at {spec.ray.host} is missing.", f"Write {field}.", field=f"ray.{field}"
                )
        handing.check(ctx, spec.ray.key, "ray.key")
    elif Path(spec.ray.folder).expanduser().resolve().is_relative_to(ctx.settings.home.resolve()):
        raise ClusterInvalid("The folder is the studio's own.", "Write another folder.", field="ray.folder")
    return {**spec.ray.model_dump(), "by": ctx.actor.name}


def scripts(ctx: Context, spec: ClusterCreate) -> dict[str, Any] | None:
    """Return what is kept of the programs of a new cluster, None for one whose nodes are shares of this machine."""
    if spec.provider in placing.HERE:
        if spec.scripts is not None:
            raise ClusterInvalid(
                "Nodes that are shares of this machine come without programs.",
                "Write provider: scripts, or leave the programs out.",
                field="provider",
            )
        if spec.provider == placing.RAY and spec.ray is None and find_spec("ray") is None:
            raise ClusterInvalid(
                f"There is no Ray in the studio's Python ({sys.executable}).",
                "pip install 'studiolo[ray]' there, and start the studio again.",
                field="provider",
            )
        return None
    if spec.scripts is None:
        raise ClusterInvalid(
            "The programs that bring nodes up and take them down are missing.",
            "Write scripts: with resume and suspend.",
            field="scripts",
        )
    if spec.memory_bytes is None:
        raise ClusterInvalid(
            "How much memory a node has is not known: it is another machine.",
            "Write memory_bytes (--memory GiB).",
            field="memory_bytes",
        )
    return _kept(ctx, spec.scripts)


def changed(ctx: Context, row: Row[Any], given: Scripts) -> dict[str, Any]:
    """Return what is kept of the programs of a cluster that change."""
    if row.provider != "scripts":
        raise ClusterInvalid(
            f"Nodes of '{row.name}' come without programs.",
            "Make another cluster.",
            field="scripts",
        )
    return _kept(ctx, given)


def _kept(ctx: Context, given: Scripts) -> dict[str, Any]:
    ctx.actor.must(_PROGRAMS)
    if not given.key:
        raise ClusterInvalid(
            "The private key that signs in to nodes is missing.",
            "Put it into the vault (studiolo secrets set), and write the secret's name.",
            field="scripts.key",
        )
    handing.check(ctx, given.key, "scripts.key")
    return {**given.model_dump(), "by": ctx.actor.name}  # who must still be let use the key


def stays_going(row: Row[Any], patch: ClusterPatch) -> None:
    """Refuse nodes to a cluster that is being deleted; raises ClusterBusy."""
    if row.deleting_since is not None and (patch.max_nodes or patch.min_nodes):
        raise ClusterBusy(
            f"'{row.name}' is being deleted: it goes when its nodes have been suspended.",
            "Make another one.",
            field="max_nodes",
        )


def check(tx: Connection, ctx: Context, values: Any, own: str = "") -> None:
    """Refuse nodes that cannot be; raises ClusterInvalid, which names the field."""
    if values["min_nodes"] > values["max_nodes"]:
        raise ClusterInvalid(
            f"The least number of nodes ({values['min_nodes']}) is above the largest ({values['max_nodes']}).",
            "Raise max_nodes, or lower min_nodes.",
            field="min_nodes",
        )
    if values["provider"] not in placing.HERE:
        if values["gpus"] and values["provider"] != placing.RAY_AT:
            raise ClusterInvalid(
                "GPUs of other machines are not given out: jobs see all that a node has.",
                "Leave gpus out.",
                field="gpus",
            )
        return
    have = machine.capacity(ctx, placing.MACHINE)
    if values["cores"] > have.cores:
        raise ClusterInvalid(
            f"A node would have {values['cores']} cores; this machine gives jobs {have.cores}.",
            f"Ask for at most {have.cores}: a node is a share of this machine.",
            field="cores",
        )
    if values["memory_bytes"] > have.memory_bytes:
        raise ClusterInvalid(
            f"A node would have {values['memory_bytes'] / 2**30:.1f} GiB; this machine gives jobs {have.memory_bytes / 2**30:.1f}.",
            "Ask for less: a node is a share of this machine.",
            field="memory_bytes",
        )
    there = len(devices.known())
    if values["gpus"] > there and not own:  # of one that is there, a GPU may be missing for a while
        has = "no GPU" if not there else "1 GPU" if there == 1 else f"{there} GPUs"
        raise ClusterInvalid(
            f"A node would have {values['gpus']}; this machine has {has}. {devices.why_none()}".strip(),
            f"Ask for at most {there}: a node is a share of this machine.",
            field="gpus",
        )
    rows = [row for row in repository.all_(tx) if row.id != own and row.provider in placing.HERE]
    others = sum(row.min_nodes * row.cores for row in rows)
    if values["min_nodes"] and others + values["min_nodes"] * values["cores"] >= have.cores:
        free = have.cores - others - 1
        raise ClusterInvalid(
            f"{values['min_nodes']} nodes that never go would leave the studio's own jobs no core of {have.cores}.",
            f"Keep min_nodes × cores to at most {max(0, free)}; nodes above it come when jobs wait.",
            field="min_nodes",
        )
