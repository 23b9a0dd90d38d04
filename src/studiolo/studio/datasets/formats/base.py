"""What every format of a dataset's files is: its SPEC and the functions of its module."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

from studiolo.kernel import plugins
from studiolo.studio.datasets.errors import UnknownFormat
from studiolo.studio.datasets.reading.encoding import LINE_LIMIT
from studiolo.studio.datasets.reading.partitions import names_of_paths
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnChoice, Reading, ReadOptions, TableSchema

PACKAGE = "studiolo.studio.datasets.formats"
OF_PATHS = ("path_column", "partition_format")  # heeded whatever a file is, unless one table is made of all of them


@dataclass(frozen=True)
class FormatSpec:
    """title: for people; extensions: with the dot, lower case; options: which ReadOptions it heeds.

    copies: each file is read from a copy that its inspection makes. together: one Parquet file with the very columns of the table is
    made of all files, and read instead. numbered: a scan can number the rows. chosen: people can name it.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    options: tuple[str, ...] = ()
    copies: bool = False
    together: bool = False
    numbered: bool = False
    chosen: bool = True

    @property
    def heeded(self) -> tuple[str, ...]:
        """All of the ReadOptions that it heeds, those of the files' paths with them."""
        return self.options if self.together else (*self.options, *OF_PATHS)


@dataclass(frozen=True)
class Source:
    """A file to look into. name: as its owner calls it; work: a folder for a readable copy and spill.

    first: what the first file of the table was found to be; this one must fit it. further: texts from further down a file of which
    this is the beginning.
    """

    path: Path
    name: str
    work: Path
    options: ReadOptions = field(default_factory=ReadOptions)
    line_limit: int = LINE_LIMIT
    first: TableSchema | None = None
    further: tuple[Path, ...] = ()

    @property
    def choices(self) -> dict[str, ColumnChoice]:
        """What the owner chose about columns of the file, by their name in it; those of its path are no matter of its format."""
        if not isinstance(self.options, Reading):
            return {}
        told = names_of_paths(self.options)
        return {choice.name: choice for choice in self.options.columns if choice.name not in told}


@dataclass(frozen=True)
class Inspected:
    """readable: a copy that must be read instead of the file itself, or None. empty: columns in which no value is."""

    schema: TableSchema
    readable: Path | None = None
    empty: frozenset[str] = frozenset()


class Format(Protocol):
    """The functions of a format's module."""

    SPEC: FormatSpec

    def matches(self, head: bytes, name: str) -> bool:
        """Say whether a file with this head is of the format; asked in order of name, `delimited` last."""
        ...

    def inspect(self, source: Source) -> Inspected:
        """Find out how the file is read and prove that it can be; raises a BadFile."""
        ...

    def scan(self, table: TableInput, row: str = "") -> str:
        """Return a SELECT for DuckDB that yields the table, typed as its schema says.

        row: name of a further column, first, that numbers the rows; only where the SPEC says `numbered`.
        """
        ...

    def head(self, path: Path, schema: TableSchema, rows: int, work: Path) -> Path:
        """Return a file that holds at least the first rows (or all) and is read in bounded time."""
        ...


def family() -> dict[str, Format]:
    """Return all formats by name."""
    found: dict[str, ModuleType] = plugins.find(PACKAGE, FormatSpec)
    return cast("dict[str, Format]", found)


def one(name: str) -> Format:
    """Return the format of a name; others are not loaded when it is one of ours. Raises KeyError."""
    return cast("Format", plugins.one(PACKAGE, name, FormatSpec))


def choose(head: bytes, name: str, wanted: str | None = None) -> Format:
    """Return the format that was asked for, or the one whose head or name fits.

    Raises UnknownFormat for a name that no format has.
    """
    formats = family()
    if wanted is not None:
        if wanted not in formats:
            named = ", ".join(name for name, module in formats.items() if module.SPEC.chosen)
            raise UnknownFormat(f"There is no format '{wanted}'.", f"One of: {named}.", field="format")
        return formats[wanted]
    in_order: Sequence[str] = sorted(formats, key=lambda key: (key == "delimited", key))
    return next((formats[key] for key in in_order if formats[key].matches(head, name)), formats["delimited"])
