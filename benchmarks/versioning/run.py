"""Registering many files: beside blake3 and a copy, and beside DVC's add and push, on the same files in the same run.

    python benchmarks/versioning/run.py [--files 10000] [--size 100000] [--big 2000000000] [--dvc] [--out FILE]

What is timed of Studiolo is the work of the registration job (listing, copying while hashing, cache, manifest, holding), in this
process, on a datastore of kind `local`: no server, no queue. `--dvc` makes an environment of its own with DVC in it.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from blake3 import blake3

from studiolo.runner.journal import Journal
from studiolo.studio.datasets.registration_schemas import FromDatastore
from studiolo.studio.datasets.registrations import stat_cache
from studiolo.studio.datasets.registrations.job import Registering
from studiolo.studio.datasets.registrations.order import Order
from studiolo.studio.datastores import opening

CHUNK = 1 << 20
LATER, DVC = 0.5, 5.0  # seconds for one file more; how many times faster than DVC


def main() -> int:
    """Make the files, time each side, print a table; 1 when a bar is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--files", type=int, default=10_000)
    options.add_argument("--size", type=int, default=100_000)
    options.add_argument("--big", type=int, default=2_000_000_000)
    options.add_argument("--turns", type=int, default=3, help="of the small files: sides take turns, medians count")
    options.add_argument("--dvc", action="store_true")
    options.add_argument("--dvc-env", type=Path, default=None, help="an environment that has DVC; default: one is made")
    options.add_argument("--place", type=Path, default=None, help="folder to work in; default: a temporary one")
    options.add_argument("--out", type=Path, default=None)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.place) as folder:
        found = measure(Path(folder), asked)
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=2) + "\n")
    return told(found)


def told(found: dict[str, Any]) -> int:
    """Print a table, each bar with the ratio that it is held by; returns 1 when one is missed."""
    print(f"\n{found['files']:,} files of {found['size']:,} bytes, and one of {found['big']:,}\n")
    print("| | wall, s | CPU, s |\n|---|---|---|")
    for name, took in found.items():
        if isinstance(took, dict):
            print(f"| {name} | {took['wall']:.2f} | {took['cpu']:.2f} |")
    print()
    missed = 0
    for name, ours, theirs, bar in (
        ("small: managed, in blake3 + copy that is on the disk", "small: register, managed", "small: the same, synced to the disk", 1.5),
        ("big: managed, in blake3 + copy that is on the disk", "big: register, managed", "big: the same, synced to the disk", 1.5),
        ("small: referenced, in a walk", "small: register, referenced", "small: stat walk", 3.0),
    ):  # fmt: skip
        for unit in ("wall", "cpu") if "managed" in name else ("wall",):
            ratio = found[ours][unit] / max(found[theirs][unit], 0.001)
            missed += ratio > bar
            print(f"{name}, {unit}: {ratio:.2f} (bar {bar}){'  MISSED' if ratio > bar else ''}")
    one = found["small: register one file more"]["wall"]
    missed += one > LATER
    print(f"one file more: {one:.2f} s (bar {LATER}){'  MISSED' if one > LATER else ''}")
    for name in ("small", "big") if "small: dvc add" in found else ():
        times = (found[f"{name}: dvc add"]["wall"] + found[f"{name}: dvc push"]["wall"]) / found[
            f"{name}: register, managed"
        ]["wall"]
        missed += times < DVC
        print(f"{name}: DVC's add and push take {times:.1f} x ours (bar {DVC}){'  MISSED' if times < DVC else ''}")
    return 1 if missed else 0


