"""Creates `.venv` from the committed lock. Standard library only: it runs before anything is installed.

`uv` installs by hard link in seconds, but does not read pip's configuration; what this machine's pip is told is handed on.
"""

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src" / "studiolo" / "testing"))  # this one file; the package cannot be imported yet
from environments import pip_settings  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".studiolo-lock"
UV = "uv>=0.9,<0.20"


def main() -> None:
    """Make the environment, or leave it alone when it is what the lock says, and compile what is not compiled."""
    if sys.version_info < (3, 11):  # noqa: UP036 - asked before anything else, by whatever Python make found
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 setup")
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()
    if not (PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted):
        create(wanted)
    # where Python is told to write no bytecode, each of the studio's processes would compile its modules anew
    run(PYTHON, "-m", "compileall", "-q", ROOT / "src")


def create(wanted: str) -> None:
    """Make the environment anew, or what changed in the lock."""
    print(f"creating {VENV} from {LOCK.name} …", flush=True)
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True, symlinks=True)
    if not list(VENV.glob("lib/python3*/site-packages/pip")):  # an environment that uv made has none
        run(PYTHON, "-m", "ensurepip")
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)
    environ = os.environ | pip_settings(PYTHON)
    uv = VENV / "bin" / "uv"
    # pip compiles what it installs, uv only when asked; uncompiled, every process pays seconds for its imports
    locked = ("--quiet", "--compile-bytecode", "--python", PYTHON, "--require-hashes", "-r", LOCK)
    run(uv, "pip", "install", *locked, env=environ)
    run(
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        PYTHON,
        "--no-deps",
        "--no-build-isolation",
        "-e",
        ROOT,
        env=environ,
    )
    STAMP.write_text(wanted)


def run(*words: object, env: dict[str, str] | None = None) -> None:
    """Run a step; end with its own message when it fails."""
    done = subprocess.run([str(word) for word in words], env=env, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(f"this step failed ({done.returncode}): {json.dumps([str(word) for word in words])}")


if __name__ == "__main__":
    main()
