"""Where code came from, on the side of the client: commit, branch, repository, and what differs from the commit."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

MAX_DIFF = 4 * 2**20
DIFF = "code/git.diff"  # the artifact that keeps it
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class GitState:
    """diff: of the folder against its commit, new files left out, at most MAX_DIFF bytes; dirty: there is any difference."""

    commit: str
    branch: str
    repository: str
    dirty: bool
    diff: bytes

    def tags(self) -> dict[str, str]:
        """Return them under the names that MLflow gave them."""
        found = {
            "mlflow.source.git.commit": self.commit,
            "mlflow.source.git.branch": self.branch,
            "mlflow.source.git.repoURL": self.repository,
            "mlflow.source.git.dirty": "true" if self.dirty else "false",
        }
        return {name: value for name, value in found.items() if value}


def look(place: Path) -> GitState | None:
    """Return how a checkout stands, None where there is no git or no commit yet."""
    folder = place if place.is_dir() else place.parent
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    branch = (_git(folder, "rev-parse", "--abbrev-ref", "HEAD") or b"").decode().strip()
    address = (_git(folder, "config", "--get", "remote.origin.url") or b"").decode().strip()
    diff = _git(folder, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv", "--", ".") or b""
    new = _git(folder, "ls-files", "--others", "--exclude-standard", "--", ".") or b""
    return GitState(
        commit=commit.decode().strip(),
        branch="" if branch == "HEAD" else branch,
        repository=without_secrets(address),
        dirty=bool(diff.strip() or new.strip()),
        diff=_bounded(diff),
    )


def without_secrets(address: str) -> str:
    """Return the address of a repository without the user and password that may stand in it.

    >>> without_secrets("https://me:secret@example.org/team/code.git"), without_secrets("git@example.org:team/code")
    ('https://example.org/team/code.git', 'git@example.org:team/code')
    """
    return re.sub(r"^(\w+://)[^/@]*@", r"\1", address)


def _bounded(diff: bytes) -> bytes:
    if len(diff) <= MAX_DIFF:
        return diff
    whole = diff[:MAX_DIFF].rsplit(b"\n", 1)[0]
    return whole + b"\n# cut: the difference has %d bytes, of which the first %d are kept\n" % (len(diff), len(whole))


def _git(folder: Path, *words: str) -> bytes | None:
    """Run git without anything that the checkout's own settings could make it run."""
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
