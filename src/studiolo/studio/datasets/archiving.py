"""Files of a version as one zip, written while it is sent: nothing of it is on the disk or whole in memory."""

import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, cast

from studiolo.kernel.storage.blobs import CHUNK, BlobStore
from studiolo.kernel.storage.manifests import Entry


class _Pieces:
    """What `zipfile` writes, until it is taken."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits below."""

    def take(self) -> bytes:
        found = b"".join(self._waiting)
        self._waiting.clear()
        return found


def pieces(blobs: BlobStore, entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a zip of files, stored as they are: most data files are packed already. Times are left out: same files, same zip."""
    out = _Pieces()
    with zipfile.ZipFile(cast("IO[bytes]", out), "w", zipfile.ZIP_STORED, allowZip64=True) as packed:
        for entry in entries:
            about = zipfile.ZipInfo(entry.path)
            about.external_attr = 0o644 << 16
            about.file_size = entry.size
            with (
                blobs.open(str(entry.digest)) as source,
                packed.open(about, "w", force_zip64=entry.size >= 2**31) as file,
            ):
                while piece := source.read(CHUNK):
                    file.write(piece)
                    yield out.take()
    yield out.take()
