"""Where the artifacts of a source are on this machine."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

from studiolo.studio.experiments.importing.source import FoundFile, stamp

_TAIL = re.compile(r"([^/]+/(?:[0-9a-zA-Z][\w-]*|models/m-[0-9a-f]+|traces/[0-9a-zA-Z][\w-]*)/artifacts(?:/.*)?)$")


class Places:
    """Finds folders of artifacts. given: `--artifacts`; beside: folders near the source where MLflow puts them."""

    def __init__(self, given: Path | None, beside: list[Path]) -> None:
        self._roots = [given] if given else []
        self._beside = beside
        self._moved: set[str] = set()  # what the source calls folders of experiments that were found elsewhere

    def folder(self, uri: str) -> Path | None:
        """Return the local folder of an artifact URI, None when it is not on this machine."""
        candidates: list[Path] = []
        tail = _TAIL.search(uri.rstrip("/"))
        if tail:
            candidates += [root / tail[1] for root in self._roots]
        local = local_path(uri)
        if local is not None:
            candidates.append(local)
            if not local.is_absolute():
                candidates += [root / local for root in self._beside]
        found = next((path for path in candidates if path.is_dir()), None)
        if found is None and tail:
            near = [root / name / tail[1] for root in self._beside for name in ("", "mlruns", "mlartifacts")]
            found = next((path for path in near if path.is_dir()), None)
            if found is not None:
                self._moved.add(_before(uri, tail))
        return found

    def reachable(self, uri: str) -> bool:
        """Say whether a missing folder means that there are no files (and not that we cannot look)."""
        if self._roots:
            return True
        tail = _TAIL.search(uri.rstrip("/"))
        if tail and _before(uri, tail) in self._moved:  # others of the same folder came along, this one had none
            return True
        local = local_path(uri)
        if local is None:
            return False
        return any(parent.is_dir() for parent in [local, *local.parents][:5] if parent != Path(parent.anchor))


def _before(uri: str, tail: re.Match[str]) -> str:
    return uri[: tail.start()]


def local_path(uri: str) -> Path | None:
    """Return the path of a `file:` URI or a plain path, None for other schemes.

    >>> str(local_path("file:///a%20b/c")), local_path("s3://bucket/x")
    ('/a b/c', None)
    """
    scheme = urlparse(uri).scheme
    if scheme == "file":
        return Path(unquote(urlparse(uri).path))
    if not scheme or len(scheme) == 1:  # a drive letter
        return Path(uri)
    return None


def files_below(folder: Path) -> Iterator[FoundFile]:
    """Yield the files of a folder by path; links are left out, they may lead anywhere."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield FoundFile(path.relative_to(folder).as_posix(), path)


def stamp_of(folder: Path | None) -> str:
    """Return a stamp of the files of a folder."""
    if folder is None or not folder.is_dir():
        return ""
    about = []
    for file in files_below(folder):
        assert file.local is not None
        stat = file.local.stat()
        about.append((file.path, stat.st_size, stat.st_mtime_ns))
    return stamp(about)
