"""Names of files in a dataset: judged in pure functions. Any script is welcome; what could leave a folder, or a line, is not."""

import re
import unicodedata
from collections.abc import Callable

from studiolo.studio.datasets.errors import BadFilePath

MAX_BYTES = 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
_NOISE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._[^/]*$)")


def judged(path: str) -> str:
    r"""Return a path in its one form: NFC, `/` between folders; raises BadFilePath, which shows what is wrong.

    >>> judged("2024/janvier/donne\u0301es.csv") == "2024/janvier/données.csv"
    True
    """
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


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what says whether a path fits a pattern: `**` any folders, `*` and `?` within a name, `[a-z]`, `{a,b}`.

    Raises BadFilePath for braces or brackets that do not close.

    >>> fits = matcher("sales/**/*.{csv,parquet}")
    >>> fits("sales/a.csv"), fits("sales/x/y/b.parquet"), fits("other/a.csv"), fits("sales/a.txt")
    (True, True, False, False)
    """
    compiled = re.compile(_expression(pattern), re.DOTALL)
    return lambda path: compiled.fullmatch(path) is not None


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
                raise BadFilePath(f"'{pattern[:200]}' has a '[' that nothing closes.", "Close it.", field="source.glob")
            inside = pattern[place + 1 : end].replace("\\", r"\\")
            found.append(f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]")
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
        raise BadFilePath(f"'{pattern[:200]}' has a '{{' that nothing closes.", "Close it.", field="source.glob")
    return "".join(found)
