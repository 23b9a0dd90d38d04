"""What MLflow allows as the name of a param, metric or tag."""

import posixpath
import re

MAX_KEY = 250
_ALLOWED = re.compile(r"[/\w.\- :]+")


def problem(name: str) -> str:
    """Return why a name cannot be used, empty when it can: clients may treat it as a path below a folder.

    >>> problem("val/loss"), problem("a/../b").endswith("resolve to 'b'.")
    ('', True)
    """
    if not name:
        return "A key name must be provided."
    if _ALLOWED.fullmatch(name) is None:
        return (
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and "
            "slashes (/)."
        )
    norm = posixpath.normpath(name)
    if norm != name or name.startswith(("/", "..")) or name == ".":
        return (
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. "
            f"This name would resolve to {norm!r}."
        )
    return f"The name exceeds the maximum length of {MAX_KEY} characters." if len(name) > MAX_KEY else ""
