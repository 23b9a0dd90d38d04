"""Answering requests of the compiled tier: those that arrive in one turn of the event loop share one call of ONNX."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.problems import Busy
from studiolo.studio.endpoints.scoring.tiers.base import Prediction
from studiolo.studio.endpoints.scoring.tiers.compiled import Compiled


class Gather:
    """Few rows are scored in the event loop (that takes microseconds), many in a thread (ONNX lets go of the GIL).

    busy: a set that holds what else is being answered; with nothing in it there is nobody to share a call with.
    """

    def __init__(self, tier: Compiled, queue: int, busy: set[Any]) -> None:
        self._tier = tier
        self._limit = queue
        self._busy = busy
        self._few: list[tuple[list[list[float]], asyncio.Future[Any]]] = []
        self._thread = ThreadPoolExecutor(1, "predict")
        self._waiting = 0

    async def predict(self, table: Table) -> Prediction:
        """Check and predict one request. Raises Busy when too many wait."""
        tier = self._tier
        rows = tier.rows(table)
        if rows is None:
            return await self._in_thread(table)
        if len(self._busy) < 2:
            return tier.answer(tier.scores(rows))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if not self._few:
            loop.call_soon(self._score_few)
        self._few.append((rows, future))
        return tier.answer(await future)

    def _score_few(self) -> None:
        few, self._few = self._few, []
        try:
            scores = self._tier.scores([row for rows, _ in few for row in rows])
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            for _, future in few:
                if not future.done():
                    future.set_exception(error)
            return
        start = 0
        for rows, future in few:
            end = start + len(rows)
            if not future.done():
                future.set_result(scores[start:end])
            start = end

    async def _in_thread(self, table: Table) -> Prediction:
        if self._waiting >= self._limit:
            raise Busy("Too many requests wait for the model.", "Try again in a second.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._tier.predict, table)
        finally:
            self._waiting -= 1
