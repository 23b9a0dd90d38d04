"""Threads of the protocol's requests: the loop's own way into a thread costs half of the framework's."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_threads = ThreadPoolExecutor(48, "mlflow")  # writers that wait for one commit hold a thread each


def submit(work: Callable[[], object]) -> None:
    """Run blocking work in a thread. It may raise nothing: nobody would hear of it."""
    _threads.submit(work)


async def run_in_threadpool(work: Callable[..., T], *arguments: object) -> T:
    """Run blocking work in a thread and wait for it."""
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
