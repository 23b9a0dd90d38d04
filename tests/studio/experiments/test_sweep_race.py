"""The sweep of the store against those who name blobs in the same moment: never is something named that is not there."""

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.storage.blobs import LocalBlobStore

DAY = 86400.0


def _old(ctx: Context, days: float = 2) -> None:
    """Let every blob be so old."""
    moment = ctx.clock.now().timestamp() - days * DAY
    for path in ctx.blobs.root.glob("??/*"):
        os.utime(path, (moment, moment))


def test_an_upload_of_the_same_bytes_never_loses_to_the_sweep(ctx: Context) -> None:
    """In each round an old blob that nobody names is found by writers and by the sweep at the same moment."""
    before = ctx.clock.now() - timedelta(days=1)
    old = before.timestamp() - 100
    rounds, outcomes = 300, {True: 0, False: 0}
    blobs = [ctx.blobs.put(f"content {n}".encode()) for n in range(rounds)]
    for blob in blobs:
        os.utime(ctx.blobs.path(blob.digest), (old, old))
    start = threading.Barrier(3)
    lost: list[int] = []

    def write() -> None:
        other = LocalBlobStore(ctx.blobs.root)  # as another process has it
        for n in range(rounds):
            start.wait()
            other.put(f"content {n}".encode())
            if not other.exists(blobs[n].digest):
                lost.append(n)

    def sweep() -> None:
        for blob in blobs:
            start.wait()
            for _ in range(20):
                outcomes[ctx.blobs.drop(blob.digest, before)] += 1

    threads = [threading.Thread(target=work) for work in (write, write, sweep)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    assert outcomes[True], "the sweep never came first: the test shows nothing"


@pytest.mark.parametrize("named", ["put", "keep"])
def test_the_sweep_waits_for_who_is_about_to_name_a_blob(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """Deterministic: the sweep has looked at the time of a blob and stops before it goes; who names it must wait for that."""
    content = b"found by both"
    blob = ctx.blobs.put(content)
    before = ctx.clock.now() - timedelta(days=1)
    os.utime(ctx.blobs.path(blob.digest), (before.timestamp() - 100,) * 2)
    looked, ended, real = threading.Event(), threading.Event(), Path.unlink

    def write() -> None:
        looked.wait(10)
        other = LocalBlobStore(ctx.blobs.root)
        if named == "put" or not other.keep(blob.digest):  # whoever is told that it is not here sends it
            other.put(content)
        ended.set()

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == ctx.blobs.location(blob.digest):
            looked.set()
            assert not ended.wait(0.5), "named between the look and the removal"
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    writer = threading.Thread(target=write)
    writer.start()
    assert ctx.blobs.drop(blob.digest, before)
    writer.join(10)
    assert ctx.blobs.path(blob.digest).read_bytes() == content


def test_a_blob_found_again_is_young_again(ctx: Context) -> None:
    blob = ctx.blobs.put(b"once more")
    _old(ctx)
    assert ctx.blobs.put(b"once more") == blob
    assert not ctx.blobs.drop(blob.digest, ctx.clock.now() - timedelta(days=1))
    _old(ctx)
    assert ctx.blobs.keep(blob.digest)
    assert not ctx.blobs.drop(blob.digest, ctx.clock.now() - timedelta(days=1))
    _old(ctx)
    assert ctx.blobs.drop(blob.digest, ctx.clock.now() - timedelta(days=1))
    assert not ctx.blobs.keep(blob.digest)
