"""The job that looks at files as they are: `python -m studiolo.studio.datasets.file_profile.job`, in a process of its own."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.runner.journal import Journal
from studiolo.studio.datasets.file_profile.look import Listed, look
from studiolo.studio.datasets.table_file import FILES, PROFILE_FILE


def listed(folder: Path) -> list[Listed]:
    """Return the files in a job's input: as `files.json` lists them, or the one file that lies there."""
    told = folder / FILES
    if told.is_file():
        return list(_told(folder, json.loads(told.read_text("utf-8"))))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [Listed(str(path.relative_to(folder)), path.stat().st_size, path) for path in files]


def _told(folder: Path, entries: list[dict[str, Any]]) -> Iterator[Listed]:
    for entry in entries:
        place = folder / entry["file"] if "file" in entry else None
        size = entry["size"] if "size" in entry else place.stat().st_size if place else 0
        yield Listed(str(entry["path"]), int(size), place, str(entry.get("digest") or ""))


def main() -> int:
    """Look at the files and say how far it is."""
    journal = Journal()
    folder = Path(os.environ["STUDIOLO_INPUTS"]) / "data"
    files = listed(folder)
    print(f"looking at {len(files):,} files", flush=True)
    found = look(files, lambda done, total: journal.progress(done, total or 1, "Looking at the files"))
    (Path(os.environ["STUDIOLO_OUTPUTS"]) / PROFILE_FILE).write_text(found.model_dump_json(), encoding="utf-8")
    print(
        f"done in {found.seconds:.1f} s: {found.files:,} files, {found.repeated:,} repeated, {found.empty:,} empty",
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