def measure(root: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Return seconds of wall and CPU by what was done."""
    small, big = root / "small", root / "big"
    make(small, asked.files, asked.size)
    make(big, 1, asked.big)
    found: dict[str, Any] = {"files": asked.files, "size": asked.size, "big": asked.big}
    for name, source in (("small", small), ("big", big)):
        for path in source.rglob("*"):  # the page cache is warm for everybody
            if path.is_file():
                with path.open("rb") as file:
                    while file.read(CHUNK):
                        pass
        # memory that was never touched is dear on a virtual machine: one untimed copy, and after each side its pages are given
        # back, so that all sides write into the same ones
        plain(source, root / f"warm-{name}")
        let_go(root / f"warm-{name}")
        found[f"{name}: stat walk"] = timed(lambda source=source: walk(source))
        sides: dict[str, Callable[[Path], Any]] = {
            "blake3 + copy, 2 threads": lambda target, source=source: plain(source, target),
            "the same, synced to the disk": lambda target, source=source: plain(source, target, sync=True),
            "register, managed": lambda target, source=source: register(source, target, "managed"),
        }
        turns = asked.turns if name == "small" else 1
        took: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
        for turn in range(turns):
            for side, work in sides.items():
                target = root / f"{name} {turn} {side.replace(',', '')}"
                took[side].append(timed(lambda work=work, target=target: work(target)))
                let_go(target)
        for side, times in took.items():
            found[f"{name}: {side}"] = {key: statistics.median(one[key] for one in times) for key in times[0]}
        found[f"{name}: turns"] = turns
        home = root / f"{name} 0 register managed"
        found[f"{name}: register again, unchanged"] = timed(
            lambda source=source, home=home: register(source, home, "managed")
        )
        found[f"{name}: register, referenced"] = timed(
            lambda source=source, home=home: register(source, home, "referenced")
        )
    (small / "new.bin").write_bytes(os.urandom(asked.size))
    home = root / "small 0 register managed"
    found["small: register one file more"] = timed(lambda: register(small, home, "managed"))
    if asked.dvc:
        found |= dvc(root, small, big, asked.size, asked.dvc_env)
    return found


def let_go(folder: Path) -> None:
    """Have what was written on the disk, and give its pages of memory back."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def make(folder: Path, files: int, size: int) -> None:
    """Write files of random bytes, in ten folders."""
    old = time.time() - 3600
    for number in range(files):
        path = folder / f"d{number % 10}" / f"f{number:07}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            left = size
            while left:
                piece = os.urandom(min(left, CHUNK))
                file.write(piece)
                left -= len(piece)
        os.utime(path, (old, old))


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Return seconds of wall and CPU, children included."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    work()
    return {"wall": round(time.perf_counter() - wall, 3), "cpu": round(cpu_seconds() - cpu, 3)}


def cpu_seconds() -> float:
    """Return the CPU that this process and its children have used."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def walk(source: Path) -> int:
    """Look at every file."""
    count = 0
    for folder, _, names in os.walk(source):
        for name in names:
            count += Path(folder, name).stat().st_size
    return count


def plain(source: Path, target: Path, *, sync: bool = False) -> None:
    """Copy while hashing in one read, by two threads: the least that a store of copies can do."""

    def one(path: Path) -> None:
        hashed = blake3()
        out = target / path.relative_to(source)
        with path.open("rb", buffering=0) as file, out.open("wb", buffering=0) as copy:
            while piece := file.read(CHUNK):
                hashed.update(piece)
                copy.write(piece)
        hashed.hexdigest()

    files = [path for path in source.rglob("*") if path.is_file()]
    for folder in {path.parent for path in files}:
        (target / folder.relative_to(source)).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, files))
    if sync:
        os.sync()


def register(source: Path, home: Path, mode: Any) -> None:
    """Do what a registration job does."""
    stat_cache.RACY_SECONDS = 0.0
    home.mkdir(exist_ok=True)
    (home / "blobs").mkdir(exist_ok=True)
    os.environ["STUDIOLO_HOME"] = str(home)
    os.environ[opening.variable("bench")] = opening.packed("bench", "local", "none", {"path": str(source)}, {})
    order = Order(
        name="bench",
        kind="file",
        mode=mode,
        source=FromDatastore(datastore="bench"),
        limit=1 << 50,
        seconds=3600,
        line_limit=1 << 24,
        workspace_id="0" * 32,
    )
    with tempfile.TemporaryDirectory(dir=home) as work:
        Registering(order, home, Path(work), Journal("")).run()


def dvc(root: Path, small: Path, big: Path, size: int, made: Path | None) -> dict[str, Any]:
    """Time DVC's add and push to a folder beside it, on copies of the same files."""
    place = root / "dvc"
    there = made or place / "env"
    if made is None:
        subprocess.run([sys.executable, "-m", "venv", there], check=True)
        subprocess.run([there / "bin/pip", "install", "-q", "dvc>=3.60,<4"], check=True)
    repository, remote = place / "repository", place / "remote"
    repository.mkdir(parents=True)
    env = os.environ | {"DVC_NO_ANALYTICS": "1", "HOME": str(place), "PATH": f"{there / 'bin'}:{os.environ['PATH']}"}

    def run(*words: str) -> None:
        subprocess.run(words, cwd=repository, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    run("git", "init", "-q")
    run("dvc", "init", "-q")
    run("dvc", "config", "core.analytics", "false")
    run("dvc", "remote", "add", "-d", "beside", str(remote))
    found: dict[str, Any] = {}
    for name, source in (("small", small), ("big", big)):
        if (source / "new.bin").exists():
            (source / "new.bin").unlink()
        shutil.copytree(source, repository / name)
        os.sync()
        found[f"{name}: dvc add"] = timed(lambda name=name: run("dvc", "add", name))
        found[f"{name}: dvc push"] = timed(lambda: run("dvc", "push"))
    (repository / "small" / "new.bin").write_bytes(os.urandom(size))
    found["small: dvc add, one file more"] = timed(lambda: run("dvc", "add", "small"))
    found["small: dvc push, one file more"] = timed(lambda: run("dvc", "push"))
    return found


if __name__ == "__main__":
    sys.exit(main())
