"""Stands on another machine for the studio: `agent.py serve <root>` answers lines of JSON about attempts below the root.

It only looks, asks and passes bytes: it ends with its connection, and whatever runs goes on without it. `agent.py unpack <root>
<name>` makes an attempt of a tar on its input, whole or not at all; `agent.py pack <root> <name> <entry>` writes one to its
output. `serve <root> slurm` starts attempts as jobs of Slurm, which run `agent.py batch <root> <name>`; `serve <root> kubernetes` as Jobs of
Kubernetes, which run `agent.py pod <root> <name>`; `serve <root> ray` has a Ray start them, on whose nodes they are `agent.py worker <root> <name>`.
Standard library only; Python 3.10 or newer.
"""

import base64
import json
import os
import secrets
import shutil
import stat
import sys
import tarfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

MARKER = b"@studiolo "  # before each answer: what a login shell prints by itself is not one
PIECE = 1 << 20
BROUGHT = "brought"  # that what the attempt left was brought back
RECORDS = {"claim.json", "state.json", "exit.json", "slurm.json", "kube.json", "gone", BROUGHT}  # what stays of it then
_KEEP_SECONDS = 30 * 86_400
_SPACE_LEFT = 16 << 20
Verb = Callable[..., dict[str, Any]]


def serve(root: Path, lines: BinaryIO, out: BinaryIO, verbs: "dict[str, Verb] | None" = None) -> None:
    """Answer until the input ends. verbs: of another agent than this one."""
    if verbs is None:
        verbs = {"hello": hello, "look": look, "launch": launch, "stop": stop, "preempt": preempt, "bar": bar}
        verbs |= {"sweep": sweep, "tidy": tidy}
    while line := lines.readline():
        try:
            asked = json.loads(line)
            answer = verbs[asked.pop("verb")](root, **asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side must hear of it
            answer = {"error": f"{type(error).__name__}: {error}"}
        out.write(MARKER + json.dumps(answer).encode() + b"\n")
        out.flush()


def hello(root: Path) -> dict[str, Any]:
    """Say what this machine is and has; once a day, forget records of attempts that are long over."""
    from studiolo.runner import processes

    _forget(root)
    kept = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TMPDIR", "TZ")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "host": os.uname().nodename,
        "system": f"{os.uname().sysname} {os.uname().release}",
        "python": sys.executable,
        "version": ".".join(str(part) for part in sys.version_info[:3]),
        "cores": cores,
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "load": os.getloadavg()[0],
        "disk_free_bytes": shutil.disk_usage(root).free,
        "root": str(root),
        "env": {name: os.environ[name] for name in kept if name in os.environ},
        "boot_id": processes.boot_id(),
    }


def look(root: Path, name: str, log: int, journal: int) -> dict[str, Any]:
    """Say what has become of an attempt, with what its log and journal have gained. A lost one is swept first."""
    from studiolo.runner import attempt, observe

    folder = place_of(root, name)
    found = observe.look(folder)
    swept: list[observe.Swept] = []
    if isinstance(found, observe.Lost):
        order = attempt.read_json(str(folder), attempt.JOB) or {}
        mark = str(order.get("mark") or "")
        swept = observe.sweep(folder, mark) if mark else []
    usage = _usage(found.runner) if isinstance(found, observe.Running) else None
    return tell(folder, found, log, journal, swept, usage)


def tell(
    folder: Path, found: Any, log: int, journal: int, swept: list[Any], usage: dict[str, int] | None
) -> dict[str, Any]:
    """Return what was seen of an attempt as an answer. found: an observation; what is read of files is read after it."""
    from studiolo.runner import attempt, observe

    answer: dict[str, Any] = {"seen": type(found).__name__.lower(), "shipped": folder.is_dir()}
    if isinstance(found, observe.Lost):
        answer |= {"reason": found.reason, "swept": [[one.pid, one.command] for one in swept]}
    elif isinstance(found, observe.Starting):
        answer["runner"] = found.runner
    elif isinstance(found, observe.Running):
        answer |= {"runner": found.runner, "child": found.child, "started_at": found.started_at, "usage": usage}
    elif isinstance(found, observe.Ended):
        answer["exit"] = found.record
        answer["brought"] = attempt.exists(str(folder), BROUGHT)
        answer["failure"] = attempt.read_json(str(folder), attempt.FAILURE)
    # what is read after the end was seen is all there will ever be
    pieces = {"log": _piece(folder / attempt.LOG, log), "journal": _piece(folder / attempt.JOURNAL, journal)}
    answer |= {key: base64.b64encode(piece).decode() for key, piece in pieces.items()}
    answer["more"] = any(len(piece) == PIECE for piece in pieces.values())
    return answer


