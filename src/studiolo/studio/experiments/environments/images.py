"""Brings the image of an environment when a job is the first to need it: pulled or built, under a lock as packages are.

It runs in the process that prepares a job, so that what the engine says stands in the job's log. Which image it became is written down
beside; that very one is taken until it is gone from the engine, and a pulled one is then asked for by its digest.
"""

import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

from studiolo.kernel import untar
from studiolo.studio.experiments.environments.building import READY, NotBuilt, Say, hold

TAG = "localhost/studiolo-environment"


def ensure(folder: Path, name: str, given: dict[str, Any], context: Path, say: Say) -> dict[str, Any]:
    """Return what is known of an image, bringing it where it is not there. Raises NotBuilt.

    folder: of all environments; name: of the lock; given: `container` of what a job runs in; context: the tar.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = str(given["program"])
    with hold(folder, name, say):
        known = _known(folder / name / READY)
        if known and known.get("engine") == given["kind"] and _inspected(program, str(known["image"])):
            os.utime(folder / name / READY)
            return known
        return _bring(folder, name, given, context, known, say)


def _bring(
    folder: Path, name: str, given: dict[str, Any], context: Path, known: dict[str, Any] | None, say: Say
) -> dict[str, Any]:
    begun = time.monotonic()
    part = folder / f".{name}.{os.getpid()}"
    for left in folder.glob(f".{name}.*"):
        shutil.rmtree(left, ignore_errors=True)
    part.mkdir()
    with (folder / f"{name}.log").open("w", encoding="utf-8") as log:

        def tell(line: str) -> None:
            say(line)
            log.write(f"{line}\n")

        try:
            reference, fresh = (
                _pull(given, known, tell) if given["pulled"] else (_build(name, given, context, part, tell), True)
            )
            found = _inspected(str(given["program"]), reference)
            if found is None:
                raise NotBuilt(f"The engine does not know {reference}, which it has just brought.")
            digests = found.get("RepoDigests") or []
            about = {
                "image": str(found["Id"]),
                "digest": str(digests[0]) if digests else "",
                "reference": reference,
                "engine": given["kind"],
                "program": given["program"],
                "ours": fresh,  # goes when the environment does
                "bytes": int(found.get("Size") or 0),
                "built_at": time.time(),
                "seconds": round(time.monotonic() - begun, 2),
            }
            ready = part / "ready"
            ready.mkdir()
            (ready / READY).write_text(json.dumps(about), "utf-8")
            shutil.rmtree(folder / name, ignore_errors=True)
            ready.rename(folder / name)
            tell(
                f"Ready in {about['seconds']} s, {int(str(about['bytes'])) / 2**20:.0f} MiB: {about['digest'] or about['image']}"
            )
            return about
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _pull(given: dict[str, Any], known: dict[str, Any] | None, tell: Say) -> tuple[str, bool]:
    """Return the image's name, pulled where the engine does not have it; and whether it was."""
    program, image = str(given["program"]), str(given["image"])
    wanted = str(known["digest"]) if known and known.get("digest") else image
    if _inspected(program, wanted):
        return wanted, False
    _run([program, "pull", wanted], tell, f"The image {wanted} cannot be pulled")
    return wanted, True


def _build(name: str, given: dict[str, Any], context: Path, part: Path, tell: Say) -> str:
    """Build the image of a folder; returns its tag."""
    place = part / "context"
    place.mkdir()
    try:
        with tarfile.open(context, mode="r:gz") as tar:
            for member in tar:
                untar.take(tar, member, place)
    except (OSError, tarfile.TarError) as error:
        raise NotBuilt(f"The folder of the image cannot be unpacked: {error}.") from None
    tag = f"{TAG}:{name}"
    command = [str(given["program"]), "build", "--tag", tag, "--file", str(place / given["dockerfile"])]
    command += [f"--network={given['network']}"] if given["network"] else []
    _run([*command, str(place)], tell, "The image cannot be built")
    return tag


def _run(command: list[str], tell: Say, what: str) -> None:
    tell(f"$ {' '.join([Path(command[0]).name, *command[1:]])}")
    env = {"BUILDKIT_PROGRESS": "plain", **os.environ}
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    last = ""
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip():
            last = line.strip()
            tell(line.rstrip())
    if process.wait() != 0:
        raise NotBuilt(f"{what}. {last[:1000] or f'The engine ended with code {process.returncode}.'}")


def _inspected(program: str, image: str) -> dict[str, Any] | None:
    try:
        done = subprocess.run(
            [program, "image", "inspect", image], capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False
        )
        found: list[dict[str, Any]] = json.loads(done.stdout) if done.returncode == 0 else []
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(f"The container engine does not answer: {error}.") from None
    return found[0] if found else None


def _known(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if found.get("image") else None


def remove(folder: Path) -> None:
    """Let the engine forget the image of an environment that goes; one that is used stays with it."""
    known = _known(folder / READY)
    if known and known.get("ours"):
        command = [str(known["program"]), "image", "rm", str(known["reference"])]
        try:
            subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return
