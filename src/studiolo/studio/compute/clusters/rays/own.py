"""The Ray of a cluster, which the studio starts here: what brings a node of it up and takes it down, and whether that still lives."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from studiolo.kernel.context import Context
from studiolo.runner import ray_own
from studiolo.studio.compute.clusters import placing

FOLDER = "rays"  # of a home
PYTHON = sys.executable  # the one that has Ray: the studio's own
NOUNS = {"resume": "program that starts Ray", "suspend": "program that ends Ray"}
RESUME_SECONDS, SUSPEND_SECONDS = 300, 120  # the first node waits for its head too


def command(ctx: Context, node: Row[Any], verb: str) -> list[str]:
    """Return the words of the program that brings a node up, or down."""
    with ctx.db.read() as tx:
        gpus = [gpu.number for gpu in placing.gpus_of(tx, [node.id])[node.id]] if node.gpus else []
    options = {"folder": str(folder(ctx, node.cluster)), "node": node.id, "cores": node.cores}
    options |= {"memory": node.memory_bytes, "gpus": gpus}
    return [PYTHON, "-I", "-S", ray_own.__file__, verb, json.dumps(options)]


def place(out: str) -> dict[str, Any]:
    """Return where a node is, of what the program said that brought it up."""
    found: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return found


def fallen(node: Row[Any]) -> str:
    """Say what has ended of a node without being asked; nothing while it lives."""
    seen: Mapping[str, Any] = node.place or {}
    return ray_own.fallen(dict(seen))


def folder(ctx: Context, cluster: str) -> Path:
    """Return where the Ray of a cluster is written down: its head, its token, its nodes."""
    return ctx.settings.home / FOLDER / cluster


def clear(ctx: Context, cluster: str) -> None:
    """Remove what is left of a cluster that is deleted, whose nodes have gone."""
    shutil.rmtree(folder(ctx, cluster), ignore_errors=True)
