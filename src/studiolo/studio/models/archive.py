"""A model version as a zip, written while it is sent: memory stays at one piece whatever the size of the model."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_PIECE = 1 << 20


class _Sink:
    """What zipfile writes to, and the generator empties."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def zipped(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """Yield a zip of (path, local file), stored without compression: model files are compressed already or small."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:  # type: ignore[call-overload]
        for path, source in files:
            entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))  # the same version is the same bytes
            entry.external_attr = 0o644 << 16
            entry.file_size = source.stat().st_size
            with source.open("rb") as reader, archive.open(entry, "w") as writer:
                while piece := reader.read(_PIECE):
                    writer.write(piece)
                    yield sink.take()
            yield sink.take()
    yield sink.take()
