"""Look into files: the format of each, what its columns are, and the one schema that all of them are read with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from studiolo.studio.datasets.errors import BadFile, EmptyFile, HeaderOnly
from studiolo.studio.datasets.formats.base import Inspected, Source, choose
from studiolo.studio.datasets.reading import unpacking
from studiolo.studio.datasets.reading.encoding import CHUNK, LINE_LIMIT
from studiolo.studio.datasets.reading.paths import add_columns
from studiolo.studio.datasets.reading.union import Union
from studiolo.studio.datasets.schemas import ReadingNote, ReadOptions, TableSchema

MARKERS = ("_", ".")  # names that begin so are no data: _SUCCESS, _committed_…, .part.crc


@dataclass(frozen=True)
class InspectedFiles:
    """readables: copies that must be read instead, by place; rows: of each file. Both of the files that were looked into."""

    schema: TableSchema
    readables: list[Path | None] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


def inspect(source: Source) -> Inspected:
    """Find out how a file is read and prove that it can be; raises a BadFile that says where and what to do."""
    found = _look(source)
    return replace(found, schema=add_columns(found.schema, source.options, [source.name]))


def _look(source: Source) -> Inspected:
    with source.path.open("rb") as stream:
        head = stream.read(CHUNK)
    if not head:
        raise EmptyFile("The file is empty.", "Choose a file with a table in it.")
    kind = unpacking.packed(head)
    if kind == "zip" and unpacking.is_workbook(source.path):
        return choose(head, source.name, source.options.format or "excel").inspect(source)
    if kind is None:
        return choose(head, source.name, source.options.format).inspect(source)
    path, name = unpacking.unpack(source.path, source.name, kind, source.work, member=source.options.member)
    with path.open("rb") as stream:
        head = stream.read(CHUNK)
    if not head:
        raise EmptyFile("The archive holds an empty file.", "Choose a file with a table in it.")
    found = choose(head, name, source.options.format).inspect(replace(source, path=path, name=name))
    note = ReadingNote(message=f"The file was unpacked ({kind}); what came out is read.")
    schema = found.schema.model_copy(update={"notes": [note, *found.schema.notes]})
    if found.readable is not None:
        path.unlink(missing_ok=True)
    return replace(found, schema=schema, readable=found.readable or path)


def inspect_files(
    files: Sequence[tuple[Path, str]],
    options: ReadOptions,
    work: Path,
    *,
    line_limit: int = LINE_LIMIT,
    known: TableSchema | None = None,
    further: Mapping[str, tuple[Path, ...]] | None = None,
    report: Callable[[int, str], None] = lambda done, name: None,  # noqa: ARG005
) -> InspectedFiles:
    """Look into the files of a table and return the schema of all; raises a BadFile that names file, line and column.

    files: local copies and their names in the dataset. work: a folder for readable copies; one below it per file.
    known: the schema of files that were looked into before; only the given ones are read, the result is of all.
    further: texts from further down of files that are cut, by name. report: told how many files are done and which is next.
    """
    union = Union(known, combine=options.header == "combine")
    readables: list[Path | None] = []
    rows: list[int] = []
    for place, (path, name) in enumerate(files):
        report(place, name)
        readables.append(None)
        rows.append(0)
        if _is_marker(name) and len(files) > 1:
            union.leave_out(name, "")
            continue
        folder = work / f"{place:06d}"
        folder.mkdir()
        try:
            more = (further or {}).get(name, ())
            found = _look(Source(path, name, folder, union.options(options), line_limit, union.first, more))
        except (EmptyFile, HeaderOnly) as error:
            if len(files) == 1:
                raise
            union.leave_out(name, error.detail)
            continue
        except BadFile as error:
            raise (error.of(name) if len(files) > 1 else error) from error
        union.add(name, found)
        readables[-1], rows[-1] = found.readable, found.schema.rows
        if found.readable is None:
            _tidy(folder)
    schema = union.finished()
    if schema is None:
        raise EmptyFile("None of the files has rows.", "Choose files with a table in them.")
    left = set(union.left_out)
    names = [name for _, name in files if name not in left]
    return InspectedFiles(add_columns(schema, options, names), readables, rows)


def _is_marker(name: str) -> bool:
    return any(part.startswith(MARKERS) and "=" not in part for part in PurePosixPath(name).parts[-1:])


def _tidy(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
