"""Regular expressions in SQL, the same on both databases, and none that takes for ever.

SQLite calls RE2, whose time is linear in the text, through Arrow. PostgreSQL's own engine is as safe for what RE2 can read:
what makes it slow are references back, and RE2 has none.
"""

import re
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

MOST = 1000  # characters of a pattern
_WORD_EDGE = re.compile(r"\\(.)", re.DOTALL)
_OPTIONS = re.compile(r"\(\?([is]+)\)")
_POSTGRES = {"b": r"\y", "B": r"\Y", "z": r"\Z"}


class BadPattern(ValueError):
    """A regular expression that cannot be read; its text says why."""


class _Matches(FunctionElement[bool]):
    """A column, the pattern as RE2 reads it and as PostgreSQL does."""

    type = Boolean()
    inherit_cache = True
    name = "matches"


def matches(column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """Say whether some part of a text column matches a pattern; raises BadPattern.

    `.` matches no line break; classes, alternatives, groups, repeats, `^ $ \\b \\d \\w \\s` and a leading `(?i)` work.
    """
    return _Matches(column, *forms(pattern))


def forms(pattern: str) -> list[ColumnElement[Any]]:
    """Return a pattern as parameters, as RE2 (SQLite's `regexp`) and as PostgreSQL's `~` read it; raises BadPattern."""
    if len(pattern) > MOST:
        raise BadPattern(f"it has {len(pattern)} characters, and may have {MOST}")
    _search(pattern, "")
    return [bindparam(None, form, String) for form in (pattern, _for_postgres(pattern))]


def regexp(pattern: str, text: str | None) -> bool | None:
    """Serve SQLite's `regexp(pattern, text)`."""
    return None if text is None else _search(pattern, text)


def _search(pattern: str, text: str) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return bool(pc.match_substring_regex(pa.scalar(text, pa.string()), pattern).as_py())
    except pa.ArrowInvalid as error:
        raise BadPattern(str(error).removeprefix("Invalid regular expression: ")) from None


def _for_postgres(pattern: str) -> str:
    text = _WORD_EDGE.sub(lambda match: _POSTGRES.get(match[1], match[0]), pattern)
    # p: `.` matches no line break, which s takes back; options stand at the very beginning only
    options = _OPTIONS.match(text)
    if options is None:
        return f"(?p){text}"
    flags = options[1].replace("s", "")
    own = flags if "s" in options[1] else f"p{flags}"
    return f"(?{own}){text[options.end() :]}" if own else text[options.end() :]


@compiles(_Matches, "sqlite")
def _on_sqlite(element: _Matches, compiler: SQLCompiler, **words: Any) -> str:
    column, pattern, _ = element.clauses
    return f"regexp({compiler.process(pattern, **words)}, {compiler.process(column, **words)})"


@compiles(_Matches, "postgresql")
def _on_postgres(element: _Matches, compiler: SQLCompiler, **words: Any) -> str:
    column, _, pattern = element.clauses
    return f"({compiler.process(column, **words)} ~ {compiler.process(pattern, **words)})"
