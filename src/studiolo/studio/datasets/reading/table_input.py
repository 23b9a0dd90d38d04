"""The files of a table and how they are read, together: what every reader takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studiolo.studio.datasets.schemas import TableSchema


@dataclass(frozen=True)
class TableInput:
    """files: local copies that can be read, in order; names: their paths in the dataset, for path and partition columns."""

    files: tuple[Path, ...]
    names: tuple[str, ...]
    schema: TableSchema

    @classmethod
    def of(cls, path: Path, schema: TableSchema, name: str = "") -> "TableInput":
        """Make the input of one file."""
        return cls((path,), (name or path.name,), schema)

    def part(self, start: int, end: int) -> "TableInput":
        """Return the files from start to before end, read the same way."""
        return TableInput(self.files[start:end], self.names[start:end], self.schema)

    def only(self, columns: Sequence[str]) -> "TableInput":
        """Return the same files with these columns alone, in this order; raises KeyError for one that is not there."""
        known = {column.name: column for column in self.schema.columns}
        options = self.schema.options
        if self.schema.format == "delimited" and "fields" not in options:  # versions of old do not name them
            options = options | {"fields": [column.name for column in self.schema.columns]}
        changed = {"columns": [known[name] for name in columns], "options": options}
        return TableInput(self.files, self.names, self.schema.model_copy(update=changed))

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.files)
