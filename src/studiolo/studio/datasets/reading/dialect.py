"""How a delimited text is written: delimiter, quotes, header; decided from its head, in pure functions."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studiolo.studio.datasets.errors import BadColumnName, TooManyColumns

DELIMITERS = (",", ";", "\t", "|", ":", " ")
RARE = ("~", "^", "\x01", "\x1f", "¦", "§")  # taken where no other separates anything
DOUBLED = ("::", "||")  # as some programs write them: 1::Heat: the film::7
MAX_COLUMNS = 10_000
HEAD_RECORDS = 500
UNIT = "\x1f"
ESCAPED = re.compile(r'\\"[^,;\t|:\s"]')  # a backslash at the end of a value escapes nothing


@dataclass(frozen=True)
class Dialect:
    """quote: empty when nothing is quoted. escape: lets a quote stand inside quotes; most often the quote itself, doubled."""

    delimiter: str
    quote: str = '"'
    escape: str = '"'


def find_dialect(
    head: str, *, name: str = "", delimiter: str | None = None, quote: str | None = None, escape: str | None = None
) -> Dialect:
    """Choose the dialect whose rows agree best on their number of fields.

    head: the first part of the file, ending at a line end.
    name: the file's name; `.tsv` and `.tab` prefer the tabulator. quote: empty when nothing is quoted.
    """
    found = _quotes(head)
    quote = found[0] if quote is None else quote
    if escape is None:
        escape = found[1] if quote == found[0] else quote
    if delimiter is not None:
        return Dialect(delimiter, quote, escape)
    order = ("\t", *DELIMITERS) if name.lower().endswith((".tsv", ".tab")) else DELIMITERS
    best, best_score = Dialect(",", quote, escape), (0.0, 0)
    for candidate in dict.fromkeys((*order, *DOUBLED)):
        if candidate not in head:
            continue
        dialect = Dialect(candidate, quote, escape)
        counts = Counter(len(record) for record in records(head, dialect))
        if not counts:
            break
        fields, times = counts.most_common(1)[0]
        agreement = times / counts.total()
        if fields < 2 or (candidate in (":", " ", *DOUBLED) and agreement < 1.0):
            continue
        score = (round(agreement, 1), fields)
        if score > best_score:
            best, best_score = dialect, score
    if best_score[1] < 2:
        return next((rare for sign in RARE if _separates(head, rare := Dialect(sign, quote, escape))), best)
    if best.delimiter * 2 in DOUBLED and head.count(best.delimiter * 2) * 2 == head.count(best.delimiter):
        return Dialect(best.delimiter * 2, quote, escape)
    return best


def _separates(head: str, dialect: Dialect) -> bool:
    """Say whether each record has as many fields as the others, and more than one."""
    if dialect.delimiter not in head:
        return False
    lengths = {len(record) for record in records(head, dialect)}
    return len(lengths) == 1 and lengths != {1}


def _quotes(head: str) -> tuple[str, str]:
    if '"' not in head and head.count("'") >= 4:
        edges = sum(head.count(mark) for mark in ("',", ",'", "';", ";'", "'\t", "\t'", "\n'", "'\n"))
        if edges >= 0.8 * head.count("'"):
            return "'", "'"
    if ESCAPED.search(head) and head.count('""') <= head.count(',""') + head.count('"",'):
        return '"', "\\"
    return '"', '"'


def records(head: str, dialect: Dialect, limit: int = HEAD_RECORDS) -> list[list[str]]:
    """Split the head into at most `limit` records, blank lines left out."""
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 26))
    doubled = dialect.escape in (dialect.quote, "")
    delimiter = dialect.delimiter
    if len(delimiter) > 1:  # csv knows one character alone; this one occurs in no text
        head, delimiter = head.replace(delimiter, UNIT), UNIT
    reader = csv.reader(
        _lines(head),
        delimiter=delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        doublequote=doubled,
        escapechar=None if doubled else dialect.escape,
    )
    found: list[list[str]] = []
    try:
        for record in reader:
            if record:
                found.append(record)
            if len(found) >= limit:
                break
    except csv.Error:  # a head cut inside quotes; what was read until there is enough
        pass
    return found


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their ends, one by one: a head of a million characters holds more of them than are looked at."""
    if "\r" in text:
        yield from io.StringIO(text, newline="")
        return
    start = 0
    while (end := text.find("\n", start) + 1) > 0:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first row names the columns.

    It does unless one of its cells is a number, or is a value that its column holds again further down
    while no other column tells it apart from the rest by being numeric below.
    """
    first, rest = rows[0], rows[1:]
    if any(_is_number(cell) for cell in first if cell.strip()):
        return False
    if not rest:
        return True

    def below(place: int) -> list[str]:
        return [row[place] for row in rest if place < len(row) and row[place].strip()]

    if any((values := below(place)) and all(map(_is_number, values)) for place in range(len(first))):
        return True
    repeated = sum(cell.strip() != "" and cell in below(place) for place, cell in enumerate(first))
    return repeated == 0 or repeated < len(first) / 2


def _is_number(cell: str) -> bool:
    text = cell.strip()
    if not text or text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def column_names(first: Sequence[str], *, header: bool) -> list[str]:
    """Return the names, checked; without a header they are column_1, column_2, …

    Raises BadColumnName for names that are empty, repeated or differ only in case, and TooManyColumns.
    """
    if len(first) > MAX_COLUMNS:
        raise TooManyColumns(
            f"The table has {len(first):,} columns; at most {MAX_COLUMNS:,} are taken.",
            "Split it, or turn repeated measurements into rows (one row per measurement).",
        )
    if not header:
        return [f"column_{number}" for number in range(1, len(first) + 1)]
    names = [cell.strip() for cell in first]
    check_names(names)
    return names


def check_names(names: Sequence[str]) -> None:
    """Raise BadColumnName unless every name is there once, whatever its case."""
    empty = [number for number, name in enumerate(names, 1) if not name]
    if empty:
        raise BadColumnName(
            f"Column {', '.join(map(str, empty[:5]))} has no name."
            if len(empty) == 1
            else f"{len(empty)} columns have no name, first column {empty[0]}.",
            "Name it in the first row, or delete the column (pandas writes such an index column unless index=False).",
        )
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.get(name.casefold())) is not None:
            raise BadColumnName(
                f"Two columns are named '{name}'."
                if other == name
                else f"The columns '{other}' and '{name}' differ only in case.",
                "Rename one of them in the first row.",
            )
        seen[name.casefold()] = name
