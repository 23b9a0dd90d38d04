"""A JSON document: an array of objects, one object that holds such an array, or a single row."""

import json
import re
from pathlib import Path

from studiolo.studio.datasets.errors import MalformedJson
from studiolo.studio.datasets.formats import json_lines
from studiolo.studio.datasets.formats.base import FormatSpec, Inspected, Source
from studiolo.studio.datasets.reading.encoding import CHUNK
from studiolo.studio.datasets.reading.json_document import find_rows, lists_below, write_lines
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.reading.text_source import TextSource, prepare
from studiolo.studio.datasets.schemas import ReadingNote, TableSchema

SPEC = FormatSpec(
    name="json",
    title="JSON document",
    extensions=(".json",),
    options=("encoding", "nested", "records", "member"),
    copies=True,
)
ARRAY = re.compile(rb"\s*\[\s*(\{|\]|\[|\")")
DOCUMENT_LINE = 1 << 40  # a document may be one line


def matches(head: bytes, name: str) -> bool:
    """Take an array of objects, and a `.json` that is no list of lines."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if ARRAY.match(text):
        return not name.lower().endswith((".csv", ".tsv", ".txt"))
    if not name.lower().endswith(".json") or not text.startswith(b"{"):
        return False
    first, _, rest = text.partition(b"\n")
    try:
        value = json.loads(first)
    except ValueError:
        return len(first) < len(text) or len(head) < CHUNK  # goes on in the next line
    return not rest.strip() and (any(isinstance(item, list) for item in value.values()) or any(lists_below(value)))


def inspect(source: Source) -> Inspected:
    """Rewrite the document as lines, one object each, which are read from then on; then do as for JSON lines."""
    text = prepare(
        source.path, source.work, encoding=source.options.encoding, line_limit=DOCUMENT_LINE, strip_mark=True
    )
    start, key = find_rows(text.path, source.options.records)
    lines = source.work / "rows.jsonl"
    rows, longest = write_lines(text.path, start, lines)
    if not rows:
        raise MalformedJson("The document holds no object.", "Write rows as objects: [{…}, {…}].", line=1)
    notes = [*text.notes]
    if key and source.options.records is None:
        notes.append(
            ReadingNote(message=f"The rows are those of '{key}'; name another key if that is wrong (`records`).")
        )
    if text.path != source.path:
        text.path.unlink()
    found = json_lines.look(source, TextSource(lines, text.encoding, longest, notes), SPEC.name)
    schema = found.schema.model_copy(update={"options": found.schema.options | ({"records": key} if key else {})})
    return Inspected(schema, found.readable, found.empty)


def scan(table: TableInput, row: str = "") -> str:
    """Read the lines that the inspection wrote."""
    return json_lines.scan(table, row)


def head(path: Path, schema: TableSchema, rows: int, work: Path) -> Path:
    """Cut the first lines off."""
    return json_lines.head(path, schema, rows, work)
