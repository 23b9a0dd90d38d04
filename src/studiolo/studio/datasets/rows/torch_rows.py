"""Rows of a version as a torch IterableDataset."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from studiolo.studio.datasets.rows.handle import Version


def rows(version: "Version", columns: list[str], target: str, limit: int | None) -> Any:
    """Return a dataset that reads the version once per iteration; with several workers each takes every n-th batch."""
    import torch
    from torch.utils.data import IterableDataset, get_worker_info

    asked = [*columns, *([target] if target else [])]

    class Rows(IterableDataset):  # type: ignore[misc] # torch is not installed where types are checked
        def __iter__(self) -> Iterator[Any]:
            worker = get_worker_info()
            for number, batch in enumerate(version.to_batches(asked, limit)):
                if worker is not None and number % worker.num_workers != worker.id:
                    continue
                arrays = [batch.column(place).to_numpy(zero_copy_only=False) for place in range(len(asked))]
                features = np.stack([array.astype(np.float32) for array in arrays[: len(columns)]], axis=1)
                found = torch.from_numpy(features)
                if target:
                    yield from zip(found, arrays[-1].tolist(), strict=True)
                else:
                    yield from found

    return Rows()
