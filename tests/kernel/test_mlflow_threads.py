import asyncio
import gc
import threading
import weakref

import pytest

from studiolo.kernel.mlflow.threads import Threads


def test_work_is_done_in_a_thread_and_its_result_comes_back() -> None:
    async def ask() -> tuple[int, str]:
        return await threads.run(divmod, 7, 2), (await threads.run(threading.current_thread)).name

    threads = Threads(2)
    assert asyncio.run(ask()) == ((3, 1), "mlflow_0")
    threads.end(10)


@pytest.mark.parametrize(("raised", "told"), [(ValueError, ValueError), (StopIteration, RuntimeError)])
def test_what_work_raises_is_raised_to_who_asked(raised: type[Exception], told: type[Exception]) -> None:
    def work() -> None:
        raise raised("no")

    async def ask() -> None:
        with pytest.raises(told, match="no"):
            await threads.run(work)
        assert await threads.run(len, "ab") == 2  # the thread goes on

    threads = Threads(1)
    asyncio.run(ask())
    threads.end(10)


def test_there_are_as_many_threads_as_work_that_waits_and_no_more_than_allowed() -> None:
    most = 3
    together = threading.Barrier(most)

    def meet() -> str:
        together.wait(30)  # each waits for the others, so each has a thread of its own
        return threading.current_thread().name

    async def ask() -> list[set[str]]:
        first = {
            await threads.run(lambda: threading.current_thread().name) for _ in range(5)
        }  # one at a time: one thread
        return [first, set(await asyncio.gather(*(threads.run(meet) for _ in range(2 * most))))]

    threads = Threads(most)
    assert asyncio.run(ask()) == [{"mlflow_0"}, {"mlflow_0", "mlflow_1", "mlflow_2"}]
    threads.end(10)


def test_work_that_nobody_waits_for_any_more_is_not_begun() -> None:
    begun: list[str] = []
    going, hold = threading.Event(), threading.Event()

    def first() -> None:
        going.set()
        hold.wait(30)

    async def ask() -> None:
        one = asyncio.create_task(threads.run(first))
        two = asyncio.create_task(threads.run(begun.append, "two"))
        await asyncio.to_thread(going.wait, 30)
        one.cancel()  # it is under way: it ends, and nobody is told
        two.cancel()
        await asyncio.gather(one, two, return_exceptions=True)
        hold.set()
        await threads.run(begun.append, "three")

    threads = Threads(1)
    asyncio.run(ask())
    assert begun == ["three"]
    threads.end(10)


def test_work_that_outlives_its_loop_hurts_nobody() -> None:
    hold = threading.Event()

    async def leave() -> None:
        asked = asyncio.create_task(threads.run(hold.wait, 30))
        await asyncio.sleep(0)
        asked.cancel()

    async def ask() -> int:
        return await threads.run(len, "abc")

    threads = Threads(1)
    asyncio.run(leave())
    hold.set()
    assert asyncio.run(ask()) == 3
    threads.end(10)


def test_nothing_is_kept_of_work_that_is_done() -> None:
    class Thing:
        def fail(self) -> None:
            raise ValueError

    async def ask() -> "weakref.ref[Thing]":
        thing = Thing()
        with pytest.raises(ValueError):
            await threads.run(thing.fail)
        await threads.run(len, "")
        return weakref.ref(thing)

    threads = Threads(1)
    gc.disable()
    try:
        assert asyncio.run(ask())() is None
    finally:
        gc.enable()
    threads.end(10)


def test_the_end_waits_for_work_under_way() -> None:
    done: list[str] = []
    going, hold = threading.Event(), threading.Event()

    def work() -> None:
        going.set()
        hold.wait(30)
        done.append("done")

    async def begin() -> None:
        task = asyncio.create_task(threads.run(work))
        await asyncio.to_thread(going.wait, 30)
        task.cancel()

    threads = Threads(1)
    asyncio.run(begin())
    ending = threading.Thread(target=threads.end, args=(30,))
    ending.start()
    assert not done
    hold.set()
    ending.join()
    assert done == ["done"]
