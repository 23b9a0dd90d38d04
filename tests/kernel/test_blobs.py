"""Content-addressed bytes: whole or not there, whatever breaks between the first byte and the name."""

import errno
import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from studiolo.kernel.errors import DiskFull
from studiolo.kernel.storage import blobs
from studiolo.kernel.storage.blobs import BlobMissing, LocalBlobStore

CONTENT = b"column\n1\n" * 1000


@pytest.fixture
def store(tmp_path: Path) -> LocalBlobStore:
    return LocalBlobStore(tmp_path / "blobs")


def files(store: LocalBlobStore) -> list[str]:
    return sorted(str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file())


def test_the_name_is_the_blake3_of_the_content(store: LocalBlobStore) -> None:
    blob = store.put(CONTENT)
    assert (blob.digest, blob.size) == (blake3(CONTENT).hexdigest(), len(CONTENT))
    assert store.path(blob.digest).read_bytes() == CONTENT
    with store.open(blob.digest) as file:
        assert file.read() == CONTENT


def test_the_same_content_is_stored_once_whatever_it_came_from(store: LocalBlobStore, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(CONTENT)
    stream = (CONTENT[at : at + 7] for at in range(0, len(CONTENT), 7))
    assert store.put(CONTENT) == store.put(source) == store.put(stream)
    assert len(files(store)) == 1


def test_writers_of_the_same_content_at_once_agree(store: LocalBlobStore) -> None:
    ready = threading.Barrier(8)

    def write() -> None:
        ready.wait()
        store.put(CONTENT)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files(store)) == 1
    assert store.path(blake3(CONTENT).hexdigest()).read_bytes() == CONTENT


def test_a_blob_cannot_be_changed_by_accident(store: LocalBlobStore) -> None:
    path = store.path(store.put(CONTENT).digest)
    assert path.stat().st_mode & 0o777 == 0o444


def test_the_empty_content_is_a_blob_too(store: LocalBlobStore) -> None:
    assert store.path(store.put(b"").digest).read_bytes() == b""


def test_bytes_are_on_disk_before_they_have_a_name(store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    fsync, rename = os.fsync, Path.rename

    def seen_fsync(descriptor: int) -> None:
        order.append("fsync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync file")
        fsync(descriptor)

    def seen_rename(self: Path, target: Path) -> Path:
        order.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(Path, "rename", seen_rename)
    store.put(CONTENT)
    assert order == ["fsync file", "fsync folder", "rename", "fsync folder"]


STEPS: dict[str, Callable[[pytest.MonkeyPatch, OSError], None]] = {
    "fsync of the file": lambda patch, error: patch.setattr(os, "fsync", _raising(error)),
    "protecting": lambda patch, error: patch.setattr(Path, "chmod", _raising(error)),
    "making the folder": lambda patch, error: patch.setattr(Path, "mkdir", _raising(error)),
    "rename": lambda patch, error: patch.setattr(Path, "rename", _raising(error)),
    "fsync of the folder": lambda patch, error: patch.setattr(blobs, "_sync_folder", _raising(error)),
}


def _raising(error: OSError) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_failure_at_any_step_leaves_no_half_blob(
    store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    with monkeypatch.context() as patch:
        STEPS[step](patch, OSError(code, os.strerror(code)))
        with pytest.raises(DiskFull if code == errno.ENOSPC else OSError):
            store.put(CONTENT)
    assert list(store.spool.iterdir()) == []
    for name in files(store):
        assert store.root.joinpath(name).read_bytes() == CONTENT, "what has a name is whole"
    assert store.path(store.put(CONTENT).digest).read_bytes() == CONTENT, "trying again works"


class Full:
    """A file on a disk that has room for so many bytes."""

    def __init__(self, file: object, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: bytes) -> int:
        if len(data) > self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._room -= len(data)
        return int(self._file.write(data))  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


def test_a_full_disk_while_writing_says_so_and_leaves_nothing(store: LocalBlobStore) -> None:
    writer = store.writer()
    writer._file = Full(writer._file, 3)  # type: ignore[assignment]
    writer.write(b"abc")
    with pytest.raises(DiskFull, match="no room"):
        writer.write(b"d")
    assert files(store) == []


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process differ elsewhere")
def test_a_real_limit_of_the_system_is_met_as_a_full_disk(tmp_path: Path) -> None:
    """The kernel refuses at 64 KiB; the buffer of Python's file meets it at flush, not at write."""
    program = """
import sys
from pathlib import Path
from studiolo.kernel.errors import DiskFull
from studiolo.kernel.storage.blobs import LocalBlobStore
store = LocalBlobStore(Path(sys.argv[1]))
for size in (200_000, 65_537):
    try:
        store.put(b"x" * size)
    except DiskFull as error:
        print("full", list(store.spool.iterdir()))
"""
    limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536))}
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "b")], capture_output=True, text=True, **limits
    )
    assert done.stdout == "full []\nfull []\n", done.stderr


