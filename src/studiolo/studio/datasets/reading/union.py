"""Many files, one table: the schemas of the files become one that reads all of them, or the file that does not fit is named."""

from studiolo.studio.datasets.errors import DoesNotFit
from studiolo.studio.datasets.formats.base import Inspected
from studiolo.studio.datasets.reading import read_csv, written
from studiolo.studio.datasets.schemas import ColumnSchema, ReadingNote, ReadOptions, TableSchema

NUMBERS = ("integer", "decimal", "number")
MOMENTS = ("date", "datetime")
NOTES = 200  # kept; a hundred thousand files may have one each


class Union:
    """What the files that were added so far agree to. schema: of all of them; first: what the next one must fit.

    combine: files may have different columns though each names its own.
    """

    def __init__(self, known: TableSchema | None, *, combine: bool = False) -> None:
        self.schema = known.model_copy(deep=True) if known else None
        self._virtual: list[ColumnSchema] = []
        if self.schema is not None:
            self._virtual = [column for column in self.schema.columns if column.origin != "file"]
            self.schema.columns = [column for column in self.schema.columns if column.origin == "file"]
            self.schema.notes = [note for note in self.schema.notes if note != written.doubt(note.column)]
        self.first = self.schema
        self.left_out: list[str] = []
        self._combine = combine
        self._empty: set[str] = set()

    def finished(self) -> TableSchema | None:
        """Return the schema with the columns that earlier files had from their paths."""
        if self.schema is None:
            return None
        doubts = [
            written.doubt(column.name)
            for column in self.schema.columns
            if len(written.ways(column, self.schema.options)) > 1
        ]
        columns, notes = [*self.schema.columns, *self._virtual], [*self.schema.notes, *doubts][:NOTES]
        return self.schema.model_copy(update={"columns": columns, "notes": notes})

    def options(self, options: ReadOptions) -> ReadOptions:
        """Return how the next file is read: of the first one's format."""
        return options if self.first is None else options.model_copy(update={"format": self.first.format})

    def leave_out(self, name: str, why: str) -> None:
        """Keep a file out of the table: it has no rows."""
        self.left_out.append(name)
        if self.schema is not None:
            self._keep_left_out()
            if why:
                self._note(ReadingNote(message=f"{name}: {why} It is left out.", file=name))

    def add(self, name: str, found: Inspected) -> None:
        """Take a file in; raises DoesNotFit, which names the file and the column."""
        new = found.schema
        if self.schema is None:
            self.schema = self.first = new.model_copy(deep=True)
            self._empty = set(found.empty)
            if new.options.get("headers") == "first":
                self.schema.options["first_file"] = name
            self.schema.notes = [note.model_copy(update={"file": name}) for note in new.notes]
            self._count(new)
            self._keep_left_out()
            return
        if new.format != self.schema.format:
            raise DoesNotFit(
                f"{name}: the file is {new.format}, the first one {self.schema.format}.",
                "A table is made of files of one format; leave the others out.",
                file=name,
            )
        for note in new.notes:
            self._note(note.model_copy(update={"file": name}))
        self._count(new)
        merged = [self._merge(name, column, new, found) for column in self.schema.columns]
        there = {column.place for column in merged}
        more = [column for column in new.columns if column.place not in there]
        for column in more:
            self._set_ways(column, written.ways(column, new.options))
            self._note(
                ReadingNote(
                    message=f"Column '{column.name}' begins with {name}; it is missing in the files before.",
                    column=column.name,
                    file=name,
                )
            )
        self._empty = (self._empty & set(found.empty)) | {column.name for column in more if column.name in found.empty}
        self.schema.columns = [*merged, *more]
        self.schema.rows += new.rows
        self._read_alike(name, new, lacks=bool(more))

    def _merge(self, name: str, column: ColumnSchema, new: TableSchema, found: Inspected) -> ColumnSchema:
        assert self.schema is not None
        other = next((entry for entry in new.columns if entry.place == column.place), None)
        if other is None:
            if self.schema.format != "delimited" or self._combine:
                self._note(
                    ReadingNote(
                        message=f"{name} has no column '{column.name}'; it is missing there.",
                        column=column.name,
                        file=name,
                    )
                )
                self.schema.options["union"] = True
            return column
        if column.stored != other.stored:
            self.schema.options["union"] = True
        if other.name in found.empty:
            return column
        ways = written.ways(other, new.options)
        if column.name in self._empty:
            self._set_ways(column, ways)
            return other.model_copy(update={"name": column.name})
        before = written.ways(column, self.schema.options)
        if len(before) > 1 or len(ways) > 1:
            dates = self._narrowed(name, column, before, ways)
            if dates is not None:
                return dates
        if _held(column) == _held(other) and column.formats == other.formats:
            return column
        wider = widest(column, other)
        if _held(wider) != _held(column):
            self._note(
                ReadingNote(
                    message=f"Column '{column.name}' is {column.type} in the files before and {other.type} in {name}; it is read "
                    f"as {wider.type} in all.",
                    column=column.name,
                    file=name,
                )
            )
        return wider

    def _narrowed(
        self, name: str, column: ColumnSchema, before: list[ColumnSchema], now: list[ColumnSchema]
    ) -> ColumnSchema | None:
        """Return a column of dates that could be read in two ways, in the files before or in this one, as both can be; None in none."""
        dates = [way for one in before for other in now if (way := widest(one, other)).type != "text"]
        self._set_ways(column, dates)
        if len(dates) != 1:
            return column if dates else None
        if len(before) > 1:
            first = "day" if written.day_first(dates[0]) else "month"
            message = (
                f"{name} tells that the {first} comes first in the dates of '{column.name}', which were text before."
            )
            self._note(ReadingNote(message=message, column=column.name, file=name))
        return dates[0].model_copy(update={"name": column.name, "stored": column.stored})

    def _set_ways(self, column: ColumnSchema, ways: list[ColumnSchema]) -> None:
        """Keep what a text column could be, as long as that is more than one thing."""
        assert self.schema is not None
        others = {
            place: kept for place, kept in self.schema.options.get(written.OPEN, {}).items() if place != column.place[0]
        }
        self.schema.options.pop(written.OPEN, None)
        if len(ways) > 1:
            others |= written.open_of({column.place[0]: ways})
        if others:
            self.schema.options[written.OPEN] = others

    def _read_alike(self, name: str, new: TableSchema, *, lacks: bool) -> None:
        """Bring together how the texts are read."""
        assert self.schema is not None
        options = self.schema.options
        if lacks:
            options["union"] = True
        for key in ("longest_line", "largest_object"):
            if key in new.options:
                options[key] = max(options.get(key, 0), new.options[key])
        if "missing" in new.options:
            options["missing"] = [*dict.fromkeys([*options["missing"], *new.options["missing"]])]
        if self.schema.format == "delimited":
            assert self.first is not None
            options.setdefault("fields", read_csv.layouts(self.first)[0])
            fields = read_csv.layouts(new)[0]
            known = read_csv.layouts(self.schema)
            if fields != known[0]:
                if fields not in known:
                    options["layouts"] = [*options.get("layouts", []), fields]
                    known = read_csv.layouts(self.schema)
                options["layout_of"] = options.get("layout_of", {}) | {name: known.index(fields)}

    def _keep_left_out(self) -> None:
        if self.schema is not None and self.left_out:
            before = [name for name in self.schema.options.get("left_out", []) if name not in self.left_out]
            self.schema.options["left_out"] = [*before, *self.left_out]

    def _count(self, new: TableSchema) -> None:
        """Add up what the types of the columns lose."""
        assert self.schema is not None
        for note in new.notes:
            if note.lost:
                self.schema.losses[note.column] = self.schema.losses.get(note.column, 0) + note.lost

    def _note(self, note: ReadingNote) -> None:
        assert self.schema is not None
        if len(self.schema.notes) < NOTES:
            self.schema.notes.append(note)


