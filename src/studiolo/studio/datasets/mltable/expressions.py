"""The filters of an MLTable: a small language of comparisons, read into SQL and never evaluated as a program.

    col("a") > 3 and (col("b") == "x" or not is_null(col("c")))

Names stand in `col("…")` or bare. `and`, `or`, `not`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in (…)`, `is null`, `+ - * / %`, texts in quotes,
numbers, true, false, null, `datetime(2024, 1, 31)`, and the functions of FUNCTIONS, also as `col("a").startswith("x")`.
A row stays when the whole is true; comparing with a missing value is not.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from studiolo.kernel.nearest import nearest
from studiolo.studio.datasets.reading import engine

Kind = Literal["number", "text", "boolean", "moment", "null", "other"]
KINDS: dict[str, Kind] = {
    "integer": "number", "number": "number", "decimal": "number", "text": "text", "json": "text", "boolean": "boolean",
    "date": "moment", "datetime": "moment",
}  # fmt: skip
DEPTH = 60
TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<word>[^\W\d]\w*)|(?P<mark>==|!=|<>|<=|>=|&&|\|\||[-+*/%()<>=,.!&|~\[\]]))"""
)
COMPARED = {"==": "=", "=": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
FUNCTIONS: dict[str, tuple[tuple[Kind | None, ...], Kind, str]] = {  # what it takes, what it is, its SQL
    "isnull": ((None,), "boolean", "({0} IS NULL)"),
    "isnotnull": ((None,), "boolean", "({0} IS NOT NULL)"),
    "startswith": (("text", "text"), "boolean", "starts_with({0}, {1})"),
    "endswith": (("text", "text"), "boolean", "suffix({0}, {1})"),
    "contains": (("text", "text"), "boolean", "contains({0}, {1})"),
    "lower": (("text",), "text", "lower({0})"),
    "upper": (("text",), "text", "upper({0})"),
    "length": (("text",), "number", "length({0})"),
    "trim": (("text",), "text", "trim({0})"),
    "abs": (("number",), "number", "abs({0})"),
    "year": (("moment",), "number", "year({0})"),
    "month": (("moment",), "number", "month({0})"),
    "day": (("moment",), "number", "day({0})"),
}
ALIASES = {"isna": "isnull", "isnone": "isnull", "notnull": "isnotnull", "len": "length"}


class NotUnderstood(ValueError):
    """The expression cannot be read; the message says where and what to write."""


@dataclass(frozen=True)
class _Part:
    """A part of the expression as SQL. text: of a constant text, which may be read as a number or a moment."""

    sql: str
    kind: Kind
    shown: str
    text: str | None = None


def sql(expression: str, columns: Mapping[str, str]) -> str:
    """Return the condition for DuckDB; raises NotUnderstood. columns: the type (a ColumnType) of each column by its name."""
    parser = _Parser(expression, columns)
    found = parser.either(0)
    parser.end()
    if found.kind != "boolean":
        raise NotUnderstood(f"'{found.shown}' says neither yes nor no: compare it with something.")
    return found.sql


class _Parser:
    def __init__(self, expression: str, columns: Mapping[str, str]) -> None:
        self._columns = columns
        self._tokens: list[tuple[str, str, int]] = []
        place = 0
        while expression[place:].strip():
            found = TOKEN.match(expression, place)
            if found is None:
                at = place + len(expression[place:]) - len(expression[place:].lstrip())
                raise NotUnderstood(f"'{expression[at : at + 10]}' at character {at + 1} cannot be read.")
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind], found.start(kind)))
            place = found.end()
        self._place = 0

    def end(self) -> None:
        if self._place < len(self._tokens):
            _, text, at = self._tokens[self._place]
            raise NotUnderstood(f"'{text}' at character {at + 1} is too much.")

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self._place + ahead
        if place >= len(self._tokens):
            return "end", ""
        kind, text, _ = self._tokens[place]
        return kind, text.lower() if kind == "word" else text

    def _take(self, *texts: str) -> bool:
        kind, text = self._peek()
        if kind in ("word", "mark") and text in texts:
            self._place += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            found = self._tokens[self._place] if self._place < len(self._tokens) else None
            where = f"'{found[1]}' at character {found[2] + 1}" if found else "the end"
            raise NotUnderstood(f"'{text}' is missing before {where}.")

    def either(self, depth: int) -> _Part:
        if depth > DEPTH:
            raise NotUnderstood(f"It is nested more than {DEPTH} deep.")
        found = self._both(depth)
        while self._take("or", "|", "||"):
            found = _logic("OR", found, self._both(depth))
        return found

    def _both(self, depth: int) -> _Part:
        found = self._negated(depth)
        while self._take("and", "&", "&&"):
            found = _logic("AND", found, self._negated(depth))
        return found

    def _negated(self, depth: int) -> _Part:
        if self._take("not", "!", "~"):
            if depth > DEPTH:
                raise NotUnderstood(f"It is nested more than {DEPTH} deep.")
            inner = _truth(self._negated(depth + 1))
            return _Part(f"(NOT {inner.sql})", "boolean", f"not {inner.shown}")
        return self._compared(depth)

    def _compared(self, depth: int) -> _Part:
        left = self._sum(depth)
        kind, text = self._peek()
        if kind == "mark" and text in COMPARED:
            self._place += 1
            return _comparison(left, text, self._sum(depth))
        if text == "is":
            self._place += 1
            negated = self._take("not")
            if not self._take("null", "none"):
                raise NotUnderstood("After 'is' only 'null' or 'not null' can stand.")
            return _Part(f"({left.sql} IS {'NOT ' if negated else ''}NULL)", "boolean", f"{left.shown} is null")
        negated = text == "not" and self._peek(1)[1] == "in"
        if text == "in" or negated:
            self._place += 1 + negated
            return self._among(left, depth, negated=negated)
        return left

    def _among(self, left: _Part, depth: int, *, negated: bool) -> _Part:
        close = {"(": ")", "[": "]"}.get(self._peek()[1])
        if close is None:
            raise NotUnderstood("After 'in' stands a list: in (1, 2, 3).")
        self._place += 1
        parts = [_comparison(left, "==", self._sum(depth)).sql]
        while self._take(","):
            parts.append(_comparison(left, "==", self._sum(depth)).sql)
        self._expect(close)
        joined = f"({' OR '.join(parts)})"
        return _Part(f"(NOT {joined})" if negated else joined, "boolean", f"{left.shown} in (…)")

    def _sum(self, depth: int) -> _Part:
        found = self._product(depth)
        while self._peek()[1] in ("+", "-"):
            found = self._calculated(found, self._product, depth)
        return found

    def _product(self, depth: int) -> _Part:
        found = self._signed(depth)
        while self._peek()[1] in ("*", "/", "%"):
            found = self._calculated(found, self._signed, depth)
        return found

    def _calculated(self, left: _Part, following: object, depth: int) -> _Part:
        mark = self._peek()[1]
        self._place += 1
        right = following(depth)  # type: ignore[operator]
        for part in (left, right):
            if part.kind != "number":
                raise NotUnderstood(f"'{part.shown}' is no number: '{mark}' needs numbers.")
        return _Part(f"({left.sql} {mark} {right.sql})", "number", f"{left.shown} {mark} {right.shown}")

    def _signed(self, depth: int) -> _Part:
        if self._take("-"):
            inner = self._signed(depth + 1) if depth <= DEPTH else self._method(depth)
            if inner.kind != "number":
                raise NotUnderstood(f"'{inner.shown}' is no number: '-' needs one.")
            return _Part(f"(- {inner.sql})", "number", f"-{inner.shown}")
        return self._method(depth)

    def _method(self, depth: int) -> _Part:
        found = self._value(depth)
        while self._peek() == ("mark", ".") and self._peek(1)[0] == "word":
            name = self._peek(1)[1]
            self._place += 2
            if name == "isin":
                self._expect("(")
                found = self._among(found, depth, negated=False)
                self._expect(")")
            else:
                found = self._call(name, depth, found)
        return found

    def _value(self, depth: int) -> _Part:
        kind, text = self._peek()
        raw = self._tokens[self._place][1] if kind != "end" else ""
        if kind == "end":
            raise NotUnderstood("It ends where a value should stand.")
        if self._take("("):
            found = self.either(depth + 1)
            self._expect(")")
            return found
        self._place += 1
        if kind == "number":
            return _Part(raw, "number", raw)
        if kind == "text":
            plain = re.sub(r"\\(.)", r"\1", raw[1:-1])
            return _Part(engine.literal(plain), "text", raw, plain)
        if kind == "word":
            return self._word(raw, depth)
        self._place -= 1
        raise NotUnderstood(f"'{text}' at character {self._tokens[self._place][2] + 1} stands where a value should.")

    def _word(self, raw: str, depth: int) -> _Part:
        word = raw.lower()
        if word == "col" and self._peek()[1] == "(":
            self._expect("(")
            kind, text, _ = self._tokens[self._place] if self._place < len(self._tokens) else ("end", "", 0)
            if kind != "text":
                raise NotUnderstood('A column is named in quotes: col("name").')
            self._place += 1
            self._expect(")")
            return self._column(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if self._peek()[1] == "(":
            return self._moment() if word == "datetime" else self._call(word, depth)
        if word in ("true", "false"):
            return _Part(word, "boolean", raw)
        if word in ("null", "none"):
            return _Part("NULL", "null", raw)
        return self._column(raw)

    def _column(self, name: str) -> _Part:
        if name not in self._columns:
            near = nearest(name, list(self._columns))
            more = f" Did you mean '{near}'?" if near else f" There are: {', '.join(list(self._columns)[:10])}."
            raise NotUnderstood(f"There is no column '{name[:100]}'.{more}")
        kind = KINDS.get(self._columns[name], "other")
        return _Part(engine.name(name), kind, name)

    def _moment(self) -> _Part:
        self._expect("(")
        numbers = []
        while self._peek()[0] == "number":
            numbers.append(self._peek()[1])
            self._place += 1
            if not self._take(","):
                break
        self._expect(")")
        try:
            value = datetime(*map(int, numbers))  # type: ignore[arg-type]  # noqa: DTZ001 - as it stands
        except (TypeError, ValueError) as error:
            raise NotUnderstood(f"datetime({', '.join(numbers)}) is no moment: {error}.") from None
        return _Part(f"TIMESTAMP '{value.isoformat(sep=' ')}'", "moment", value.isoformat())

    def _call(self, name: str, depth: int, first: _Part | None = None) -> _Part:
        key = name.replace("_", "")
        key = ALIASES.get(key, key)
        if key not in FUNCTIONS:
            raise NotUnderstood(f"There is no function '{name}'. Known: {', '.join(FUNCTIONS)}, datetime.")
        wanted, kind, form = FUNCTIONS[key]
        self._expect("(")
        given = [first] if first else []
        while self._peek()[1] != ")":
            given.append(self.either(depth + 1))
            if not self._take(","):
                break
        self._expect(")")
        if len(given) != len(wanted):
            raise NotUnderstood(f"'{name}' takes {len(wanted)} values, not {len(given)}.")
        for part, want in zip(given, wanted, strict=True):
            if want is not None and part.kind != want:
                raise NotUnderstood(f"'{part.shown}' is no {want}: '{name}' needs one.")
        return _Part(form.format(*(part.sql for part in given)), kind, f"{name}(…)")


def _truth(part: _Part) -> _Part:
    if part.kind != "boolean":
        raise NotUnderstood(f"'{part.shown}' says neither yes nor no: compare it with something.")
    return part


def _logic(word: str, left: _Part, right: _Part) -> _Part:
    both = f"{_truth(left).sql} {word} {_truth(right).sql}"
    return _Part(f"({both})", "boolean", f"{left.shown} {word.lower()} {right.shown}")


def _comparison(left: _Part, mark: str, right: _Part) -> _Part:
    shown = f"{left.shown} {mark} {right.shown}"
    if "null" in (left.kind, right.kind):
        if COMPARED[mark] not in ("=", "<>"):
            raise NotUnderstood(f"'{shown}': nothing is more or less than null.")
        part = right if left.kind == "null" else left
        return _Part(f"({part.sql} IS {'' if COMPARED[mark] == '=' else 'NOT '}NULL)", "boolean", shown)
    left, right = _fitting(left, right), _fitting(right, left)
    if left.kind != right.kind or "other" in (left.kind, right.kind):
        raise NotUnderstood(
            f"'{left.shown}' ({left.kind}) cannot be compared with '{right.shown}' ({right.kind}): write a text in quotes, a number "
            "without, or convert the column before."
        )
    return _Part(f"({left.sql} {COMPARED[mark]} {right.sql})", "boolean", shown)


def _fitting(part: _Part, other: _Part) -> _Part:
    """Return a constant text as what it is compared with: a number, a moment, a truth value."""
    if part.text is None or other.text is not None or other.kind == "text":
        return part
    text = part.text.strip()
    try:
        if other.kind == "number":
            return _Part(
                repr(_finite(text)) if "." in text or "e" in text.lower() else str(int(text)), "number", part.shown
            )
        if other.kind == "moment":
            value = datetime.fromisoformat(text)
            value = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return _Part(f"TIMESTAMP '{value.isoformat(sep=' ')}'", "moment", part.shown)
    except ValueError:
        raise NotUnderstood(
            f"{part.shown} is no {other.kind}, and '{other.shown}' is one. Write moments as \"2024-01-31 12:00\"."
        ) from None
    if other.kind == "boolean" and text.lower() in ("true", "false"):
        return _Part(text.lower(), "boolean", part.shown)
    return part


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