def test_a_stream_that_breaks_off_leaves_nothing(store: LocalBlobStore) -> None:
    def cut_off() -> Iterator[bytes]:
        yield b"first"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put(cut_off())
    assert files(store) == []


def test_an_unreadable_source_leaves_nothing(store: LocalBlobStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.put(tmp_path / "absent")
    assert files(store) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "f" * 63, "f" * 65, "..", "f" * 63 + "/"])
def test_what_is_no_digest_never_becomes_a_path(store: LocalBlobStore, name: str) -> None:
    with pytest.raises(BlobMissing, match="not the name"):
        store.path(name)


def test_a_missing_blob_is_a_loud_error(store: LocalBlobStore) -> None:
    assert not store.exists("0" * 64)
    with pytest.raises(BlobMissing, match="000000000000"):
        store.open("0" * 64)


def test_a_link_is_read_only_and_replaces_what_was_there(store: LocalBlobStore, tmp_path: Path) -> None:
    digest = store.put(CONTENT).digest
    target = tmp_path / "job" / "inputs" / "a.csv"
    for _ in range(2):
        store.link(digest, target)
        assert target.read_bytes() == CONTENT
        assert target.stat().st_mode & 0o222 == 0


def test_a_link_across_file_systems_is_a_read_only_copy(
    store: LocalBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = store.put(CONTENT).digest
    monkeypatch.setattr(os, "link", _raising(OSError(errno.EXDEV, "Invalid cross-device link")))
    store.link(digest, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o444


def test_what_is_stored_in_passing_has_its_name_when_it_is_waited_for(
    store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    sync = os.fsync

    def slow(descriptor: int) -> None:
        assert go.wait(30)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    with store.beside() as through:
        with store.in_passing():
            blob = store.put(CONTENT)
        place = store.location(blob.digest)
        assert not place.exists()  # after a power cut it is there whole or not at all
        assert store.keep(blob.digest)  # by who waits for it before it is named
        assert store.keep_all([blob.digest]) == []
        seen: list[bool] = []
        other = threading.Thread(target=lambda: seen.append(store.exists(blob.digest)))
        other.start()
        go.set()
        assert store.path(blob.digest).read_bytes() == CONTENT  # who reads it waits too
        through()
        assert place.exists()
        other.join()
    assert seen == [True]
    assert len(files(store)) == 1
    with store.in_passing():  # nobody would wait for it
        assert store.location(store.put(b"other").digest).exists()


def test_what_cannot_be_stored_in_passing_is_told_before_it_is_named(
    store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def stored() -> None:
        with store.beside() as through:
            with store.in_passing():
                store.put(CONTENT)
            through()

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull):
        stored()
    with store.beside() as through:  # what went wrong in one block is not told in the next
        through()
    assert files(store) == []
    monkeypatch.undo()
    assert store.exists(store.put(CONTENT).digest)
