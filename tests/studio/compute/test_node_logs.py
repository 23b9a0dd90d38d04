"""Logs of nodes: all that happened, once and in order, whoever is killed in between; bounded; on every way to them."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from starlette.testclient import TestClient

from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.runner import attempt
from studiolo.sdk.studio import Studio
from studiolo.studio.compute import reconcile
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.clusters import service as clusters
from studiolo.studio.compute.clusters.schemas import ClusterCreate, ClusterPatch
from studiolo.studio.compute.node_logs import book, copying, service, writing
from studiolo.studio.compute.node_logs.errors import NodeLogNotThere

URL = "/w/default/api/compute/cpu/logs"


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "capacity", lambda ctx, name: Capacity(4, 2**30, 4, 2**30))


def job(ctx: Context, name: str, outcome: str = "Completed") -> None:
    """Run a job, as far as a compute knows of it."""
    with ctx.db.begin() as tx:
        holder = f"{name}/1"
        assert compute.reserve(tx, ctx, "cpu", holder, cores=1, title=name, run_id=name)
    with ctx.db.begin() as tx:
        compute.release(tx, ctx, holder, outcome)


def lines(ctx: Context, node: str = "1") -> list[str]:
    """Return what the log says, without the moments and for how long."""
    return [
        re.sub(r"after \d+\.\d s", "after a while", line.partition("Z  ")[2])
        for line in service.whole(ctx, "cpu", node).decode().splitlines()
    ]


def test_a_node_tells_its_life_and_is_heard_of_after_it_has_gone(any_ctx: Context) -> None:
    clusters.create(any_ctx, ClusterCreate(name="cpu", max_nodes=1, memory_bytes=2**20))
    assert service.logs(any_ctx, "cpu") == []
    job(any_ctx, "train")
    job(any_ctx, "evaluate", "user error (exit code 3)")
    reconcile.tick(replace(any_ctx, clock=FakeClock(any_ctx.clock.now() + timedelta(seconds=121))))
    job(any_ctx, "again")
    reconcile.tick(any_ctx)
    said = lines(any_ctx)
    assert said == [
        "Up, as a share of this machine: 1 core, 1 MiB, for a job.",
        "Job 'train' (train) begins: 1 core.",
        "Job 'train' (train) ended after a while: Completed. The node is idle.",
        "Job 'evaluate' (evaluate) begins: 1 core.",
        "Job 'evaluate' (evaluate) ended after a while: user error (exit code 3). The node is idle.",
        "Gone, after 2 min: it was idle for 120 s.",
        "Up, as a share of this machine: 1 core, 1 MiB, for a job.",
        "Job 'again' (again) begins: 1 core.",
        "Job 'again' (again) ended after a while: Completed. The node is idle.",
    ]
    clusters.update(any_ctx, "cpu", ClusterPatch(max_nodes=0))
    for _ in range(2):
        reconcile.tick(any_ctx)
    assert lines(any_ctx)[-1].endswith("the cluster was stopped.")
    (log,) = service.logs(any_ctx, "cpu")
    assert (log.node, log.up, log.size > 0) == ("1", False, True)
    clusters.delete(any_ctx, "cpu")
    reconcile.tick(any_ctx)
    assert [one.name for one in (any_ctx.settings.home / copying.FOLDER / any_ctx.workspace_id).iterdir()] == [
        "cursor.json"
    ]


def test_whoever_is_killed_while_writing_loses_and_doubles_nothing(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    clusters.create(ctx, ClusterCreate(name="cpu", max_nodes=1, memory_bytes=2**20))
    job(ctx, "one")
    real, left = attempt.write_json, [0]

    def write_json(folder: str, name: str, value: dict[str, object], *, lasting: bool = True) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt  # as good as killed: nothing is tidied up
        real(folder, name, value, lasting=lasting)

    monkeypatch.setattr(attempt, "write_json", write_json)
    for writes in (0, 1, 9):  # killed before the state is written, then before the cursor is
        left[0] = writes
        if writes < 9:
            with pytest.raises(KeyboardInterrupt):
                reconcile.tick(ctx)
            job(ctx, f"killed at write {writes}")
        else:
            reconcile.tick(ctx)
        writing._at.clear()  # a new controller
    begun = [line.split("'")[1] for line in lines(ctx) if "begins" in line]
    assert begun == ["one", "killed at write 0", "killed at write 1"]


def test_a_log_forgets_its_beginning_and_a_half_record_is_never_read(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    book.append(folder, ["first é"], [1])
    (folder / "0.log").open("ab").write(b"half a rec")  # whoever wrote it was killed
    found = book.read(folder, 0, 1000)
    assert found is not None
    assert (found.text, found.next, found.size) == ("first é\n", 9, 9)
    book.append(folder, ["second"], [2])
    assert book.whole(folder) == "first é\nsecond\n".encode()
    filler = "x" * 1023
    for _ in range(3):
        book.append(folder, [filler] * (book.PART // 1024))
    kept = book.whole(folder)
    assert len(kept) <= (book.PARTS + 1) * book.PART
    state = book.state(folder)
    assert state is not None
    assert state.end == 9 + 7 + 3 * book.PART
    assert len(list(folder.glob("*.log"))) == book.PARTS
    early = book.read(folder, 0, 10, numbered=True)
    assert early is not None
    assert (early.offset, early.line, early.text) == (state.parts[0][0], state.parts[0][1], "x" * 10)
    across = book.read(folder, state.parts[1][0] - 5, 10, numbered=True)
    assert across is not None
    assert (across.text, across.line) == ("xxxx\nxxxxx", state.parts[1][1] - 1)
    last = book.read(folder, -5, 100)
    assert last is not None
    assert (last.text, last.next) == ("xxxx\n", state.end)


def test_a_program_that_writes_without_end_is_kept_from_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("".join(f"line {n}\n" for n in range(20_000)) + "no end of line")
    first, offset = copying._new(path, 0, over=False)
    assert (first[0], offset <= copying._FIRST) == ("line 0", True)
    assert copying._new(path, offset, over=False) == ([], offset)
    rest, end = copying._new(path, offset, over=True)
    assert (rest[-1], end) == ("no end of line", path.stat().st_size)
    assert any("bytes are left out" in line for line in rest)


def test_every_way_to_it(ctx: Context, client: TestClient, studio: Studio, cli: Callable[..., Result]) -> None:
    clusters.create(ctx, ClusterCreate(name="cpu", max_nodes=2, memory_bytes=2**20))
    assert client.get(URL).json() == []
    missing = client.get(f"{URL}/1").json()
    assert (missing["code"], missing["hint"]) == ("compute.no_node_log", "Nothing has happened to a node of it so far.")
    job(ctx, "train")
    reconcile.tick(ctx)
    text = studio.compute.logs.text("cpu", 1)
    assert "Job 'train'" in text
    assert [(one.node, one.up) for one in studio.compute.logs.list("cpu")] == [("1", True)]
    assert client.get(f"{URL}/1", params={"offset": -10, "numbered": True}).json()["line"] == 3
    assert client.get(f"{URL}/1/file").text == text
    assert cli("compute", "logs", "cpu").output == text
    assert cli("compute", "logs", "cpu", "--node", "1").output == text
    assert next(studio.compute.logs.follow("cpu", 1)) == text
    assert "There are logs of: 1." in client.get(f"{URL}/7").json()["hint"]
    for node in ("..", "-1", "x", "１"):
        with pytest.raises(NodeLogNotThere):
            service.read(ctx, "cpu", node)
    for name, code in (("local", "compute.no_nodes"), ("nope", "compute.not_found")):
        assert client.get(f"/w/default/api/compute/{name}/logs").json()["code"] == code
    assert client.get(f"{URL}/7/stream").status_code == 404


def test_it_is_followed_from_a_byte_on(ctx: Context) -> None:
    clusters.create(ctx, ClusterCreate(name="cpu", max_nodes=1, memory_bytes=2**20))
    job(ctx, "one")
    reconcile.tick(ctx)

    async def follow() -> list[str]:
        stream = service.follow(ctx, "cpu", "1", 0)
        found = []
        assert await anext(stream) == b"retry: 1000\n\n"
        for name in ("two", ""):
            event = json.loads((await anext(stream)).decode().partition("data: ")[2])
            found.append(event["text"])
            if name:
                await asyncio.to_thread(job, ctx, name)
                await asyncio.to_thread(reconcile.tick, ctx)
        await stream.aclose()  # type: ignore[attr-defined]
        return found

    first, second = asyncio.run(follow())
    assert "Job 'one'" in first
    assert "Job 'one'" not in second
    assert "Job 'two'" in second
