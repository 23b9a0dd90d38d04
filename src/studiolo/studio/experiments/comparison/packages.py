"""Reads the packages of an environment from the files that tools write about it."""

import re
from typing import Any

from studiolo.kernel import yaml_text

FILES = ("requirements.txt", "conda.yaml", "python_env.yaml", "pip-freeze.txt", "environment.yml", "environment.yaml")
_PINNED = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(.*)$")
_CONDA = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)\s*(.*)$")


def read(name: str, text: str) -> dict[str, str]:
    """Return version by package of a file of one of `FILES`; an unpinned one has the text of its bounds, or "any".

    A file that cannot be read gives nothing: it is somebody's artifact, and may be anything.

    >>> read("requirements.txt", "scikit-learn==1.5.0\\nnumpy>=1.26  # why\\n-r more.txt\\nmlflow")
    {'mlflow': 'any', 'numpy': '>=1.26', 'scikit-learn': '1.5.0'}
    >>> read("conda.yaml", "dependencies: [python=3.11.2, pip, {pip: [pandas==2.2]}]")
    {'pandas': '2.2', 'pip': 'any', 'python': '3.11.2'}
    """
    if name.endswith(".txt"):
        found = dict(filter(None, (_requirement(line) for line in text.splitlines())))
    else:
        try:
            document = yaml_text.read(text)
        except yaml_text.NotYaml:
            return {}
        found = _document(document) if isinstance(document, dict) else {}
    return dict(sorted(found.items()))


def _requirement(line: str) -> tuple[str, str] | None:
    line = line.split(" #", maxsplit=1)[0].split(";", maxsplit=1)[0].strip()
    match = None if line.startswith(("#", "-")) else _PINNED.match(line)
    return (_canonical(match[1]), _version(match[2])) if match else None


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _version(bounds: str) -> str:
    bounds = bounds.strip()
    pinned = re.fullmatch(r"={1,3}\s*([^,\s]+)", bounds)
    return pinned[1] if pinned else bounds or "any"


def _document(document: dict[Any, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    if "python" in document:
        found["python"] = str(document["python"])
    items = document.get("dependencies")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            pip = item.get("pip")
            found |= dict(filter(None, (_requirement(str(line)) for line in (pip if isinstance(pip, list) else []))))
        elif isinstance(item, str) and (match := _CONDA.match(item)):
            found[_canonical(match[1])] = _version(match[2]) if match[2][:2] == "==" else match[2].lstrip("=") or "any"
    return found
