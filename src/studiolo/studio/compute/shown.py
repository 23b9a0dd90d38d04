"""Parts of what is shown of this machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from studiolo.studio.compute.gpus.devices import Gpu
from studiolo.studio.compute.schemas import GpuState


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