def _held(column: ColumnSchema) -> tuple[str, str]:
    return column.type, column.sql_type


def widest(one: ColumnSchema, other: ColumnSchema) -> ColumnSchema:
    """Return the column whose type holds the values of both."""
    kinds = {one.type, other.type}
    if kinds <= set(NUMBERS):
        return _number(one, other)
    if kinds <= set(MOMENTS):  # what is written in two ways is read in none
        more, fewer = (other, one) if _moment_rank(other) > _moment_rank(one) else (one, other)
        if bool(fewer.formats) == bool(more.formats) and set(fewer.formats) <= set(more.formats):
            return more
    elif len(kinds) == 1:
        return one
    plain = {"type": "text", "sql_type": "VARCHAR", "lenient": False, "formats": []}
    return one.model_copy(update={**plain, "stored": one.stored and "VARCHAR"})


def _moment_rank(column: ColumnSchema) -> tuple[bool, bool, int]:
    return column.type == "datetime", column.sql_type == "TIMESTAMPTZ", len(column.formats)


def _number(one: ColumnSchema, other: ColumnSchema) -> ColumnSchema:
    if one.type == other.type == "decimal":
        return _decimal(one, other)
    order = ("integer", "decimal", "number")
    return max(one, other, key=lambda entry: (order.index(entry.type), entry.lenient))


def _decimal(one: ColumnSchema, other: ColumnSchema) -> ColumnSchema:
    """Return the decimal with the digits of both, as far as 38 go."""
    digits = [tuple(map(int, entry.sql_type[8:-1].split(","))) for entry in (one, other)]
    scale = max(found[1] for found in digits)
    whole = max(found[0] - found[1] for found in digits)
    if whole + scale > 38:
        return one.model_copy(update={"type": "number", "sql_type": "DOUBLE"})
    return one.model_copy(update={"sql_type": f"DECIMAL({whole + scale},{scale})"})
