"""Names of files in a dataset: judged in pure functions. Any script is welcome; what could leave a folder, or a line, is not."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, islice
from typing import TypeVar

from studiolo.studio.datasets.errors import BadFilePath

T = TypeVar("T")
MAX_BYTES = 1024
LONGEST = 2000  # characters of a pattern
FIELD = "source.glob"
_TOGETHER = 1000  # paths that are judged at a time: one by one takes sixty times as long
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}/)*[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}")  # nothing to judge
_NOISE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._[^/]*$)")


def judged(path: str) -> str:
    r"""Return a path in its one form: NFC, `/` between folders; raises BadFilePath, which shows what is wrong.

    >>> judged("2024/janvier/donne\u0301es.csv") == "2024/janvier/données.csv"
    True
    """
    if len(path) <= MAX_BYTES and _PLAIN.fullmatch(path):
        return path
    shown = path[:200].encode("unicode_escape").decode()
    if _CONTROL.search(path):
        raise BadFilePath(f"'{shown}' has a line end or another control character in it.", "Rename the file.")
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        raise BadFilePath(
            f"'{shown}' has a name that is no UTF-8.", "Rename the file, for instance with convmv."
        ) from None
    if "\\" in path:
        raise BadFilePath(f"'{shown}' has a backslash in it.", "Use '/' between folders.")
    parts = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:/", path):
        raise BadFilePath(f"'{shown}' is an absolute path.", "Give the path inside the folder that is sent.")
    if ".." in parts:
        raise BadFilePath(f"'{shown}' leaves its folder by '..'.", "Give the path inside the folder that is sent.")
    if not path or any(part in ("", ".") for part in parts):
        raise BadFilePath(f"'{shown}' has an empty folder name in it.", "Write folder/file.csv.")
    if length > MAX_BYTES or any(len(part.encode()) > 255 for part in parts):
        raise BadFilePath(f"'{shown}' is longer than {MAX_BYTES} bytes, or one name in it than 255.", "Shorten it.")
    return unicodedata.normalize("NFC", path)


def noise(path: str) -> bool:
    """Say whether a file is what desktops leave in folders, and nobody means.

    >>> noise("a/.DS_Store"), noise("a/.hidden")
    (True, False)
    """
    return _NOISE.search(path) is not None


def fixed_part(pattern: str) -> str:
    """Return the folder that a pattern begins with, before anything that is a pattern.

    >>> fixed_part("sales/2024/**/*.csv"), fixed_part("*.csv"), fixed_part("a/b.csv")
    ('sales/2024', '', 'a')
    """
    folders: list[str] = []
    for part in pattern.split("/")[:-1]:
        if re.search(r"[*?\[{]", part):
            break
        folders.append(part)
    return "/".join(folders)


class Pattern:
    """What chooses files by their paths: `**` any folders, `*` and `?` within a name, `[a-z]`, `{a,b}`.

    Raises BadFilePath for one that cannot be read. The time that it takes is linear in the length of a path, whatever it is (RE2).

    >>> Pattern("sales/**/*.{csv,parquet}").fits(["sales/a.csv", "sales/x/y/b.parquet", "other/a.csv", "sales/a.txt"])
    [True, True, False, False]
    """

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise BadFilePath(
                f"The pattern has {len(text):,} characters; {LONGEST:,} are taken.", "Name a folder.", field=FIELD
            )
        self._expression = rf"\A(?s:{_expression(text)})\z"
        try:
            self.fits([""])
        except ValueError:  # Arrow's, or a letter that is none
            shown = text[:200].encode("unicode_escape").decode()
            raise BadFilePath(
                f"'{shown}' cannot be read as a pattern.", "Write `*`, `?`, `[a-z]` and `{a,b}`.", field=FIELD
            ) from None

    def fits(self, given: Sequence[str]) -> list[bool]:
        """Say of each path whether it fits."""
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = pa.array([path.encode("utf-8", "replace").decode() for path in given], pa.string())
        found: list[bool] = pc.match_substring_regex(texts, self._expression).to_pylist()
        return found

    def choose(self, items: Iterable[T], path: Callable[[T], str]) -> Iterator[T]:
        """Yield the items whose path fits, in their order."""
        rest = iter(items)
        while some := list(islice(rest, _TOGETHER)):
            yield from compress(some, self.fits([path(one) for one in some]))


def _expression(pattern: str) -> str:
    found: list[str] = []
    depth = place = 0
    while place < len(pattern):
        rest, letter = pattern[place:], pattern[place]
        step = 1
        if rest.startswith("**/"):
            found.append("(?:[^/]+/)*")
            step = 3
        elif rest.startswith("**"):
            found.append(".*")
            step = 2
        elif letter == "*":
            found.append("[^/]*")
        elif letter == "?":
            found.append("[^/]")
        elif letter == "[":
            end = pattern.find("]", place + 2)
            if end < 0:
                raise BadFilePath(f"'{pattern[:200]}' has a '[' that nothing closes.", "Close it.", field=FIELD)
            inside = pattern[place + 1 : end]
            sign, letters = ("^", inside[1:]) if inside[0] in "!^" else ("", inside)
            found.append(f"[{sign}{''.join(one if one == '-' else re.escape(one) for one in letters)}]")
            step = end - place + 1
        elif letter == "{":
            depth += 1
            found.append("(?:")
        elif letter == "}" and depth:
            depth -= 1
            found.append(")")
        elif letter == "," and depth:
            found.append("|")
        else:
            found.append(re.escape(letter))
        place += step
    if depth:
        raise BadFilePath(f"'{pattern[:200]}' has a '{{' that nothing closes.", "Close it.", field=FIELD)
    return "".join(found)
