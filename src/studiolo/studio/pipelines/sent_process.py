"""The child that reads the file of a pipeline that was sent, so that nothing outside of its folder is opened: `python -m …sent_process`.

One JSON request on standard input, one JSON reply on standard output: `{"spec": …, "files": …, "warnings": …}` or `{"bad": …}`.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments.job_files import document as _document  # noqa: F401 - all is imported before the gate closes
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files import pipelines, reading

_LOOKS = ("open", "os.listdir", "os.scandir")
_MOST_NAMED = 200_000  # files, each as often as a step names it: the studio holds the answer in its memory
_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect")


class _Outside(PermissionError):
    """A path that leads out of the folder."""


def main() -> int:
    """Answer the one request."""
    request = json.load(sys.stdin)
    for kind, value in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, int(request["seconds"]) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue
    root = Path(request["root"])
    import yaml  # noqa: F401 - as above

    _close(root)
    json.dump(_read(root, root / request["main"]), sys.stdout)
    return 0


def _read(root: Path, path: Path) -> dict[str, Any]:
    try:
        spec, found = pipelines.of(reading.read(path), path, {})
        if sum(map(len, found.files.values())) > _MOST_NAMED:
            said = f"Its steps bring along more than {_MOST_NAMED:,} files in all."
            raise BadPipeline(
                said, "Leave files out with .amlignore, or submit it from the command line.", field="file"
            )
        files = [
            [list(slot), [[file.path, file.source.resolve().relative_to(root).as_posix()] for file in listed]]
            for slot, listed in found.files.items()
        ]
    except StudioloError as error:
        told = {"detail": error.detail, "hint": error.hint or "", "field": error.field or ""}
        several = error.extra.get("problems", []) if error.extra else []
        problems = [{name: str(text).replace(f"{root}/", "") for name, text in one.items()} for one in several]
        return {"bad": {name: str(text).replace(f"{root}/", "") for name, text in told.items()}, "problems": problems}
    except (_Outside, ValueError):
        return {
            "bad": {
                "detail": "The file names a path outside of its folder.",
                "hint": "Send the folder that holds all of it, and name files by their place in it.",
                "field": "file",
            }
        }
    except (RecursionError, MemoryError):
        return {"bad": {"detail": "The file is nested too deeply.", "field": "file"}}
    return {"spec": spec, "files": files, "warnings": [text.replace(f"{root}/", "") for text in found.warnings]}


def _close(root: Path) -> None:
    """From here on nothing is opened or listed but what is in the folder and Python's own modules, and nothing is started."""
    inside = (f"{root}/", *{f"{Path(place).resolve()}/" for place in (*sys.path, sys.prefix, sys.base_prefix) if place})

    def gate(event: str, given: tuple[Any, ...]) -> None:
        if event in _STARTS:
            raise _Outside(event)
        if event in _LOOKS and isinstance(given[0], str | bytes):
            name = given[0].decode() if isinstance(given[0], bytes) else given[0]
            place = str(Path(name).resolve())
            if not f"{place}/".startswith(inside):
                raise _Outside(place)

    sys.addaudithook(gate)


if __name__ == "__main__":
    sys.exit(main())
