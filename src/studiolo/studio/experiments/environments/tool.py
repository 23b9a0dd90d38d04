"""uv as it is called here: which program, which indexes, which Python. Never a download of Pythons, never a project."""

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from studiolo.studio.experiments.environments.requirements import bare

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
_PASSED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
)


def program() -> str:
    """Return the path of uv, which comes as a Python package."""
    import uv

    return str(uv.find_uv_bin())


def environment(cache: Path, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that uv is run with: of ours the few it needs, its own settings, and pip's as its own."""
    given = os.environ if environ is None else environ
    env = {key: value for key, value in given.items() if key in _PASSED or key.lower() in ("http_proxy", "https_proxy")}
    env |= of_pip(given)
    env |= {key: value for key, value in given.items() if key.startswith("UV_")}
    env |= {"UV_CACHE_DIR": str(cache), "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_NO_CONFIG": "1"}
    return env | {"UV_LINK_MODE": "hardlink", "NO_COLOR": "1"}


def no_index(env: Mapping[str, str]) -> list[str]:
    """Return the option that keeps uv from every index, where pip or a variable says so: uv itself reads no variable for it."""
    return ["--no-index"] if _yes(env.get("UV_NO_INDEX", "")) else []


def _yes(word: str) -> bool:
    return word.lower() in ("1", "true", "yes", "on")


def indexes(cache: Path) -> frozenset[str]:
    """Return the addresses of the indexes that uv is run with, without names and passwords."""
    env = environment(cache)
    names = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
    words = " ".join(env.get(name, "") for name in names).split()
    return frozenset(bare(re.sub(r"^[\w.-]+=(?=https?:)", "", word)) for word in words)  # `name=https://…`


def of_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what pip is configured with, as uv's variables: indexes, folders of wheels, certificates.

    >>> found = of_pip({"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://a/simple", "PIP_FIND_LINKS": "/tmp /none"})
    >>> found["UV_DEFAULT_INDEX"], found["UV_FIND_LINKS"]
    ('https://a/simple', '/tmp')
    """
    found = _pip_files(environ)
    found |= {key[4:].lower().replace("_", "-"): value for key, value in environ.items() if key.startswith("PIP_")}
    env: dict[str, str] = {}
    for name, variable in (
        ("index-url", "UV_DEFAULT_INDEX"),
        ("extra-index-url", "UV_INDEX"),
        ("find-links", "UV_FIND_LINKS"),
        ("trusted-host", "UV_INSECURE_HOST"),
        ("cert", "SSL_CERT_FILE"),
        ("constraint", "UV_CONSTRAINT"),
    ):
        if words := [word for word in found.get(name, "").split() if _there(word)]:
            env[variable] = " ".join(words)
    if _yes(found.get("no-index", "")):
        env["UV_NO_INDEX"] = "1"
    if "UV_INDEX" in env:
        env["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip does: the best version of any index
    return env


def _there(place: str) -> bool:
    """Say that a folder of this machine is there; pip passes over one that is not, and uv would stop."""
    path = place.removeprefix("file://")
    return not path.startswith("/") or Path(path).exists()


def _pip_files(environ: Mapping[str, str]) -> dict[str, str]:
    own = environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return {}
    home = Path(environ.get("HOME", "/nonexistent"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    system = [Path(folder) / "pip" / "pip.conf" for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    places = [*system, Path("/etc/pip.conf"), home / ".pip/pip.conf", config / "pip/pip.conf"]
    places += [Path(sys.prefix) / "pip.conf", *([Path(own)] if own else [])]
    found: dict[str, str] = {}
    for place in places:
        parser = configparser.RawConfigParser()
        try:
            parser.read(place, "utf-8")
        except (OSError, configparser.Error, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    return found


def interpreter(version: str, cache: Path) -> str | None:
    """Return a Python of a version (empty: the studio's own) on this machine, None where there is none."""
    if version in ("", PYTHON):
        return sys.executable
    command = [program(), "python", "find", version, "--no-project", "--system"]
    try:
        done = subprocess.run(
            command, env=environment(cache), capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = done.stdout.decode(errors="replace").strip()
    return found if done.returncode == 0 and found else None


def said(output: str) -> str:
    """Return what uv said as one sentence or two, without marks, repeated blanks and what goes without saying.

    >>> said("error: No solution found when resolving dependencies\\n  cause: Because b==2 needs a<1 and you require a>=1, "
    ...      "we can conclude that your requirements are unsatisfiable.")
    'The requirements cannot be met together: b==2 needs a<1 and you require a>=1.'
    >>> said("  × No solution found when resolving dependencies:\\n  ╰─▶ Because nope was not found in the package registry.")
    'The requirements cannot be met together: nope was not found in the package registry.'
    >>> said("error: Failed to fetch: `x`\\n  cause: no route")
    'Failed to fetch: `x`: no route'
    """
    lines = [re.sub(r"^[\s×╰─▶│├·|-]+", "", line).strip() for line in output.splitlines()]
    kept = [line for line in lines if line and not line.startswith(("Using ", "Resolved ", "warning:", "Creating "))]
    text = re.sub(r"\s+", " ", " ".join(kept)).removeprefix("error: ")
    text = re.sub(r"[.:]? cause: ", ": ", text)
    text = re.sub(
        r"No solution found when resolving [^:]*: Because ", "The requirements cannot be met together: ", text
    )
    text = re.sub(r" hint: Wheels are required for .*?\(i\.e\., with `--no-build`\)", "", text)
    return re.sub(r",( and)? we can conclude that your requirements are unsatisfiable\b", "", text)[:1500]


def shown(command: list[str]) -> str:
    """Return a command as a person would type it."""
    return shlex.join([Path(command[0]).name, *command[1:]])
