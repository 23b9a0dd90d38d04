"""What environments take of the disk: theirs, and what uv's cache holds beside them.

Files of both are the same bytes (hard links), so what a cache takes is what no environment has a name for; taking that away takes
nothing from an environment.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.runner import attempt
from studiolo.studio.experiments.environments import building

CACHE, MEASURED = "cache", "space.json"
_BLOCK = 512  # bytes, whatever the file system's are: `man 2 stat`


def measure(root: Path, now: float) -> dict[str, Any]:
    """Look at every file, and keep what was found for those who ask. now: seconds since 1970."""
    seen: set[int] = set()
    taken = 0
    built = [path.parent for path in root.glob(f"*/{building.READY}")]
    for folder in built:
        for about in _files(str(folder)):
            if about.st_nlink == 1 or about.st_ino not in seen:
                taken += about.st_blocks * _BLOCK
                seen |= {about.st_ino} if about.st_nlink > 1 else set()
    own = sum(about.st_blocks * _BLOCK for about in _files(str(root / CACHE)) if about.st_ino not in seen)
    found = {"built": len(built), "bytes": taken, "cache_bytes": own, "measured_at": now}
    attempt.write_json(str(root), MEASURED, found, lasting=False)
    return found


def last(root: Path) -> dict[str, Any] | None:
    """Return what was found when it was last looked, None before that."""
    return attempt.read_json(str(root), MEASURED)


def cached(cache: Path) -> set[str]:
    """Return the names of the packages that uv's cache has wheels of."""
    # wheels-v8/pypi/<name>, wheels-v8/index/<index>/<name>: the number is of the format
    return {
        path.name
        for pattern in ("wheels-*/pypi/*", "wheels-*/index/*/*")
        for path in cache.glob(pattern)
        if path.is_dir()
    }


def _files(folder: str) -> Iterator[os.stat_result]:
    """Yield what is known of each file below a folder; what goes meanwhile is left out."""
    left = [folder]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    try:
                        about = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    if stat.S_ISDIR(about.st_mode):
                        left.append(entry.path)
                    yield about
        except (FileNotFoundError, NotADirectoryError):
            continue
