"""Which lines of requirements are taken: names with versions. What leads elsewhere, or would build a package, is refused. Pure."""

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement

from studiolo.studio.experiments.environments.errors import BadEnvironment

PRE = "--pre"
_OPTION = re.compile(r"(--?[A-Za-z][A-Za-z-]*)(?:[=\s]\s*(.*))?")
_INDEXES = ("--index-url", "-i", "--extra-index-url")
_PLACE = re.compile(r"(\.{0,2}/|~|file:|[A-Za-z]:\\)|.*@\s*(file:|\.{0,2}/|~)", re.DOTALL)
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*:/|.*@", re.DOTALL)
_ARCHIVE = re.compile(r".*\.(whl|zip|tgz|tbz|txz|tlz|tar(\.\w+)?)", re.IGNORECASE)
_CONFIGURED = (
    "The owner of the machine adds it to pip's configuration, for all environments: pip config set global.{} …"
)


def taken(lines: Iterable[str], field: str, indexes: Collection[str], notes: list[str]) -> list[str]:
    """Return the lines that are followed; notes tell of those that mean nothing. Raises BadEnvironment, which shows the line.

    indexes: what pip is configured with, as `bare` writes them; field: which form the lines come from.
    """
    found = []
    for line in lines:
        if not line.startswith("-"):
            _check(line, field)
            found.append(line)
        elif kept := _option(line, field, indexes, notes):
            found.append(kept)
    return found


def bare(url: str) -> str:
    """Return an index's address without name and password and without a slash at its end.

    >>> bare("https://me:pw@a.org/simple/"), bare("https://a.org/simple")
    ('https://a.org/simple', 'https://a.org/simple')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl().rstrip("/")


def _check(line: str, field: str) -> None:
    if _PLACE.match(line):
        raise BadEnvironment(
            f"'{line[:100]}' is a place on a machine; an environment must be the same everywhere.",
            "Send such code with the job.",
            field=field,
        )
    if _ADDRESS.match(line):
        raise BadEnvironment(
            f"'{line[:100]}' comes from an address of its own.",
            "Name a package of the indexes that pip is configured with, or send such code with the job.",
            field=field,
        )
    try:
        wrong = _ARCHIVE.fullmatch(Requirement(line).name) is not None
    except InvalidRequirement:
        wrong = True
    if wrong:
        raise BadEnvironment(f"'{line[:100]}' is no requirement.", "Write it as numpy, or numpy>=2,<3.", field=field)


def _option(line: str, field: str, indexes: Collection[str], notes: list[str]) -> str:
    match = _OPTION.fullmatch(line)
    name, value = (match[1], (match[2] or "").strip()) if match else ("", "")
    if name == PRE and not value:
        return PRE
    if name in _INDEXES and bare(value) in indexes:
        notes.append(f"{name} is left out: pip is configured with this index")
        return ""
    if name in ("--only-binary", "--trusted-host"):
        said = (
            "only wheels are taken" if name == "--only-binary" else "pip's configuration says which hosts are trusted"
        )
        notes.append(f"{name} is left out: {said}")
        return ""
    if name in (*_INDEXES, "--find-links", "-f"):
        key = "find-links" if name in ("--find-links", "-f") else "extra-index-url"
        raise BadEnvironment(
            f"'{line[:100]}' names an index of its own; environments come from those that pip is configured with.",
            _CONFIGURED.format(key),
            field=field,
        )
    if name == "--no-binary":
        raise BadEnvironment(
            f"'{line[:100]}' asks for a package to be built, and the studio takes wheels only.",
            "Leave it out, or run `pip install` in the command.",
            field=field,
        )
    raise BadEnvironment(f"'{line[:100]}' cannot be followed here.", "Write the requirements themselves.", field=field)
