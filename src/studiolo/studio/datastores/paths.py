"""Paths in a datastore, and the addresses that name them from outside."""

import re

from studiolo.studio.datastores.errors import BadLocation, shown

MAX_PATH = 4096  # bytes
_NAME = re.compile(r"[a-z0-9_]{1,63}")
_LONG = re.compile(
    r"/?subscriptions/[^/]+/resource[gG]roups/[^/]+(?:/providers/Microsoft\.MachineLearningServices)?"
    r"/workspaces/[^/]+/datastores/([^/]+)(?:/paths(?:/(.*))?)?",
    re.DOTALL,
)
_SHORT = re.compile(r"datastores/([^/]+)(?:/paths(?:/(.*))?)?", re.DOTALL)


def clean(path: str, *, empty: bool = False) -> str:
    """Return a path in its one form, without a slash at its ends; raises BadLocation for one that leaves the root.

    >>> clean("a/b"), clean("", empty=True), clean("a/", empty=True)
    ('a/b', '', 'a')
    """
    kept = path.removesuffix("/") if empty else path
    if not kept and empty:
        return ""
    try:
        size = len(kept.encode())
    except UnicodeEncodeError:
        size = MAX_PATH + 1
    if not kept or "\0" in kept or size > MAX_PATH or any(part in ("", ".", "..") for part in kept.split("/")):
        raise BadLocation(
            f"Invalid path: '{shown(path)}'.",
            f"Write a relative path such as sales/2026.csv, of at most {MAX_PATH} bytes, without '..'.",
            field="path",
        )
    return kept


def parse(url: str) -> tuple[str, str]:
    """Return datastore and path of an address; raises BadLocation.

    Understood: `azureml://datastores/<name>/paths/<path>`, the same with subscription, resource group and workspace, and
    `studiolo://datastores/<name>/<path>`. A percent sign is what it is: paths in such addresses are not encoded.

    >>> parse("azureml://datastores/workspaceblobstore/paths/a/b.csv")
    ('workspaceblobstore', 'a/b.csv')
    >>> parse("studiolo://datastores/sales/2026/")
    ('sales', '2026')
    """
    scheme, _, rest = url.partition("://")
    found: tuple[str, str] | None = None
    if scheme == "azureml":
        match = _SHORT.fullmatch(rest) or _LONG.fullmatch(rest)
        if match:
            found = match[1], match[2] or ""
    elif scheme == "studiolo" and rest.startswith("datastores/"):
        name, _, path = rest.removeprefix("datastores/").partition("/")
        found = name, path
    if found is None:
        raise BadLocation(
            f"'{shown(url)}' names nothing in a datastore.",
            "Write azureml://datastores/NAME/paths/PATH or studiolo://datastores/NAME/PATH.",
            field="path",
        )
    return found[0].lower(), clean(found[1], empty=True)


def is_name(text: str) -> bool:
    """Say whether a text can name a datastore."""
    return _NAME.fullmatch(text) is not None


def address(name: str, path: str) -> str:
    """Return the address of a path, as Azure ML writes it."""
    return f"azureml://datastores/{name}/paths/{path}"


def under(prefix: str, path: str) -> str:
    """Put a path below a folder that may be empty.

    >>> under("", "a"), under("x", "a"), under("x", "")
    ('a', 'x/a', 'x')
    """
    return f"{prefix}/{path}" if prefix and path else prefix or path
