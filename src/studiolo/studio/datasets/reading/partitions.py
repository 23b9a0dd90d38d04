"""Columns that the path of a file tells: the path itself, its folders, and the parts that a partition format names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from studiolo.studio.datasets.errors import BadPartitionFormat
from studiolo.studio.datasets.reading import engine, folders
from studiolo.studio.datasets.schemas import ColumnSchema, ReadOptions

KEY = re.compile(r"\{([^{}:]+)(?::([^{}]+))?\}")
DATE = {"yyyy": r"(?P<{}__Y>\d{{4}})", "MM": r"(?P<{}__m>\d{{1,2}})", "dd": r"(?P<{}__d>\d{{1,2}})",
        "HH": r"(?P<{}__H>\d{{1,2}})", "mm": r"(?P<{}__M>\d{{1,2}})", "ss": r"(?P<{}__S>\d{{1,2}})"}  # fmt: skip
TOKEN = re.compile("|".join(DATE))
FIRST = {"Y": 1970, "m": 1, "d": 1, "H": 0, "M": 0, "S": 0}


@dataclass(frozen=True)
class Partitions:
    """pattern: what paths must match; keys: the names of the columns and whether each is a moment."""

    text: str
    pattern: re.Pattern[str]
    keys: dict[str, bool]

    @classmethod
    def parse(cls, text: str) -> "Partitions":
        """Read a format such as `weather/{state}/{date:yyyy/MM/dd}/data.parquet`; raises BadPartitionFormat.

        It begins anywhere in the path, at the start of a name, and runs to the end of it; `*` stands for any part of a name.
        """
        keys: dict[str, bool] = {}
        parts, end = [], 0
        for place, found in enumerate(KEY.finditer(text)):
            name, moment = found[1].strip(), found[2]
            if name.casefold() in {key.casefold() for key in keys}:
                raise BadPartitionFormat(f"The partition format names '{name}' twice.", "Name each column once.")
            keys[name] = moment is not None
            parts.append(_plain(text[end : found.start()]))
            parts.append(_moment(f"k{place}", moment) if moment else f"(?P<k{place}>[^/]+?)")
            end = found.end()
        rest = text[end:]
        if not keys or re.search(r"[{}]", KEY.sub("", text)):
            raise BadPartitionFormat(
                f"'{text[:80]}' names no column.", "Write {name} or {name:yyyy/MM/dd} where the path tells its value."
            )
        parts.append(_plain(rest.rstrip("/")))
        body = "".join(parts).removeprefix("/")
        return cls(text, re.compile(rf"(?:^|.*/){body}(?:/[^/]+)*" if "." not in rest else rf"(?:^|.*/){body}"), keys)

    def values(self, path: str) -> dict[str, str | datetime]:
        """Return the values that a path tells; raises BadPartitionFormat, which names the path."""
        found = self.pattern.fullmatch(path)
        if found is None:
            raise BadPartitionFormat(
                f"The path '{path[-200:]}' does not fit the partition format '{self.text}'.",
                "Correct the format, or leave the file out.",
            )
        groups = found.groupdict()
        return {
            name: self._date(path, f"k{place}", groups) if moment else str(groups[f"k{place}"])
            for place, (name, moment) in enumerate(self.keys.items())
        }

    def _date(self, path: str, key: str, groups: dict[str, Any]) -> datetime:
        part = {letter: int(groups.get(f"{key}__{letter}") or first) for letter, first in FIRST.items()}
        try:
            return datetime(part["Y"], part["m"], part["d"], part["H"], part["M"], part["S"])  # noqa: DTZ001 - as it stands
        except ValueError as error:
            raise BadPartitionFormat(
                f"The path '{path[-200:]}' tells no date: {error}.", "Correct the path or the partition format."
            ) from None

    def columns(self) -> list[ColumnSchema]:
        """Return the columns that the format adds."""
        return [
            ColumnSchema(name=name, type="datetime", sql_type="TIMESTAMP", origin="partition", field=[name])
            if moment
            else ColumnSchema(name=name, type="text", sql_type="VARCHAR", origin="partition", field=[name])
            for name, moment in self.keys.items()
        ]


def names_of_paths(options: ReadOptions) -> set[str]:
    """Return the names of the columns that paths will tell."""
    found = {options.path_column.strip()} if options.path_column else set()
    found |= set(Partitions.parse(options.partition_format).keys) if options.partition_format else set()
    return found | ({folders.LABEL, folders.SPLIT} if options.format == "texts" else set())


def _plain(text: str) -> str:
    return "[^/]*".join(re.escape(part) for part in text.split("*"))


def _moment(key: str, text: str) -> str:
    parts, end = [], 0
    seen: set[str] = set()
    for found in TOKEN.finditer(text):
        parts.append(re.escape(text[end : found.start()]))
        if found[0] in seen:
            raise BadPartitionFormat(f"'{text}' names {found[0]} twice.", "Name each part of the date once.")
        seen.add(found[0])
        parts.append(DATE[found[0]].format(key))
        end = found.end()
    if "yyyy" not in seen:
        raise BadPartitionFormat(
            f"'{text}' names no year (yyyy).", "Write a date as yyyy/MM/dd, with HH, mm, ss if need be."
        )
    parts.append(re.escape(text[end:]))
    return "".join(parts)


def by_file(values: Sequence[Any], sql_type: str, index: str = "CAST(file_index AS BIGINT)") -> str:
    """Return the SQL of a constant per file. index: the expression that numbers the files from 0."""
    written = [engine.literal(value.isoformat() if isinstance(value, datetime) else value) for value in values]
    if len(set(written)) == 1:
        return f"CAST({written[0]} AS {sql_type})"
    return f"CAST([{', '.join(written)}][{index} + 1] AS {sql_type})"


def from_names(
    names: Sequence[str], columns: Sequence[ColumnSchema], partition_format: str | None
) -> dict[str, list[Any]]:
    """Return the values, per file, of the columns that come from paths, by the name of the column."""
    found: dict[str, list[Any]] = {column.name: list(names) for column in columns if column.origin == "path"}
    for column in columns:
        if column.origin == "folder":
            part = (folders.LABEL, folders.SPLIT).index(column.place[0])
            found[column.name] = [folders.of(name)[part] for name in names]
    wanted = [column for column in columns if column.origin == "partition"]
    if wanted and partition_format:
        partitions = Partitions.parse(partition_format)
        each = [partitions.values(name) for name in names]
        found |= {column.name: [values[column.place[0]] for values in each] for column in wanted}
    return found
