"""Runs before a job's command, in the attempt's folder: builds its environment, fetches its inputs; what it says is in the log.

`python -m studiolo.studio.experiments.preparing`: the plan is `plan.json`, and why it failed is left in `failure.json`.
"""

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from studiolo.kernel import outbound
from studiolo.kernel.errors import StudioloError
from studiolo.runner import attempt as files
from studiolo.runner.journal import Journal
from studiolo.studio import slices
from studiolo.studio.experiments.environments import building, images

PLAN = "plan.json"
SETTING = "STUDIOLO_FETCH_PRIVATE"
_PIECE = 1 << 20
_TELL = 0.5  # seconds between two reports


class Failed(Exception):
    """A step failed; kind: the class of the run's failure."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def main() -> int:
    """Do what the plan says; returns the exit code."""
    return run(prepare)


def run(work: Any) -> int:
    """Read the plan, work, and leave behind why it failed."""
    place = Path.cwd()
    plan = json.loads((place / PLAN).read_text("utf-8"))
    try:
        work(place, plan)
    except Failed as error:
        say(f"error: {error}")
        files.write_json(str(place), files.FAILURE, {"class": error.kind, "error": str(error)})
        return 1
    return 0


def say(line: str) -> None:
    """Write a line of ours into the job's log."""
    sys.stdout.write(f"[studio] {line}\n")
    sys.stdout.flush()


def said_of(chosen: dict[str, Any]) -> list[str]:
    """Return what a job's log says first of its environment: which it is, and what of its definition is not done as written."""
    return [f"Environment {chosen['reference']}", *(f"Note: {note}" for note in chosen.get("notes") or [])]


def prepare(place: Path, plan: dict[str, Any]) -> None:
    """Build the environment and fetch the inputs."""
    if chosen := plan.get("environment"):
        for line in said_of(chosen):
            say(line)
        try:
            if given := chosen.get("container"):
                _tell_image(
                    images.ensure(Path(chosen["folder"]), chosen["hash"], given, Path(chosen["lock_file"]), say)
                )
            else:
                lock = Path(chosen["lock_file"]).read_text("utf-8")
                building.ensure(Path(chosen["folder"]), chosen["hash"], lock, chosen["python"], say)
        except building.NotBuilt as error:
            raise Failed("environment", f"The environment {chosen['reference']} cannot be built. {error}") from None
        except OSError as error:
            raise Failed("environment", f"The environment {chosen['reference']} cannot be built: {error}.") from None
    for name, stage in plan.get("staged", {}).items():
        try:
            _fetch(place / "inputs" / name, name, stage, plan)
        except StudioloError as error:
            raise Failed("input_missing", f"Input '{name}' cannot be fetched. {error}") from None
        except OSError as error:
            raise Failed("input_missing", f"Input '{name}' cannot be fetched: {error}.") from None


def _tell_image(found: dict[str, Any]) -> None:
    """Let the run say which image it was."""
    journal = Journal()
    journal.tag("studiolo.image", found["reference"])
    journal.tag("studiolo.image_digest", found["digest"] or found["image"])


def _fetch(target: Path, name: str, stage: dict[str, Any], plan: dict[str, Any]) -> None:
    if "rows" in stage:
        _take_rows(target, name, stage)
        return
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    begun = time.monotonic()
    told = _Told(name)
    if url := stage.get("url"):
        say(f"Fetching input '{name}' from {url.partition('?')[0]}")
        _from_web(url, target / stage["file"], plan, told)
    else:
        say(f"Fetching input '{name}' from {stage['datastore']}/{stage['path']}")
        _from_store(target, stage, told)
    say(f"  {told.files} files, {told.bytes / 2**20:.1f} MiB in {time.monotonic() - begun:.1f} s")


def _take_rows(target: Path, name: str, stage: dict[str, Any]) -> None:
    """Leave of a dataset, whose files are there, the rows of a part alone."""
    say(f"Taking the rows of {stage['reference']} for input '{name}'")
    begun = time.monotonic()
    for _, taker in slices.parts("part_files"):
        size = taker.take(target, stage["rows"], stage["file"], stage["type"])
        say(f"  {stage['file']}, {size / 2**20:.1f} MiB in {time.monotonic() - begun:.1f} s")


class _Told:
    """Counts what has come, and tells it now and then."""

    def __init__(self, name: str) -> None:
        self.files = self.bytes = 0
        self._name, self._last, self._journal = name, time.monotonic(), Journal()

    def add(self, count: int) -> None:
        self.bytes += count
        if time.monotonic() - self._last >= _TELL:
            self._last = time.monotonic()
            self._journal.progress(self.bytes, None, f"Fetching input '{self._name}'")


def _from_web(url: str, path: Path, plan: dict[str, Any], told: _Told) -> None:
    deadline = time.monotonic() + float(plan["fetch_seconds"])
    with outbound.stream(url, {}, deadline=deadline, private=bool(plan["fetch_private"]), setting=SETTING) as reply:
        if reply.status != 200:
            raise Failed("input_missing", f"{url.partition('?')[0]} answers {reply.status}.")
        with path.open("wb") as file:
            for piece in reply.pieces:
                file.write(piece)
                told.add(len(piece))
        if reply.size is not None and path.stat().st_size != reply.size:
            raise Failed("input_missing", f"{url.partition('?')[0]} ended after {path.stat().st_size:,} bytes.")
    told.files += 1
    path.chmod(0o444)


def _from_store(target: Path, stage: dict[str, Any], told: _Told) -> None:
    from studiolo.studio.datastores.opening import from_environment
    from studiolo.studio.datastores.paths import clean

    store = from_environment(stage["datastore"])
    wanted = clean(stage["path"], empty=True)
    for entry in store.walk(wanted):
        if entry.folder:
            continue
        inside = entry.path.removeprefix(f"{wanted}/") if wanted and entry.path != wanted else entry.path
        name = entry.path.rpartition("/")[2] if entry.path == wanted else inside
        path = target / clean(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with store.read(entry.path, pin=entry.fingerprint) as source, path.open("wb") as file:
            _copy(source, file, told)
        path.chmod(0o444)
        told.files += 1
    if not told.files or (stage.get("file") and not (target / stage["file"]).is_file()):
        raise Failed("input_missing", f"Nothing is at {stage['datastore']}/{stage['path']}.")


def _copy(source: BinaryIO, target: BinaryIO, told: _Told) -> None:
    while piece := source.read(_PIECE):
        target.write(piece)
        told.add(len(piece))


if __name__ == "__main__":
    sys.exit(main())
