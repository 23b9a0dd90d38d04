"""Python environments beside ours, for tests and benchmarks that need other versions: made once, kept in the user's cache.

Standard library only: `scripts/environment.py` reads this file before anything is installed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


class EnvironmentMissing(Exception):
    """The environment is not there and could not be made; says why."""


def environment(name: str, *requirements: str, timeout: float = 600) -> Path:
    """Return the Python of an environment that has these requirements, making it when it is first asked for.

    It is named after the requirements and this Python, so that others are made beside it. timeout: seconds.
    Raises EnvironmentMissing, as without a network.
    """
    words = "\n".join([*requirements, sys.version])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "studiolo" / "environments"
    home = cache / f"{name}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"
    python = home / "bin" / "python"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes ask at the same time
        if not (home / "ready").exists():
            _make(home, python, requirements, timeout)
            (home / "ready").touch()
    return python


def node_environment(name: str, *packages: str, timeout: float = 600) -> Path:
    """Return a folder whose `node_modules` has these npm packages, making it when it is first asked for.

    Raises EnvironmentMissing, as without a network or npm.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "studiolo" / "environments"
    home = cache / f"{name}-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "ready").exists():
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
            npm = shutil.which("npm", path=path)
            if npm is None:
                raise EnvironmentMissing(f"{' '.join(packages)} needs npm")
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            (home / "package.json").write_text('{"private": true}', "utf-8")
            words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *packages]
            _step([npm, *words], packages, timeout, {**os.environ, "PATH": path}, home)
            (home / "ready").touch()
    return home


def pip_settings(python: Path) -> dict[str, str]:
    """Translate what a Python's pip is told (indexes, certificates, folders of wheels) into variables of uv.

    uv does not read pip's configuration; so a company mirror works without a second set-up. What is set already stays.
    """
    command = [str(python), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    pip: dict[str, str] = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        pip[key.rpartition(".")[2]] = value.strip().strip("'\"")
    names = {"index-url": "UV_DEFAULT_INDEX", "find-links": "UV_FIND_LINKS", "cert": "SSL_CERT_FILE"}
    found = {uv: pip[key] for key, uv in names.items() if pip.get(key)}
    extra = [url for url in pip.get("extra-index-url", "").split() if not url.startswith("file:")]
    if extra:
        found["UV_INDEX"] = " ".join(extra)
    return {key: value for key, value in found.items() if key not in os.environ}


def _make(home: Path, python: Path, requirements: tuple[str, ...], timeout: float) -> None:
    shutil.rmtree(home, ignore_errors=True)
    beside = Path(sys.executable).with_name("uv")  # there, but not in the PATH of who did not activate our environment
    uv = str(beside) if beside.exists() else shutil.which("uv")
    environ = dict(os.environ)
    if uv:
        environ |= pip_settings(Path(sys.executable))
        steps = [
            [uv, "venv", "-q", "--python", sys.executable, str(home)],
            # modules are compiled as they are imported: most never are, and compiling all takes longer than the tests
            [uv, "pip", "install", "-q", "--python", str(python), *requirements],
        ]
    else:
        steps = [
            [sys.executable, "-m", "venv", str(home)],
            [str(python), "-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check", *requirements],
        ]
    for step in steps:
        _step(step, requirements, timeout, environ)


def _step(
    step: list[str], wanted: tuple[str, ...], timeout: float, environ: dict[str, str], folder: Path | None = None
) -> None:
    try:
        done = subprocess.run(
            step, capture_output=True, text=True, timeout=timeout, check=False, env=environ, cwd=folder
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentMissing(f"{' '.join(wanted)}: {error}") from None
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise EnvironmentMissing(f"{' '.join(wanted)} could not be installed: {last[:300]}")
