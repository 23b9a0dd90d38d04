"""`make test`: installs what the tests need where that is allowed, then runs Python, UI and browser tests.

Arguments go to pytest: `make test TESTS="tests/studio/datasets -k wrong_encoding"` runs just those, without the UI's.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
# program that must be there -> Debian package that brings it, and what is skipped without it
SYSTEM = {
    "chromium": ("chromium", "the browser tests"),
    "initdb": ("postgresql", "the tests on PostgreSQL"),
    "mariadbd": ("mariadb-server", "the tests of MySQL"),
    "sshd": ("openssh-server", "the tests of SFTP"),
    "slurmctld": ("slurm-wlm", "the tests of Slurm"),
    "munged": ("munge", "the tests of Slurm"),
    "mpirun": ("openmpi-bin", "the tests of MPI"),
    "podman": ("podman", "the tests of containers"),
    "catatonit": ("catatonit", "the tests of containers"),
    "crun": ("crun", "the tests of containers"),
    "busybox": ("busybox-static", "the tests of containers"),
}


def main() -> None:
    """Run everything; ends with code 1 when something failed, after all parts have run."""
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    chosen = sys.argv[1:]
    prepare()
    workers = (os.cpu_count() or 1) + 1  # most tests wait for servers and processes half of their time
    pytest = [BIN / "python", "-m", "pytest"]
    parts = [("Python", ROOT, [*pytest, "-n", workers, "--dist", "loadscope", *chosen])]
    if not chosen:
        parts.insert(0, ("UI", ROOT / "ui", ["npm", "run", "--silent", "test"]))
        parts.append(("browser", ROOT, [*pytest, "-m", "browser", "tests/browser"]))
        parts[1][2].extend(["-m", "not browser"])
    failed = []
    for name, folder, command in parts:
        print(f"\n── {name} tests ──", flush=True)
        begun = time.monotonic()
        done = subprocess.run([str(word) for word in command], cwd=folder, check=False)
        print(
            f"── {name}: {'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - begun:.0f} s",
            flush=True,
        )
        if done.returncode != 0:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def prepare() -> None:
    """Install missing system packages as root on Debian or Ubuntu; elsewhere say what will be skipped."""
    missing = {package: skipped for program, (package, skipped) in SYSTEM.items() if not there(program)}
    if not missing:
        return
    apt = shutil.which("apt-get")
    if os.geteuid() == 0 and apt:
        print(f"installing {', '.join(missing)} …", flush=True)
        environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([apt, "update", "-qq"], check=False, env=environ, stdout=subprocess.DEVNULL)
        command = [apt, "install", "-y", "-qq", "--no-install-recommends", *missing]
        if subprocess.run(command, check=False, env=environ, stdout=subprocess.DEVNULL).returncode == 0:
            return
        print("apt-get failed:", flush=True)
    for package, skipped in missing.items():
        print(f"skipping {skipped}: install the package '{package}'", flush=True)


def there(program: str) -> bool:
    """Say whether a program is installed; PostgreSQL's are outside the PATH on Debian."""
    return bool(
        shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
        or list(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    )


if __name__ == "__main__":
    main()
