"""The files of a code folder that are sent: what git would keep, less what an ignore file names."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

_LEFT_OUT = frozenset(
    (".git", "__pycache__", ".venv", "venv", "node_modules", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache")
)
_IGNORE_FILES = (".studioloignore", ".amlignore", ".gitignore")  # the first that is there; git itself reads its own
MANY_FILES, MANY_BYTES = 2000, 300 * 2**20


def files(source: Path, *, snapshot: bool) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder with their paths in it, or the file itself; a snapshot of code leaves out what it may."""
    if source.is_file():
        yield source.name, source
        return
    tracked = _tracked(source) if snapshot else None
    names = tracked if tracked is not None else _walked(source, snapshot=snapshot)
    patterns = _patterns(source, git=tracked is not None) if snapshot else ()
    for name in names:
        if snapshot and (_LEFT_OUT.intersection(name.split("/")) or ignored(name, patterns)):
            continue
        if (source / name).is_file():
            yield name, source / name


def _walked(source: Path, *, snapshot: bool) -> list[str]:
    found: list[str] = []
    stack = [source]
    while stack:
        folder = stack.pop()
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                if not (snapshot and path.name in _LEFT_OUT):
                    stack.append(path)
            elif path.is_file():
                found.append(path.relative_to(source).as_posix())
    return sorted(found)


def _tracked(folder: Path) -> list[str] | None:
    """Return what git would keep of a folder, None outside of a work tree."""
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    return sorted({name for name in done.stdout.decode("utf-8", "surrogateescape").split("\0") if name})


def _patterns(folder: Path, *, git: bool) -> list[str]:
    for name in _IGNORE_FILES:
        if (folder / name).is_file() and not (git and name == ".gitignore"):
            lines = (folder / name).read_text("utf-8", "replace").splitlines()
            return [line for line in map(_trimmed, lines) if line and not line.startswith("#")]
    return []


def _trimmed(line: str) -> str:
    """Take the blanks off the end of a line, but one that a backslash keeps."""
    return re.sub(r"(?<!\\)\s+$", "", line)


def ignored(name: str, patterns: Sequence[str]) -> bool:
    """Say whether the last pattern that fits a path leaves it out, by the grammar of .gitignore.

    As in git, a file below a folder that is left out cannot be taken back.

    >>> ignored("data/big.bin", ["data/", "!data/small.bin"]), ignored("a/b.log", ["*.log", "!b.log"])
    (True, False)
    >>> ignored("a/x/y/b", ["a/**/b"]), ignored("x/build", ["/build"]), ignored("docs/a.txt", ["docs/*.txt"])
    (True, False, True)
    """
    parts = name.split("/")
    for depth in range(1, len(parts)):
        if _verdict("/".join(parts[:depth]), patterns, folder=True):
            return True
    return _verdict(name, patterns, folder=False)


def _verdict(path: str, patterns: Sequence[str], *, folder: bool) -> bool:
    out = False
    for pattern in patterns:
        taken_back = pattern.startswith("!")
        expression, only_folders = _compiled(pattern.removeprefix("!"))
        if (folder or not only_folders) and expression.fullmatch(path):
            out = not taken_back
    return out


@lru_cache(4096)
def _compiled(pattern: str) -> tuple[re.Pattern[str], bool]:
    only_folders = pattern.endswith("/")
    bare = pattern.rstrip("/").removeprefix("\\")
    anchored = "/" in bare
    text = "" if anchored else "(?:.*/)?"
    segments = bare.lstrip("/").split("/")
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        if segment == "**":
            text += ".*" if last else "(?:.*/)?"
            continue
        text += _segment(segment) + ("" if last else "/")
    return re.compile(text, re.DOTALL), only_folders


def _segment(text: str) -> str:
    """Return one part of a pattern, without slashes, as a regular expression."""
    found, at = "", 0
    while at < len(text):
        letter = text[at]
        end = text.find("]", at + 2) if letter == "[" else -1
        if letter == "\\" and at + 1 < len(text):
            at += 1
            found += re.escape(text[at])
        elif letter == "*":
            found += "[^/]*"
        elif letter == "?":
            found += "[^/]"
        elif end > 0:
            inside = text[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            found += f"[^{inside[1:]}]" if inside[0] in "!^" else f"[{inside}]"
            at = end
        else:
            found += re.escape(letter)
        at += 1
    return found


def too_much(found: Sequence[tuple[str, Path]]) -> str:
    """Return a warning about a snapshot that is larger than code is, empty when it is not."""
    size = sum(path.stat().st_size for _, path in found)
    if len(found) <= MANY_FILES and size <= MANY_BYTES:
        return ""
    return f"the code has {len(found)} files, {size / 2**20:.0f} MiB; an .amlignore file leaves some out"
