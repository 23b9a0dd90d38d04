"""Podman with storage of its own in a folder, for tests: real containers, from an image that is made of a static busybox.

No registry is asked. It runs as root, also where cgroups are of both versions at once and limits of open files may not be raised, as in
sandboxes: the wrapper then hides the second version from it, in a mount namespace of its own.
"""

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

IMAGE = "localhost/studiolo-tiny:1"
_APPLETS = (
    "sh",
    "cat",
    "echo",
    "ls",
    "id",
    "env",
    "sleep",
    "wget",
    "head",
    "tail",
    "dd",
    "kill",
    "mkdir",
    "touch",
    "ps",
    "tr",
)
_CONF = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_WRAPPER = """\
#!/bin/sh
if [ -z "$STUDIOLO_TEST_INNER" ] && [ -d /sys/fs/cgroup/unified ]; then
  STUDIOLO_TEST_INNER=1; export STUDIOLO_TEST_INNER
  exec unshare --mount --propagation private "$0" "$@"
fi
[ -d /sys/fs/cgroup/unified ] && umount /sys/fs/cgroup/unified 2>/dev/null
unset STUDIOLO_TEST_INNER
CONTAINERS_CONF={root}/containers.conf BUILDAH_ISOLATION=chroot; export CONTAINERS_CONF BUILDAH_ISOLATION
exec {podman} --root {root}/storage --runroot {root}/run --storage-driver vfs "$@"
"""


class PodmanMissing(Exception):
    """Podman is not there, or cannot run a container here; says why."""


def engine(root: Path) -> Path:
    """Return a program `podman` that has the image, in a folder of its own; raises PodmanMissing. root: short, as sockets lie below."""
    podman, busybox = shutil.which("podman"), _static_busybox()
    if podman is None or busybox is None or (shutil.which("crun") or shutil.which("runc")) is None:
        raise PodmanMissing("Podman is not installed (Debian: podman, crun, busybox-static)")
    if os.geteuid() != 0:
        raise PodmanMissing("its tests run as root")
    root.mkdir(parents=True, exist_ok=True)
    (root / "containers.conf").write_text(_CONF)
    (root / "bin").mkdir()
    program = root / "bin" / "podman"
    program.write_text(_WRAPPER.format(root=root, podman=podman))
    program.chmod(0o755)
    _said(program, "import", "-", IMAGE, given=_file_system(busybox))
    _said(program, "run", "--rm", "--ipc=host", "--network=host", "--pull=never", IMAGE, "/bin/sh", "-c", "exit 0")
    return program


def remove(program: Path) -> None:
    """Take away all containers, and the storage."""
    subprocess.run([program, "rm", "--all", "--force", "--time=0"], check=False, capture_output=True, timeout=60)
    shutil.rmtree(program.parent.parent, ignore_errors=True)


def _static_busybox() -> Path | None:
    found = shutil.which("busybox")
    return Path(found) if found and b"ld-linux" not in Path(found).read_bytes()[:4096] else None


def _file_system(busybox: Path) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name in ("bin", "tmp", "proc", "dev", "sys", "etc"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(folder)
        tar.add(busybox.resolve(), "bin/busybox")
        for name in _APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return raw.getvalue()


def _said(program: Path, *words: str, given: bytes | None = None) -> str:
    try:
        done = subprocess.run([program, *words], input=given, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PodmanMissing(f"Podman does not run here: {error}") from None
    if done.returncode:
        raise PodmanMissing(
            f"Podman does not run containers here: {done.stderr.decode(errors='replace').strip()[-300:]}"
        )
    return done.stdout.decode()
