"""Parts of what is shown of this machine."""

import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from studiolo.kernel.context import Context
from studiolo.studio.compute.backends.base import Backend
from studiolo.studio.compute.gpus import devices
from studiolo.studio.compute.gpus.devices import Gpu
from studiolo.studio.compute.schemas import Compute, GpuState, Holding, Limit


def machine(
    ctx: Context,
    engine: Backend,
    rows: Sequence[Row[Any]],
    leased: Sequence[Row[Any]],
    found: Sequence[Gpu],
    clusters: Mapping[str, str],
) -> Compute:
    """Return this machine with what runs on it; of other workspaces only how much they hold. clusters: names by holder."""
    numbers: dict[str, list[int]] = {}
    for lease in leased:
        numbers.setdefault(lease.holder, []).append(lease.number)
    holdings = []
    for row in rows:
        used = engine.usage(ctx.settings.attempts / row.holder) if row.run_id else None
        mine = row.workspace_id == ctx.workspace_id
        holdings.append(
            Holding(
                holder=row.holder if mine else "",
                title=row.title if mine else "(another workspace)",
                run_id=row.run_id if mine else None,
                cluster=clusters.get(row.holder) if mine else None,
                workspace_id=row.workspace_id if mine else "",
                cores=row.cores,
                memory_limit_bytes=row.memory_bytes,
                since=row.since,
                memory_bytes=used.memory_bytes if used else None,
                processes=used.processes if used else None,
                gpus=numbers.get(row.holder, []),
            )
        )
    have = engine.capacity(ctx.settings)
    return Compute(
        name=engine.SPEC.name,
        kind=engine.SPEC.name,
        title=engine.SPEC.title,
        description=engine.SPEC.description,
        host=platform.node(),
        cores=have.cores,
        cores_free=max(0, have.cores - sum(row.cores for row in rows)),
        machine_cores=have.machine_cores,
        memory_bytes=have.memory_bytes,
        memory_reserved_bytes=sum(row.memory_bytes for row in rows),
        machine_memory_bytes=have.machine_memory_bytes,
        memory_used_bytes=have.machine_memory_bytes - available_memory(have.machine_memory_bytes),
        load=os.getloadavg()[0],
        disk_free_bytes=shutil.disk_usage(ctx.settings.home).free,
        limits=[Limit(what=kept.what, enforced=kept.enforced, how=kept.how) for kept in have.limits],
        holdings=holdings,
        gpus=gpus(found, leased, ctx.workspace_id),
        gpus_note=devices.why_none() if not found else "",
    )


def gpus(found: Sequence[Gpu], leased: Sequence[Row[Any]], workspace_id: str) -> list[GpuState]:
    """Return the GPUs with who has each; of other workspaces only that it is held."""
    by_id = {lease.gpu: lease for lease in leased}
    return [_gpu(gpu, by_id.get(gpu.id), workspace_id) for gpu in found]


def _gpu(gpu: Gpu, lease: Row[Any] | None, workspace_id: str) -> GpuState:
    mine = lease is not None and lease.workspace_id == workspace_id
    return GpuState(
        **gpu._asdict(),
        title=None if lease is None else lease.title if mine else "(another workspace)",
        run_id=lease.run_id if lease is not None and mine else None,
        since=lease.since if lease is not None else None,
    )


def available_memory(total: int) -> int:
    """Return the bytes of memory that programs could still have; total: what there is, where nobody tells."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return total
