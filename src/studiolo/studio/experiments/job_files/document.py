"""YAML as Azure ML's tools read it: version 1.1, in which `off` and `yes` are booleans, but a text where a text is meant."""

import re
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import NotFound
from studiolo.kernel.nearest import nearest
from studiolo.studio.experiments.errors import BadJob

_ONE_WORD = {
    "ml_table": "mltable",
    "ml_flow_model": "mlflow_model",
    "py_torch": "pytorch",
    "tensor_flow": "tensorflow",
}
_TRUE = {"yes", "on", "true"}


class Word(str):
    """A word that YAML 1.1 takes for a boolean, such as `off`; it stays the text that was written."""

    __slots__ = ()

    @property
    def truth(self) -> bool:
        """What it means as a boolean."""
        return self.lower() in _TRUE


class FileNotThere(NotFound):
    """A file or folder that the job names does not exist on this machine."""

    code, title = "experiments.file_not_there", "File not found"

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(f"{path} does not exist.", "Paths count from the folder of the YAML file.", field=name)


def read(path: Path) -> dict[str, Any]:
    """Read a file that must hold a mapping; raises FileNotThere and BadJob."""
    if not path.is_file():
        raise FileNotThere(path, "file")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadJob(f"{path} is no YAML: {error}", "Save it as UTF-8.", field="file") from None
    return parse(text, str(path))


def parse(text: str, source: str) -> dict[str, Any]:
    """Read a text that must hold a mapping; source: what an error calls it. Raises BadJob."""
    found = value(text, source)
    if not isinstance(found, dict):
        raise BadJob(f"{source} holds no job: a mapping with `command:` is needed.", field="file")
    return {str(key): item for key, item in found.items()}


def value(text: str, source: str) -> Any:
    """Read any value; raises BadJob."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    def boolean(loader: Any, node: Any) -> Any:
        word = str(loader.construct_scalar(node))
        return word.lower() == "true" if word.lower() in ("true", "false") else Word(word)

    def scalar(loader: Any, node: Any) -> str:
        return str(loader.construct_scalar(node))

    Loader.add_constructor("tag:yaml.org,2002:bool", boolean)
    Loader.add_constructor("tag:yaml.org,2002:timestamp", scalar)  # a date is given on as it was written
    try:
        return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise BadJob(f"{source} is no YAML: {error}", "Check indentation and quotes.", field="file") from None
    except (ValueError, RecursionError) as error:
        raise BadJob(f"{source} cannot be read: {error}", field="file") from None


def changes(said: Iterable[str]) -> dict[str, Any]:
    """Read `inputs.x=3` and the like as keys with values; raises BadJob."""
    found: dict[str, Any] = {}
    for change in said:
        name, sign, text = change.partition("=")
        if not sign:
            raise BadJob(f"'{change}' is no change.", "Write key=value, such as --set inputs.rate=0.1", field="set")
        found[name.strip()] = value(text, f"--set {name}") if text else ""
    return found


def misfit(raw: Mapping[str, Any], name: str, known: Container[str]) -> BadJob | None:
    """Say why a key cannot be changed in a file; None when it can. known: keys that such files have."""
    keys = name.split(".")
    if not all(keys):
        return BadJob(f"'{name}' is no key.", "Write key=value, such as --set inputs.rate=0.1", field="set")
    if keys[0] not in known and keys[0] not in raw:
        return BadJob(f"'{keys[0][:80]}' is no key of such a file.", "Look for a slip in its name.", field="set")
    inputs = mapping(raw, "inputs") if keys[0] == "inputs" else {}
    if keys[0] == "inputs" and len(keys) > 1 and keys[1] not in inputs:
        has = f"It has: {', '.join(inputs)}." if inputs else "It has none."
        return BadJob(f"The job has no input '{keys[1][:80]}'.", has, field="set")
    return None


def override(raw: dict[str, Any], given: Mapping[str, Any], known: Container[str]) -> None:
    """Put other values into a file, by keys such as `inputs.x`; raises BadJob for a key that it cannot have.

    A text for an input that is data is its new path: `--set inputs.data=azureml:titanic:2@train`.
    """
    for name, found in given.items():
        if wrong := misfit(raw, name, known):
            raise wrong
        place, keys = raw, name.split(".")
        for key in keys[:-1]:
            inner = place.get(key)
            if inner is None:
                inner = place[key] = {}
            if not isinstance(inner, dict):
                raise BadJob(f"'{key}' of {name} is no mapping.", "Name a key of the file.", field="set")
            place = inner
        old = place.get(keys[-1])
        place[keys[-1]] = (
            _put(old, found) if keys[0] == "inputs" and len(keys) == 2 and isinstance(old, dict) else found
        )


def _put(old: Mapping[str, Any], found: Any) -> Any:
    """Return an input with another value: data has it as its path, and a literal stays within what is declared."""
    if "path" in old:
        return {**old, "path": found} if isinstance(found, str) else found
    if enum(old.get("type")) in ("string", "number", "integer", "boolean") and not isinstance(found, dict):
        return {key: one for key, one in old.items() if key != "default"} | {"value": found}
    return found


def mapping(raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a key's mapping, empty when it is not there; raises BadJob."""
    found = raw.get(key) or {}
    if not isinstance(found, dict):
        raise BadJob(f"'{key}' must be a mapping of names to values.", field=key)
    return {str(name): item for name, item in found.items()}


def text(given: Any) -> str:
    """Return a scalar as a text: booleans as Python writes them, nothing as nothing.

    >>> text(True), text(None), text(0.5), text(Word("off"))
    ('True', '', '0.5', 'off')
    """
    return "" if given is None else str(given)


def literal(given: Any) -> str:
    """Return a literal input as the text that a command gets; `yes` and `off` are booleans here.

    >>> literal(Word("off")), literal("off"), literal(1)
    ('False', 'off', '1')
    """
    return str(given.truth) if isinstance(given, Word) else text(given)


def enum(given: Any) -> str:
    """Return an enumerated word in one form: snake case, whatever was written.

    >>> enum("uri_folder "), enum("UriFile"), enum("roMount"), enum("MLTable")
    ('uri_folder', 'uri_file', 'ro_mount', 'mltable')
    """
    word = text(given).strip().replace("-", "_").replace(" ", "_")
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()
    return _ONE_WORD.get(word, word)


def unknown(raw: Iterable[str], known: Iterable[str], where: str = "") -> list[str]:
    """Return a warning for each key without a meaning here, with the one that was probably meant."""
    given = {*raw}
    free = sorted({*known} - given)
    said = []
    for name in sorted(given - {*known}, key=str):
        near = nearest(str(name), free)
        said.append(
            f"'{where}{name}' is not known here and is left out" + (f": did you mean '{near}'?" if near else "")
        )
    return said


def first_error(error: ValueError) -> str:
    """Return the first of pydantic's complaints, which names its field."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    first = errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
