"""Delimited text: CSV, TSV and their relatives."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import BadQuotes, DoesNotFit, EmptyFile, HeaderOnly
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading import choices, pieces, read_csv, written
from studiolo.studio.datasets.reading.dialect import Dialect, column_names, find_dialect, has_header, records
from studiolo.studio.datasets.reading.encoding import CHUNK
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.reading.text_source import TextSource, prepare, text_head, without_comments
from studiolo.studio.datasets.reading.verify import Settled, settle
from studiolo.studio.datasets.schemas import ReadOptions, TableSchema

SPEC = FormatSpec(
    name="delimited",
    title="Delimited text (CSV, TSV)",
    extensions=(".csv", ".tsv", ".tab", ".txt", ".psv"),
    options=(
        "delimiter", "encoding", "header", "skip_rows", "quote", "escape", "comment", "decimal", "multi_line",
        "empty_as_text", "infer_types", "member",
    ),
)  # fmt: skip


def matches(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Take what is called so; anything else that is text comes here last of all anyhow."""
    return name.lower().endswith(SPEC.extensions)


def inspect(source: Source) -> Inspected:
    """Find encoding, dialect, header and types, then read the whole file once as it will be read later."""
    text = prepare(source.path, source.work, encoding=source.options.encoding, line_limit=source.line_limit)
    if source.options.comment:
        without_comments(text, source.options.comment, source.work)
    source = replace(source, options=source.options.model_copy(update={"skip_rows": _begin(text.path, source.options)}))
    head, whole = _head(text.path, source.options)
    dialect = _dialect(source, head)
    rows = records(head, dialect)
    if not rows:
        raise EmptyFile("The file holds only blank lines.", "Is it the right file?")
    header = _has_header(source, rows)
    fields = _fields(source, rows, header=header)
    if header and len(rows) == 1 and whole:
        raise HeaderOnly(
            f"The file has column names ({', '.join(fields[:3])}{', …' if len(fields) > 3 else ''}) but no rows.",
            "Add rows, or say that the first row is data (option `header=false`).",
        )
    settled = _settle(source, text, dialect, fields, header=header)
    if not settled.rows and source.first is None:
        raise HeaderOnly("The file has column names but no rows.", "Add rows.")
    if not source.options.multi_line:
        _refuse_long_records(text, settled)
    columns = choices.applied(settled.columns, source.choices)
    options = settled.options | {"encoding": text.encoding, "fields": fields}
    if settled.ways:
        options[written.OPEN] = written.open_of(settled.ways)
    renamed = {column.place[0]: column.name for column in columns}
    notes = [note.model_copy(update={"column": renamed.get(note.column, note.column)}) for note in settled.notes]
    schema = TableSchema(
        format=SPEC.name,
        columns=columns,
        rows=settled.rows,
        options=options,
        notes=[*text.notes, *notes],
    )
    return Inspected(schema, text.path if text.path != source.path else None, settled.empty)


def _begin(path: Path, options: ReadOptions) -> int:
    """Return how many lines stand before the table: those that the owner named, and blank ones."""
    lines = options.skip_rows
    with path.open("rb") as stream:
        for _ in range(lines):
            stream.readline()
        while (line := stream.readline(CHUNK)) and not line.strip(b" \t\r\n\xef\xbb\xbf"):
            lines += 1
    return lines


def _head(path: Path, options: ReadOptions) -> tuple[str, bool]:
    """Return the decoded beginning, without what stands before the table, and whether it is all."""
    with path.open("rb") as stream:
        for _ in range(options.skip_rows):
            stream.readline()
        data = stream.read(CHUNK)
    whole = len(data) < CHUNK
    first = data if whole else data[: data.rfind(b"\n") + 1] or data
    return first.decode("utf-8", "ignore").lstrip("\ufeff"), whole


def _dialect(source: Source, head: str) -> Dialect:
    options = source.options
    if source.first is not None:  # the files of a table are written alike
        found = source.first.options
        return Dialect(found["delimiter"], found["quote"], found["escape"])
    return find_dialect(head, name=source.name, delimiter=options.delimiter, quote=options.quote, escape=options.escape)


