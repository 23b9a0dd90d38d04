"""The end of a file that comes in several pieces: one writer at a time, and its length says how much is here."""

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import DiskFull
from studiolo.studio.datasets.errors import UploadOffset, UploadTooLarge


class Appending:
    """Writes to the end of a part, one writer at a time: the length of the file is how much is here."""

    def __init__(self, part: Path, path: str, offset: int, size: int) -> None:
        self._part, self._path, self._size = part, path, size
        self.at = offset
        self._file: Any = None

    def begin(self) -> None:
        """Open and lock; raises UploadOffset when the bytes do not follow."""
        self._part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = self._part.open("ab", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            here = os.fstat(self._file.fileno()).st_size
            self._file.close()
            self._file = None
            raise UploadOffset(self._path, self.at, here) from None
        here = os.fstat(self._file.fileno()).st_size
        if here != self.at:
            raise UploadOffset(self._path, self.at, here)

    def write(self, data: bytes) -> None:
        """Append; raises UploadTooLarge beyond the size that was announced, DiskFull without room."""
        if self.at + len(data) > self._size:
            raise UploadTooLarge(
                f"'{self._path}' was announced with {self._size:,} bytes, and more come.",
                "Announce it with its size; does somebody still write it?",
                field="path",
            )
        view = memoryview(data)
        while view:
            try:
                written = self._file.write(view)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise DiskFull(
                        "There is no room left for the upload.", "Free some space, then go on: what came is kept."
                    ) from error
                raise
            self.at += written
            view = view[written:]

    def end(self) -> int:
        """Write through to the disk; returns how many bytes are here."""
        if self._file is None:
            return 0
        with self._file:
            os.fsync(self._file.fileno())
            return os.fstat(self._file.fileno()).st_size
