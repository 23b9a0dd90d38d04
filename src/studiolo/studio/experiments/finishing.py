"""Runs after a job's command, when it succeeded: copies outputs to the datastores that they are declared for.

`python -m studiolo.studio.experiments.finishing`, in the attempt's folder.
"""

import os
import sys
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments.preparing import Failed, run, say


def main() -> int:
    """Do what the plan says; returns the exit code."""
    return run(finish)


def finish(place: Path, plan: dict[str, Any]) -> None:
    """Copy each output to its place; one that the command did not write is the command's fault."""
    from studiolo.studio.datastores.opening import from_environment

    for name, kept in plan.get("kept_at", {}).items():
        source = place / "outputs" / name
        count = 0
        try:
            store = from_environment(kept["datastore"])
            for path, inside in _files(source):
                target = f"{kept['path'].rstrip('/')}/{inside}".strip("/") if inside else kept["path"].strip("/")
                with path.open("rb") as file:
                    store.write(target, file, path.stat().st_size)
                count += 1
        except StudioloError as error:
            raise Failed("environment", f"Output '{name}' cannot be copied to {kept['datastore']}. {error}") from None
        except OSError as error:
            raise Failed("environment", f"Output '{name}' cannot be copied to {kept['datastore']}: {error}.") from None
        if not count:
            raise Failed("user_error", f"Output '{name}' was not written: the command left nothing at {source}.")
        say(f"Output '{name}': {count} files to {kept['datastore']}/{kept['path']}")


def _files(source: Path) -> list[tuple[Path, str]]:
    """Return files with their path below an output; of an output that is one file the path is empty."""
    if source.is_file():
        return [(source, "")]
    found = []
    for folder, _, names in os.walk(source):
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                found.append((path, path.relative_to(source).as_posix()))
    return found


if __name__ == "__main__":
    sys.exit(main())
