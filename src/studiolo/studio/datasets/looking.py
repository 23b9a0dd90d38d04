"""Look into files: the format of each, what its columns are, and the one schema that all of them are read with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from studiolo.studio.datasets.delta import table as delta
from studiolo.studio.datasets.errors import BadColumnChoice, BadFile, EmptyFile, HeaderOnly
from studiolo.studio.datasets.formats.base import Format, Inspected, Source, choose, family
from studiolo.studio.datasets.images import table as images
from studiolo.studio.datasets.mltable import pipeline
from studiolo.studio.datasets.mltable.describing import Described, describe
from studiolo.studio.datasets.reading import unpacking, written
from studiolo.studio.datasets.reading.encoding import CHUNK, LINE_LIMIT
from studiolo.studio.datasets.reading.paths import add_columns, ordered
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.reading.union import Union
from studiolo.studio.datasets.schemas import ReadingNote, ReadOptions, TableSchema

MARKERS = ("_", ".")  # names that begin so are no data: _SUCCESS, _committed_…, .part.crc
Report = Callable[[int, str], None]


@dataclass(frozen=True)
class InspectedFiles:
    """readables: copies that must be read instead, by place; rows: of each file. Both of the files that were looked into.

    whole: one copy that is read instead of all of them.
    """

    schema: TableSchema
    readables: list[Path | None] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    whole: Path | None = None

    def table(self, files: Sequence[tuple[Path, str]]) -> TableInput:
        """Return the table in the files that were looked into."""
        if self.whole is not None:
            return TableInput.of(self.whole, self.schema)
        left = set(self.schema.options.get("left_out", ()))
        there = [
            (readable or path, name)
            for (path, name), readable in zip(files, self.readables, strict=True)
            if name not in left
        ]
        return TableInput(tuple(path for path, _ in there), tuple(name for _, name in there), self.schema)


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
        return _by(choose(head, source.name, source.options.format or "excel"), source)
    if kind is None:
        return _by(
            choose(head, source.name, source.options.format or ("json" if source.options.records else None)), source
        )
    path, name = unpacking.unpack(source.path, source.name, kind, source.work, member=source.options.member)
    with path.open("rb") as stream:
        head = stream.read(CHUNK)
    if not head:
        raise EmptyFile("The archive holds an empty file.", "Choose a file with a table in it.")
    found = _by(choose(head, name, source.options.format), replace(source, path=path, name=name))
    note = ReadingNote(message=f"The file was unpacked ({kind}); what came out is read.")
    schema = found.schema.model_copy(update={"notes": [note, *found.schema.notes]})
    if found.readable is not None:
        path.unlink(missing_ok=True)
    return replace(found, schema=schema, readable=found.readable or path)


def _by(module: Format, source: Source) -> Inspected:
    """Look into a file as a format does; what was asked for and does not concern that format is noted."""
    found = module.inspect(source)
    left = [choice.name for choice in source.choices.values() if not choice.include]
    if left and module.SPEC.name != "delimited":  # which names all of its fields
        found.schema.options["left_columns"] = left
    said = source.options.model_dump(exclude_defaults=True).keys() - {*module.SPEC.heeded}
    others = said & {option for other in family().values() for option in other.SPEC.heeded}
    if not others:
        return found
    named = ", ".join(f"`{option}`" for option in sorted(others))
    note = ReadingNote(message=f"{named} says nothing about {module.SPEC.title}: read without.")
    return replace(found, schema=found.schema.model_copy(update={"notes": [note, *found.schema.notes]}))


def inspect_files(
    files: Sequence[tuple[Path, str]],
    options: ReadOptions,
    work: Path,
    *,
    line_limit: int = LINE_LIMIT,
    known: TableSchema | None = None,
    further: Mapping[str, tuple[Path, ...]] | None = None,
    report: Report = lambda done, name: None,  # noqa: ARG005
) -> InspectedFiles:
    """Look into the files of a table and return the schema of all; raises a BadFile that names file, line and column.

    An MLTable among them, or transformations in the options, say which are read and what is done to their rows.
    files: local copies and their names in the dataset. work: a folder for readable copies; one below it per file.
    known: the schema of files that were looked into before; only the given ones are read, the result is of all.
    further: texts from further down of files that are cut, by name. report: told how many files are done and which is next.
    """
    described = describe(files, options, some=further is not None)
    if described is None:
        return _table(files, options, work, line_limit, known, further, report)
    wanted = set(described.names)
    chosen = [(path, name) for path, name in files if name in wanted]
    try:
        found = _table(chosen, described.reading, work, line_limit, known, further, report)
    except BadColumnChoice as error:
        raise described.blamed(error) from error
    return _transformed(described, files, chosen, found, work, cut=further is not None)


def _table(
    files: Sequence[tuple[Path, str]],
    options: ReadOptions,
    work: Path,
    line_limit: int,
    known: TableSchema | None,
    further: Mapping[str, tuple[Path, ...]] | None,
    report: Report,
) -> InspectedFiles:
    """Look into the files, or make one table of them where only together they are one."""
    names = [name for _, name in files]
    if known is None and delta.wanted(options, names):
        return _made(files, work, lambda target: delta.make(files, options, target, work))
    if known is None and images.wanted(options, names):  # else they are only some of the files, and a table already
        return _made(files, work, lambda target: images.make(files, options, target, report))
    return _look_at_all(files, options, work, line_limit, known, further, report)


def _made(
    files: Sequence[tuple[Path, str]], work: Path, make: Callable[[Path], tuple[TableSchema, list[str]]]
) -> InspectedFiles:
    """Return one table that is made of all files. make: writes it, and returns its schema and the files that are left out."""
    whole = work / "made.parquet"
    schema, left = make(whole)
    if left:
        schema.options["left_out"] = left
    out = set(left)
    rows = [int(name not in out) for _, name in files]
    return InspectedFiles(schema, [None] * len(files), rows, whole)


def _transformed(
    described: Described,
    files: Sequence[tuple[Path, str]],
    chosen: Sequence[tuple[Path, str]],
    found: InspectedFiles,
    work: Path,
    *,
    cut: bool,
) -> InspectedFiles:
    """Do to rows and columns what an MLTable says. cut: not all rows are here, so that none may be left."""
    schema, whole = found.schema, found.whole
    base = {
        "format": schema.format,
        "options": {key: value for key, value in schema.options.items() if key != "left_out"},
    }
    path = next((column.name for column in schema.columns if column.origin == "path"), "")
    base |= {"path_column": path} if path else {}
    names = described.own.names
    if pipeline.needed(described.steps) or names:
        whole = work / "transformed.parquet"
        made = pipeline.run(found.table(chosen), described.steps, whole, work, names=names, empty=cut)
        texts = {column.name for column in made.columns if column.type == "text"}
        before = [
            note.model_copy(update={"column": names[note.column]}) if note.column in names else note
            for note in schema.notes
            if names.get(note.column, note.column) in texts or note != written.doubt(note.column)
        ]
        schema = made.model_copy(update={"notes": [*before, *made.notes], "options": {"base": base}})
    left = [*found.schema.options.get("left_out", ()), *described.left]
    more: dict[str, Any] = {"left_out": list(dict.fromkeys(left))} if left else {}
    more |= {"mltable": list(described.given)} if described.steps or described.notes else {}
    more |= {"mltable_own": dict(described.own.given)} if described.own.given else {}
    notes = [*described.notes, *schema.notes]
    schema = schema.model_copy(update={"options": schema.options | more, "notes": notes})
    by_name = {name: place for place, (_, name) in enumerate(chosen)}
    places = [by_name.get(name) for _, name in files]
    return InspectedFiles(
        ordered(schema, names.get(described.timestamp, described.timestamp)),
        [None if place is None else found.readables[place] for place in places],
        [0 if place is None else found.rows[place] for place in places],
        whole,
    )


def _look_at_all(
    files: Sequence[tuple[Path, str]],
    options: ReadOptions,
    work: Path,
    line_limit: int,
    known: TableSchema | None,
    further: Mapping[str, tuple[Path, ...]] | None,
    report: Report,
) -> InspectedFiles:
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
    return InspectedFiles(add_columns(schema, options, names, begun=known is not None), readables, rows)


def _is_marker(name: str) -> bool:
    return any(part.startswith(MARKERS) and "=" not in part for part in PurePosixPath(name).parts[-1:])


def _tidy(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
