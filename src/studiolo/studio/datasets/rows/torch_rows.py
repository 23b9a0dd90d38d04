"""Rows of a version as a torch IterableDataset."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

if TYPE_CHECKING:
    from studiolo.studio.datasets.rows.handle import Version


class Rows(IterableDataset):  # type: ignore[misc] # torch is not installed where types are checked
    """Each iteration reads the version once; with several workers each takes every n-th batch."""

    def __init__(self, version: "Version", columns: list[str], target: str, limit: int | None) -> None:
        self._version, self._columns, self._target, self._limit = version, columns, target, limit

    def __iter__(self) -> Iterator[Any]:
        asked = [*self._columns, *([self._target] if self._target else [])]
        worker = get_worker_info()
        for number, batch in enumerate(self._version.to_batches(asked, self._limit)):
            if worker is not None and number % worker.num_workers != worker.id:
                continue
            arrays = [batch.column(place).to_numpy(zero_copy_only=False) for place in range(len(asked))]
            features = np.stack([array.astype(np.float32) for array in arrays[: len(self._columns)]], axis=1)
            rows = torch.from_numpy(features)
            if self._target:
                yield from zip(rows, arrays[-1].tolist(), strict=True)
            else:
                yield from rows


def rows(version: "Version", columns: list[str], target: str, limit: int | None) -> Rows:
    """Return the rows of some columns."""
    return Rows(version, columns, target, limit)
