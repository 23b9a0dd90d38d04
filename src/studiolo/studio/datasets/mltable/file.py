"""The file itself: `MLTable`, YAML, beside the data that it is about or naming where that is."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from studiolo.studio.datasets.errors import BadFilePath, BadMLTable
from studiolo.studio.datasets.mltable import own
from studiolo.studio.datasets.mltable.own import Own
from studiolo.studio.datasets.mltable.steps import Step, parse
from studiolo.studio.datasets.registrations.paths import Pattern

NAME = "MLTable"  # exactly so, without an ending
LARGEST = 128 << 10
MOST = 500  # paths that are looked for among all files; a file is found by its name
KNOWN = ("$schema", "type", "paths", "transformations", "traits", "metadata")
Kind = Literal["file", "folder", "pattern"]
REMOTE = ("azureml:", "studiolo:", "http:", "https:", "wasbs:", "wasb:", "abfss:", "abfs:", "adl:", "s3:", "gs:")


@dataclass(frozen=True)
class PathOf:
    """Where data is. text: as it stands in the file."""

    kind: Kind
    text: str
    place: int

    @property
    def remote(self) -> bool:
        """Whether it is an address and not a path beside the file."""
        return self.text.lower().startswith(REMOTE)


@dataclass(frozen=True)
class MLTable:
    """given: the transformations as they stand in the file; steps: judged, with what `own` adds; unknown: keys that nobody knows."""

    paths: tuple[PathOf, ...]
    steps: tuple[Step, ...]
    given: tuple[Any, ...]
    timestamp: str = ""
    unknown: tuple[str, ...] = field(default=())
    own: Own = field(default_factory=Own)

    def named(self, below: str, names: Sequence[str], *, some: bool = False) -> list[str]:
        """Return those of the files that the paths name, in order; raises BadMLTable for a path that names none.

        below: the folder that the MLTable file is in, with its `/`. some: the names are not all that there are.
        """
        wanted: set[str] = set()
        there = [name for name in names if name != f"{below}{NAME}"]
        inside = {name[len(below) :]: name for name in there if name.startswith(below)}
        for path in self.paths:
            if path.remote:
                raise _wrong_path(path, "it is an address, and beside this MLTable are files.",
                                  f"Have the data taken from there: studiolo datasets create FOLDER reads {NAME} files with addresses.")  # fmt: skip
            found = _found(path, inside)
            if not found and not some:
                raise _wrong_path(
                    path, "there is no such file beside the MLTable.", "Paths go from the folder it is in."
                )
            wanted.update(found)
        return [name for name in there if name in wanted]


def read(content: bytes | Path) -> MLTable:
    """Read an MLTable file, or what is in one; raises BadMLTable, which names the part that is wrong."""
    from studiolo.kernel import yaml_text

    data = content.read_bytes() if isinstance(content, Path) else content
    if len(data) > LARGEST:
        raise BadMLTable(f"The {NAME} file is {len(data):,} bytes.", f"Is it one? {LARGEST:,} are read.", field="file")
    try:
        found = yaml_text.read(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadMLTable(f"The {NAME} file cannot be read: {error}.", "Save it as UTF-8.", field="file") from None
    except yaml_text.NotYaml as error:
        where = f" in line {error.line}" if error.line else ""
        said = f"The {NAME} file cannot be read{where}: {error.problem}."
        raise BadMLTable(said, "Is it YAML?", field="file") from None
    if not isinstance(found, Mapping):
        raise BadMLTable(f"The {NAME} file holds no mapping.", "It begins with `paths:`.", field="file")
    return of(found)


def of(found: Mapping[Any, Any]) -> MLTable:
    """Return the MLTable of a mapping; raises BadMLTable."""
    kind = found.get("type")
    if kind is not None and str(kind).strip().lower() != "mltable":
        raise BadMLTable(f"`type: {str(kind)[:40]}` is no MLTable.", "Write `type: mltable`.", field="type")
    given = found.get("transformations")
    given = [] if given is None else given
    own_words = own.read(found.get("metadata"))
    return MLTable(
        tuple(_paths(found.get("paths"))),
        own.refined(parse(given), own_words.types),
        tuple(given),
        _timestamp(found),
        tuple(str(key) for key in found if key not in KNOWN),
        own_words,
    )


def _paths(given: Any) -> Iterator[PathOf]:
    if not isinstance(given, list) or not given:
        raise BadMLTable(
            f"The {NAME} file names no paths.", "Write `paths:` with `- file: ./data.csv` below it.", field="paths"
        )
    many = sum(not (isinstance(item, Mapping) and "file" in item) for item in given)
    if many > MOST:
        raise BadMLTable(
            f"There are {many:,} folders and patterns; {MOST} are taken.",
            "Name the folder around them, or the files.",
            field="paths",
        )
    for place, item in enumerate(given):
        key, value = next(iter(item.items())) if isinstance(item, Mapping) and len(item) == 1 else ("", item)
        if key not in ("file", "folder", "pattern") or not isinstance(value, str) or not value.strip():
            raise BadMLTable(
                f"Path {place + 1} is `{str(item)[:80]}`.",
                "Write `- file: …`, `- folder: …` or `- pattern: …`.",
                field=f"paths[{place}]",
            )
        path = PathOf(cast("Kind", key), value.strip(), place)
        if not path.remote:
            plain = posixpath.normpath(path.text.removeprefix("file:").replace("\\", "/"))
            if plain.startswith(("/", "../")) or plain == "..":
                raise _wrong_path(path, f"it leaves the folder of the {NAME} file.", "Put the data beside it.")
            path = PathOf(path.kind, plain, place)
        yield path


def _wrong_path(path: PathOf, detail: str, hint: str) -> BadMLTable:
    return BadMLTable(
        f"Path {path.place + 1} ({path.kind}: {path.text[:200]}): {detail}",
        hint,
        field=f"paths[{path.place}].{path.kind}",
    )


def _timestamp(found: Mapping[Any, Any]) -> str:
    about = found.get("metadata")
    traits = found.get("traits") or (about.get("traits") if isinstance(about, Mapping) else None)
    name = traits.get("timestamp_column") if isinstance(traits, Mapping) else None
    return str(name) if name else ""


def _found(path: PathOf, files: Mapping[str, str]) -> list[str]:
    """Return the files that a path names. files: by their paths from the folder of the MLTable file."""
    if path.kind == "file":
        return [files[path.text]] if path.text in files else []
    if path.kind == "folder":
        return [name for inside, name in files.items() if path.text == "." or inside.startswith(f"{path.text}/")]
    try:
        pattern = Pattern(path.text)
    except BadFilePath as error:
        raise _wrong_path(path, error.detail, error.hint) from None
    return [name for _, name in pattern.choose(files.items(), lambda item: item[0])]


def beside(names: Sequence[str]) -> str | None:
    """Return the MLTable among files: at their top, or in the one folder that all of them are in; None where there is none.

    >>> beside(["data/a.csv", "data/MLTable"]), beside(["MLTable", "x/a.csv"]), beside(["a/MLTable", "b/x.csv"])
    ('data/MLTable', 'MLTable', None)
    """
    if NAME in names:
        return NAME
    tops = {name.partition("/")[0] for name in names}
    found = f"{next(iter(tops))}/{NAME}" if len(tops) == 1 else ""
    return found if found in names else None