def launch(root: Path, name: str, handed: dict[str, Any]) -> dict[str, Any]:
    """Start a runner on an attempt that was unpacked."""
    from studiolo.runner import launch as starting

    folder = place_of(root, name)
    try:
        return {"owned": starting.launch(folder, starting.Handed(env=handed["env"], hidden=handed["hidden"]))}
    except starting.LaunchFailed as error:
        return {"refused": str(error)}


def stop(root: Path, name: str) -> dict[str, Any]:
    """Ask for the end of an attempt."""
    from studiolo.runner import launch as starting

    if (folder := place_of(root, name)).is_dir():
        starting.ask_to_stop(folder)
    return {}


def preempt(root: Path, name: str) -> dict[str, Any]:
    """Ask for the end of an attempt, so that others have room."""
    from studiolo.runner import launch as starting

    starting.ask_to_make_room(place_of(root, name))
    return {}


def bar(root: Path, name: str, reason: str) -> dict[str, Any]:
    """Take an attempt that nobody owns."""
    from studiolo.runner import observe

    return {"barred": observe.claim(place_of(root, name), reason)}


def sweep(root: Path, name: str, mark: str) -> dict[str, Any]:
    """End what is left of an attempt whose directory is gone."""
    from studiolo.runner import observe

    return {"swept": [[one.pid, one.command] for one in observe.sweep(place_of(root, name), mark)]}


def tidy(root: Path, name: str) -> dict[str, Any]:
    """Remove what was brought back. The records stay: whoever comes late finds an attempt that has ended, and starts none."""
    (place_of(root, name) / BROUGHT).touch()
    for path in place_of(root, name).iterdir():
        if path.name in RECORDS:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return {}


def unpack(root: Path, name: str, source: BinaryIO) -> None:
    """Make an attempt of a tar; one that is there already stays as it is."""
    folder = place_of(root, name)
    part = root / "incoming" / secrets.token_hex(8)
    part.mkdir(parents=True)
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for member in tar:
                _extract(tar, member, part)
        if not (part / "job.json").exists():
            raise SystemExit("the connection ended before the last file")
        part.chmod(0o700)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    except tarfile.ReadError as error:
        raise SystemExit(f"the connection ended in the middle: {error}") from None
    except OSError as error:
        raise SystemExit(f"{error.strerror or error} ({error.filename or part})") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def pack(root: Path, name: str, entry: str, sink: BinaryIO) -> None:
    """Write a folder of an attempt as a tar, its end marked, so that half of one is not taken for a whole."""
    folder = place_of(root, name)
    with tarfile.open(fileobj=sink, mode="w|") as tar:
        add_tree(tar, folder, folder / entry, lambda _: True)
        tar.addfile(tarfile.TarInfo(".whole"))
    sink.flush()


def add_tree(tar: tarfile.TarFile, folder: Path, top: Path, wanted: Callable[[str], bool]) -> None:
    """Add what is below `top`, by its path in `folder`. Links into the folder become relative: it will be elsewhere."""
    for place, folders, names in os.walk(top):
        links = [one for one in folders if os.path.islink(os.path.join(place, one))]
        for one in [*folders, *names]:
            path = os.path.join(place, one)
            inside = os.path.relpath(path, folder)
            if not wanted(inside):
                continue
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                continue
            info = tar.gettarinfo(path, inside)
            if info.islnk():  # inputs are hard links, and two of them may be one file
                info.type, info.linkname = tarfile.REGTYPE, ""
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            if info.issym() and os.path.isabs(info.linkname) and info.linkname.startswith(f"{folder}{os.sep}"):
                info.linkname = os.path.relpath(info.linkname, place)
            if info.isreg():
                info.size = os.stat(path).st_size
                with open(path, "rb") as file:
                    tar.addfile(info, file)
            else:
                tar.addfile(info)
        folders[:] = sorted(one for one in folders if one not in links and wanted(_inside(place, one, folder)))


