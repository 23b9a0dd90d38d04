"""Many blobs copied at once: named only when the disk has them, whatever was written ahead."""

import io
import os
import threading
from pathlib import Path

import pytest
from blake3 import blake3

from studiolo.kernel.storage import batches
from studiolo.kernel.storage.batches import Batch
from studiolo.kernel.storage.blobs import LocalBlobStore

FILES = [bytes([number]) * 1000 for number in range(40)]


def stored(store: LocalBlobStore) -> list[Path]:
    return [path for path in store.root.glob("??/*") if path.is_file()]


def fill(batch: Batch) -> list[str]:
    return [batch.copy(io.BytesIO(content)).digest for content in FILES]


def test_what_is_written_ahead_has_no_name_before_the_flush(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AHEAD_BYTES", 5000)
    begun: list[str] = []
    real = batches._sync_all

    def sync(root: Path) -> bool:
        begun.append(threading.current_thread().name)
        return real(root)

    monkeypatch.setattr(batches, "_sync_all", sync)
    store = LocalBlobStore(tmp_path / "blobs")
    with Batch(store) as batch:
        digests = fill(batch)
        assert "to-disk" in begun
        assert stored(store) == []
        batch.flush()
        assert begun[-1] == threading.current_thread().name, "what was written after the last time ahead"
    assert digests == [blake3(content).hexdigest() for content in FILES]
    assert all(store.path(digest).read_bytes() == content for digest, content in zip(digests, FILES, strict=True))


def test_a_large_file_is_written_ahead_while_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "AHEAD_BYTES", 2 << 20)
    begun = threading.Event()
    monkeypatch.setattr(batches, "_sync_all", lambda root: bool(root) and (begun.set() or True))  # type: ignore[func-returns-value]

    class Source(io.BytesIO):
        def readinto(self, buffer: object) -> int:
            count = super().readinto(buffer)  # type: ignore[arg-type]
            if not count:
                assert begun.wait(20), "before its end is read"
            return count

    store = LocalBlobStore(tmp_path / "blobs")
    with Batch(store) as batch:
        blob = batch.copy(Source(b"x" * (8 << 20)))
        batch.flush()
    assert store.path(blob.digest).stat().st_size == 8 << 20


def test_a_disk_that_refuses_what_is_written_ahead_is_asked_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system tells of a failure once: had the thread beside heard of it, the next question would be answered with yes."""
    monkeypatch.setattr(batches, "AHEAD_BYTES", 5000)
    monkeypatch.setattr(batches, "_sync_all", lambda _: threading.current_thread().name != "to-disk")
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 30:
            raise OSError(5, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    store = LocalBlobStore(tmp_path / "blobs")
    with Batch(store) as batch:
        fill(batch)
        with pytest.raises(OSError, match="Input/output"):
            batch.flush()
    assert stored(store) == []
    assert list(store.spool.iterdir()) == []