def _mode(options: ReadOptions) -> str | None:
    if isinstance(options.header, bool):
        return "same" if options.header else "none"
    return options.header


def _has_header(source: Source, rows: list[list[str]]) -> bool:
    mode = _mode(source.options)
    if mode == "none":
        return False
    if mode is not None:
        return mode != "first" or source.first is None
    if source.first is not None:
        return bool(source.first.options["header"])
    return has_header(rows)


def _fields(source: Source, rows: list[list[str]], *, header: bool) -> list[str]:
    """Return the names of the fields; raises DoesNotFit when they are not those of the first file."""
    if source.first is None:
        return column_names(rows[0], header=header)
    wanted = read_csv.layouts(source.first)[0]
    if not header:
        if len(rows[0]) != len(wanted):
            raise DoesNotFit(
                f"Line 1 has {len(rows[0])} fields, but the first file has {len(wanted)} columns.",
                "Is it the same table? Leave the file out, or correct it.",
                line=1,
            )
        return wanted
    if _mode(source.options) == "combine":
        return column_names(rows[0], header=True)
    line = source.options.skip_rows + 1
    names = [cell.strip() for cell in rows[0]]
    missing = [name for name in wanted if name not in names]
    more = [name for name in names if name not in wanted]
    if missing or more:
        what = f"no column '{missing[0]}'" if missing else f"a column '{more[0]}' that the first file does not have"
        raise DoesNotFit(
            f"Line {line} names {what}.",
            "Choose the header mode: `combine` when the files have different columns, `first` when only the first file "
            "names them.",
            line=line,
        )
    return column_names(rows[0], header=True)


def _settle(source: Source, text: TextSource, dialect: Dialect, fields: list[str], *, header: bool) -> Settled:
    chosen = source.choices
    if source.first is None or _mode(source.options) != "combine":
        choices.check(list(chosen.values()), fields)
    options = _options(source.options, dialect, header=header, longest=text.longest)
    if source.first is not None:
        options["decimal"] = source.first.options["decimal"]
    texts = [text.path]
    size = text.path.stat().st_size
    if (size > 2 * CHUNK or source.further) and len(dialect.delimiter) == 1:
        further = (
            [path.read_bytes() for path in source.further]
            if source.further
            else pieces.further(pieces.of_file(text.path), size, CHUNK)
        )
        made = pieces.rows(further, dialect, len(fields), source.work / "further.txt")
        texts += [made] if made else []
    fixed = {name: found for name in fields if (found := choices.fixed(chosen.get(name), name))}
    return settle(
        texts,
        fields,
        options,
        source.work,
        chosen=fixed,
        left_out=frozenset(name for name, choice in chosen.items() if not choice.include),
        strict=frozenset(name for name, choice in chosen.items() if choice.mismatch == "error"),
        infer=source.options.infer_types,
        prove=source.options.proof,
        before={entry.place[0]: entry.formats for entry in source.first.columns} if source.first else None,
    )


def _options(options: ReadOptions, dialect: Dialect, *, header: bool, longest: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "header": header,
        "missing": [""],
        "decimal": options.decimal,
        "longest_line": longest,
    }
    if options.comment:
        found["comment"] = options.comment
    if options.skip_rows:
        found["skip_rows"] = options.skip_rows
    if options.empty_as_text:
        found["empty_as_text"] = True
    if _mode(options) in ("first", "combine"):
        found["headers"] = _mode(options)
    return found


def _refuse_long_records(text: TextSource, settled: Settled) -> None:
    """Refuse a value that holds a line end, when none may."""
    quote = settled.options["quote"].encode()
    if not quote:
        return
    with text.path.open("rb") as stream:
        for line, data in enumerate(stream, 1):
            if data.count(quote) % 2:
                raise BadQuotes(
                    f"A quoted value that begins in line {line} holds a line end.",
                    "Allow it (option `multi_line`), or correct the line.",
                    line=line,
                )


def scan(table: TableInput, row: str = "") -> str:  # noqa: ARG001 - rows of texts have no numbers
    """Read with everything fixed: nothing is guessed a second time."""
    return read_csv.scan(table)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:
    """Cut the first records off."""
    return text_head(path, rows, work, quote=schema.options["quote"])
