"""What runs around a job's command: the plan of the programs before and after it, and how they are called."""

import contextlib
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

from studiolo.kernel.context import Context
from studiolo.runner import attempt as files
from studiolo.runner.launch import Program
from studiolo.studio.compute import service as compute
from studiolo.studio.experiments import in_containers, job_secrets
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.environments import building
from studiolo.studio.experiments.environments import service as environments
from studiolo.studio.experiments.preparing import PLAN, said_of
from studiolo.studio.experiments.schemas import JobSpec

_PACKAGE = "studiolo.studio.experiments"


class Programs(TypedDict, total=False):
    """The part of an order that names them."""

    before: Program
    after: Program


def plan(ctx: Context, claim: Claim, place: Path) -> None:
    """Write what is to be done before and after the command; nothing where there is nothing to do. Raises NoEngine."""
    context = claim.spec.context
    found: dict[str, Any] = {}
    chosen = context.get("environment")
    if chosen and not _of_another_machine(ctx, claim):
        lock = str(ctx.blobs.path(chosen["lock"]))
        found["environment"] = {**chosen, "lock_file": lock, "folder": str(environments.folder(ctx))}
        if chosen.get("container"):
            found["environment"]["container"] = in_containers.plan(ctx, chosen)
    if staged := context.get("staged"):
        found["staged"] = staged
        found |= {"fetch_seconds": ctx.settings.fetch_seconds, "fetch_private": ctx.settings.fetch_private}
    if kept := context.get("kept_at"):
        found["kept_at"] = {name: {**at, "path": _filled(at["path"], claim)} for name, at in kept.items()}
    if found:
        (place / PLAN).write_text(json.dumps(found), "utf-8")


def _of_another_machine(ctx: Context, claim: Claim) -> bool:
    """Say whether a job's image is brought by the machine that it runs on."""
    return compute.elsewhere(ctx, claim.compute)


def is_ready(ctx: Context, spec: JobSpec, place: Path) -> bool:
    """Say that nothing is to be done before the command: its environment is built, and no input is to be fetched.

    It stays built: none goes that a live job needs (`environments/sweeping.py`).
    """
    chosen, folder = spec.context.get("environment"), environments.folder(ctx)
    if (
        not chosen
        or chosen.get("container")
        or spec.context.get("staged")
        or building.state(folder, chosen["hash"]) is None
    ):
        return False
    with contextlib.suppress(OSError):
        os.utime(folder / chosen["hash"] / building.READY)  # when it was last used
    with (place / files.LOG).open("a", encoding="utf-8") as log:
        log.writelines(f"[studio] {line}\n" for line in said_of(chosen))
    return True


def _filled(path: str, claim: Claim) -> str:
    return re.sub(r"\$\{\{\s*name\s*\}\}", claim.id, path)


def programs(ctx: Context, claim: Claim, env: Callable[[], dict[str, str]]) -> Programs:
    """Return the programs that a job needs around it, in the studio's own Python. env: `job_variables.of_programs`, which most need not."""
    spec = claim.spec
    stores = [name for name, reference in spec.secrets.items() if reference.startswith(job_secrets.STORE)]
    found = Programs()
    chosen = spec.context.get("environment") and not _of_another_machine(ctx, claim)
    if chosen or spec.context.get("staged"):
        found["before"] = Program(argv=[sys.executable, "-m", f"{_PACKAGE}.preparing"], env=env(), handed=stores)
    if spec.context.get("kept_at"):
        found["after"] = Program(argv=[sys.executable, "-m", f"{_PACKAGE}.finishing"], env=env(), handed=stores)
    return found
