"""Answering requests of the original tier: one thread predicts, and takes all that came meanwhile as its next batch."""

import asyncio
import queue
import threading
from dataclasses import dataclass
from typing import Any

from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.problems import Busy
from studiolo.studio.endpoints.scoring.tiers.base import Prediction
from studiolo.studio.endpoints.scoring.tiers.original import Original, join, split

_FEW = 64  # rows that are checked in the event loop


@dataclass(slots=True)
class _Waiting:
    """A request, checked: data is what the model takes."""

    data: Any
    rows: int
    params: dict[str, Any] | None
    future: asyncio.Future[Prediction]


class Batches:
    """An idle model is asked at once; a busy one finds a batch when it is done. Nobody waits for company."""

    def __init__(self, tier: Original, limit: int) -> None:
        self._tier = tier
        self._limit = limit
        self._queue: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._waiting = 0
        self._loop = asyncio.get_running_loop()
        self._kept: _Waiting | None = None
        threading.Thread(target=self._work, name="predict", daemon=True).start()

    async def predict(self, table: Table) -> Prediction:
        """Check and predict one request. Raises Busy when too many wait."""
        if self._waiting >= self._limit:
            raise Busy(f"{self._waiting} requests wait for the model.", "Try again in a second.")
        few = table.rows <= _FEW
        data = self._tier.check(table) if few else await asyncio.to_thread(self._tier.check, table)
        future: asyncio.Future[Prediction] = self._loop.create_future()
        self._waiting += 1
        try:
            self._queue.put(_Waiting(data, table.rows, table.params, future))
            return await future
        finally:
            self._waiting -= 1

    def _work(self) -> None:
        while True:
            batch = self._next()
            if len(batch) > 1 and self._together(batch):
                continue
            for item in batch:
                self._alone(item)

    def _next(self) -> list[_Waiting]:
        """Take one request and those behind it that can share its call."""
        first = self._kept or self._queue.get()
        self._kept = None
        batch, rows = [first], first.rows
        while self._tier.rowwise and first.params is None:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item.params is not None or rows + item.rows > self._tier.batch_rows or not _alike(first.data, item.data):
                self._kept = item
                break
            batch.append(item)
            rows += item.rows
        return batch

    def _together(self, batch: list[_Waiting]) -> bool:
        """Predict in one call; False when that fails, so that one bad request spoils no other."""
        try:
            found = self._tier.raw(join([item.data for item in batch]))
            parts = split(found, [item.rows for item in batch])
            if parts is None:
                return False
            answers = [self._tier.answer(part, item.rows) for part, item in zip(parts, batch, strict=True)]
        except Exception:  # noqa: BLE001 - each is asked again alone, and its own error goes to its own client
            return False
        for item, answer in zip(batch, answers, strict=True):
            self._tell(item, answer, None)
        return True

    def _alone(self, item: _Waiting) -> None:
        try:
            answer = self._tier.answer(self._tier.raw(item.data, item.params), item.rows)
        except Exception as error:  # noqa: BLE001 - it belongs to the client
            self._tell(item, None, error)
        else:
            self._tell(item, answer, None)

    def _tell(self, item: _Waiting, answer: Prediction | None, error: Exception | None) -> None:
        def resolve() -> None:
            if item.future.done():
                return
            if error is not None:
                item.future.set_exception(error)
            else:
                assert answer is not None
                item.future.set_result(answer)

        self._loop.call_soon_threadsafe(resolve)


def _alike(left: Any, right: Any) -> bool:
    """Say whether two inputs can be joined: same columns of same types, or arrays of the same shape but for rows."""
    if type(left) is not type(right):
        return False
    if hasattr(left, "columns"):
        return list(left.columns) == list(right.columns) and list(left.dtypes) == list(right.dtypes)
    return hasattr(left, "dtype") and left.dtype == right.dtype and left.shape[1:] == right.shape[1:]
