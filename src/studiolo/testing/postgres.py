"""A throw-away PostgreSQL server for tests, from the binaries of this machine."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`, None when they are not here (Debian: apt install postgresql)."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@contextmanager
def server(folder: Path, *, fsync: bool = False) -> Iterator[str]:
    """Run PostgreSQL on a free loopback port; yields `postgresql://…@127.0.0.1:port` without a database name.

    fsync: whether a commit waits for the disk, which tests need not. As root it runs as `nobody`, since PostgreSQL refuses root; `folder` must be reachable for that user.
    """
    bin_ = binaries()
    if bin_ is None:
        raise FileNotFoundError("initdb and pg_ctl: apt install postgresql")
    folder.mkdir(parents=True, exist_ok=True)
    root = os.geteuid() == 0
    if root:
        shutil.chown(folder, "nobody", "nogroup")
    prefix = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] if root else []
    data = folder / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*words: object) -> None:
        argv = [*prefix, *(str(word) for word in words)]
        subprocess.run(argv, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    run(bin_ / "initdb", "-D", data, "-A", "trust", "-U", "studiolo", "-N", "-E", "UTF8", "--locale=C")
    options = f"-p {port} -h 127.0.0.1 -k {folder} {'' if fsync else '-F '}-c max_connections=200"
    run(bin_ / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://studiolo@127.0.0.1:{port}"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            run(bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop")