def _inside(place: str, name: str, folder: Path) -> str:
    return os.path.relpath(os.path.join(place, name), folder)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    if shutil.disk_usage(into).free < member.size + _SPACE_LEFT:
        raise OSError(28, "No space left on the machine", member.name)
    if hasattr(tarfile, "tar_filter"):
        tar.extract(member, into, filter="tar")
    else:  # a Python before filters; the tar comes from the studio
        tar.extract(member, into)


def place_of(root: Path, name: str) -> Path:
    """Return the directory of an attempt; raises ValueError for what is no name of one."""
    parts = name.split("/")
    if len(parts) != 2 or any(not part or part in (".", "..") or "\0" in part for part in parts):
        raise ValueError(f"{name[:100]!r} is not the name of an attempt")
    return root / "attempts" / parts[0] / parts[1]


def _piece(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(PIECE)
    except OSError:
        return b""


def _usage(runner: int) -> dict[str, int]:
    from studiolo.runner import processes

    pids = processes.quick_descendants(runner)
    return {"processes": len(pids), "memory_bytes": processes.memory(pids)}


def _forget(root: Path) -> None:
    """Remove records of attempts that were brought back long ago, and what came only in part."""
    stamp, now = root / "forgotten", time.time()
    try:
        if now - stamp.stat().st_mtime < 86_400:
            return
    except FileNotFoundError:
        pass
    stamp.touch()
    for folder in root.glob("attempts/*/*"):
        left = {path.name for path in folder.iterdir()}
        if left <= RECORDS and now - folder.stat().st_mtime > _KEEP_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
    for part in root.glob("incoming/*"):
        if now - part.stat().st_mtime > 86_400:
            shutil.rmtree(part, ignore_errors=True)


def stand_alone() -> None:
    """Make `studiolo.runner` importable from this folder alone."""
    here = os.path.dirname(os.path.abspath(__file__))
    for name, places in (("studiolo", []), ("studiolo.runner", [here])):
        package = types.ModuleType(name)
        package.__path__ = places
        sys.modules[name] = package


def main(words: list[str]) -> None:
    """Do what the command line says."""
    verb, root = words[0], Path(words[1])
    root.mkdir(parents=True, exist_ok=True)
    if verb == "serve" and words[2:] == ["slurm"]:
        from studiolo.runner import slurm_verbs

        serve(root, sys.stdin.buffer, sys.stdout.buffer, slurm_verbs.VERBS)
    elif verb == "serve" and words[2:] == ["kubernetes"]:
        from studiolo.runner import kube_verbs

        serve(root, sys.stdin.buffer, sys.stdout.buffer, kube_verbs.VERBS)
    elif verb == "serve" and words[2:] == ["ray"]:
        from studiolo.runner import ray_verbs

        serve(root, sys.stdin.buffer, sys.stdout.buffer, ray_verbs.VERBS)
    elif verb == "serve":
        serve(root, sys.stdin.buffer, sys.stdout.buffer)
    elif verb in ("batch", "pod"):
        from studiolo.runner import batch

        sys.exit(batch.run(str(place_of(root, words[2])), pod=verb == "pod"))
    elif verb == "worker":
        from studiolo.runner import ray_worker

        ray_worker.detach()
        sys.exit(ray_worker.run(str(place_of(root, words[2]))))
    elif verb == "unpack":
        unpack(root, words[2], sys.stdin.buffer)
    else:
        pack(root, words[2], words[3], sys.stdout.buffer)


if __name__ == "__main__":
    stand_alone()
    main(sys.argv[1:])
