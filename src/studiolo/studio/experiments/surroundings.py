"""What a job runs in, written down when it starts: Python's packages and the machine, as artifacts of its run.

Every job of a studio has the same, so the bytes are kept once.
"""

import json
import logging
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.environments import contained
from studiolo.studio.experiments.job_schemas import COMMANDS

PACKAGES = "environment/requirements.txt"
MACHINE = "environment/machine.json"
DOCKERFILE = "environment/Dockerfile"
KINDS = COMMANDS | {"automl"}  # what people wrote or asked for; a profile is ours alone
log = logging.getLogger(__name__)
_known: dict[str, tuple[tuple[float, ...], list[tuple[str, Blob]]]] = {}


def files(ctx: Context, claim: Claim) -> list[tuple[str, Blob]]:
    """Return them as files of the run of a job; a job is not stopped by what cannot be written down."""
    if claim.kind not in KINDS:
        return []
    try:
        found = _files(ctx)
        chosen = claim.spec.context.get("environment")
        if chosen and chosen.get("container"):
            text = contained.dockerfile_of(
                ctx.blobs.path(chosen["lock"]).read_bytes(), chosen["container"]["dockerfile"]
            )
            found = [(DOCKERFILE, ctx.blobs.put(text.encode())), *found[1:]]
        elif chosen:  # not the studio's packages, but those of the lock
            found = [
                (PACKAGES, ctx.blobs.put(_without_hashes(ctx.blobs.path(chosen["lock"]).read_text("utf-8")))),
                *found[1:],
            ]
    except (OSError, StudioloError) as error:
        log.warning("run %s: its environment is not recorded: %s", claim.id, error)
        return []
    return found


def _without_hashes(lock: str) -> bytes:
    lines = [line.removesuffix("\\").rstrip() for line in lock.splitlines() if not line.lstrip().startswith("--hash")]
    return "".join(f"{line}\n" for line in lines).encode()


def packages() -> str:
    """Return the installed packages as lines `name==version`, by name."""
    found = {str(item.metadata["Name"]): item.version for item in metadata.distributions() if item.metadata["Name"]}
    return "".join(f"{name}=={found[name]}\n" for name in sorted(found, key=str.lower))


def machine() -> dict[str, str | int]:
    """Return what the machine is: its system, processor, cores and memory."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "host": platform.node(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }


def _files(ctx: Context) -> list[tuple[str, Blob]]:
    """Return both as blobs; read again only when something was installed since."""
    stamp = tuple(_changed(entry) for entry in sys.path)
    root = str(ctx.blobs.root)
    known = _known.get(root)
    if known and known[0] == stamp and not ctx.blobs.keep_all(blob.digest for _, blob in known[1]):
        return known[1]
    made = [
        (PACKAGES, ctx.blobs.put(packages().encode())),
        (MACHINE, ctx.blobs.put(json.dumps(machine(), indent=2).encode())),
    ]
    _known[root] = (stamp, made)
    return made


def _changed(entry: str) -> float:
    try:
        return os.stat(entry or ".").st_mtime  # noqa: PTH116 - asked for each job, of each entry: a Path costs more than the call
    except OSError:
        return 0.0


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
