"""Which paths a pattern chooses. Pure, and linear in the length of a path whatever the pattern is."""

import fnmatch
import re
from collections.abc import Iterable
from functools import lru_cache

from studiolo.studio.schedules.errors import BadSchedule

FIELD = "trigger.path"
_SPECIAL = re.compile(r"[*?\[{]")
_MANY = 100  # patterns that braces come to


class Glob:
    """Chooses files: `**` any folders, `*` and `?` within a name, `[a-z]`, `{a,b}`; without any of these a file or all below a folder.

    Names that begin with a dot are chosen by patterns that begin so too.

    >>> [Glob("in/**/*.{csv,tsv}").fits(one) for one in ("in/a.csv", "in/x/y/b.tsv", "out/a.csv", "in/.a.csv")]
    [True, True, False, False]
    >>> [Glob("in/").fits(one) for one in ("in/a.csv", "in/x/b", "inner/a")]
    [True, True, False]
    """

    def __init__(self, text: str) -> None:
        plain = text.strip().strip("/")
        if any(part in ("", ".", "..") for part in plain.split("/")) and plain:
            raise BadSchedule(f"'{text[:200]}' is no path.", "Write one such as incoming/*.csv.", field=FIELD)
        self._plain = plain if not _SPECIAL.search(plain) else None
        self._ways = [] if self._plain is not None else [one.split("/") for one in _braces(plain)]
        self.root = self._plain if self._plain is not None else _fixed(plain)

    def fits(self, path: str) -> bool:
        """Say whether a path is chosen."""
        if self._plain is not None:
            inside = path == self._plain or path.startswith(f"{self._plain}/") or not self._plain
            rest = path.removeprefix(self._plain).lstrip("/")
            return inside and not any(part.startswith(".") for part in rest.split("/"))
        parts = path.split("/")
        return any(_fits(way, parts) for way in self._ways)

    def sample(self) -> str:
        """Return a path that stands for one that fits."""
        if self._plain is not None:
            return f"{self._plain}/file".lstrip("/")
        return "/".join([part for part in self.root.split("/") if part] + ["file"])


def _fits(way: list[str], parts: list[str]) -> bool:
    reached = {0}  # how much of the way may be done
    for part in parts:
        after: set[int] = set()
        for place in _closed(reached, way):
            if place == len(way):
                continue
            if way[place] == "**":
                if not part.startswith("."):
                    after.add(place)
            elif _name(way[place], part):
                after.add(place + 1)
        reached = after
    return len(way) in _closed(reached, way) and (not way or way[-1] != "**" or bool(parts))


def _closed(places: Iterable[int], way: list[str]) -> set[int]:
    """Return the places with those behind `**`, which may stand for nothing."""
    found = set(places)
    for place in sorted(found):
        while place < len(way) and way[place] == "**":
            place += 1  # noqa: PLW2901
            found.add(place)
    return found


def _name(pattern: str, name: str) -> bool:
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return _compiled(pattern).match(name) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))


def _fixed(pattern: str) -> str:
    folders: list[str] = []
    for part in pattern.split("/")[:-1]:
        if _SPECIAL.search(part):
            break
        folders.append(part)
    return "/".join(folders)


def _braces(pattern: str) -> list[str]:
    """Return the patterns without braces that one stands for; raises BadSchedule."""
    waiting, found = [pattern], []
    while waiting:
        one = waiting.pop()
        end = one.find("}")
        start = one.rfind("{", 0, end) if end >= 0 else -1
        if start < 0:
            if "{" in one or "}" in one:
                raise BadSchedule(f"'{pattern[:200]}' has a brace without its other.", "Write {a,b}.", field=FIELD)
            found.append(one)
        else:
            waiting += [one[:start] + choice + one[end + 1 :] for choice in one[start + 1 : end].split(",")]
        if len(waiting) + len(found) > _MANY:
            raise BadSchedule(f"'{pattern[:200]}' stands for too many patterns.", "Use * instead.", field=FIELD)
    return found
