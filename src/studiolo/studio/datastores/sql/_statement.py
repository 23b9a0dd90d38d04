"""Tells a query that reads from everything else, by its words alone: the first of several locks, and the one with a sentence."""

import re
from collections.abc import Iterator

from studiolo.studio.datastores.errors import QueryRefused

_READS = {"select", "with", "values", "table", "show", "describe", "desc", "explain", "from", "pragma", "summarize"}
_WRITES = {
    "insert", "update", "delete", "merge", "replace", "upsert", "create", "alter", "drop", "truncate", "rename", "grant",
    "revoke", "call", "exec", "execute", "copy", "unload", "load", "attach", "detach", "commit", "rollback", "begin", "set",
    "lock", "vacuum", "analyze", "install", "use", "do", "declare", "into", "export", "import", "put", "get", "kill", "deny",
}  # fmt: skip
_FUNCTIONS = {"replace", "insert", "get", "truncate"}  # no statement of any of them goes on with a bracket
_TOKENS = r"""
      --[^\n]* | /\*.*?\*/                             # comments
    | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$           # PostgreSQL's texts between dollars
    | TEXT | "(?:[^"]|"")*" | `[^`]*`                  # texts and quoted names
    | \[[^\]\[]*\]                                     # quoted names of SQL Server, arrays of others
    | [^\W\d]\w* | ; | .
    """
# a backslash that is no escape ends nothing: what follows such a text would otherwise be taken for a part of it
_PLAIN = re.compile(_TOKENS.replace("TEXT", r"'(?:[^']|'')*'"), re.VERBOSE | re.DOTALL)
_ESCAPED = re.compile(_TOKENS.replace("TEXT", r"'(?:[^'\\]|''|\\.)*'"), re.VERBOSE | re.DOTALL)


def first_word(query: str) -> str:
    """Return the word that a query begins with, in small letters, after comments and brackets; empty when there is none."""
    return next((text.lower() for text, _ in _pieces(query, escapes=False) if text != "("), "")


def _pieces(query: str, *, escapes: bool) -> Iterator[tuple[str, int]]:
    for match in (_ESCAPED if escapes else _PLAIN).finditer(query):
        text = match[0]
        if text.startswith(("/*!", "/*M!")):
            raise _refused("MySQL would run what its comment holds.")
        if not text.isspace() and not text.startswith(("--", "/*")):
            yield text, match.start()


def judged(query: str, *, strict: bool = False, escapes: bool = False) -> str:
    """Return a query without what follows its end; raises QueryRefused for what is not one statement that reads.

    strict: also refuse words that change something anywhere outside of quotes, for databases without transactions that
    cannot write. It is a courtesy and no wall: a function may write, so the account should be one that only reads.
    escapes: whether a backslash in a text takes the meaning of the quote behind it.

    >>> judged("SELECT 1; -- done")
    'SELECT 1'
    >>> judged("delete from t")
    Traceback (most recent call last):
    studiolo.studio.datastores.errors.QueryRefused: It begins with DELETE. Write one SELECT; its rows are all that is taken.
    """
    words: list[str] = []
    end = len(query)
    for text, start in _pieces(query, escapes=escapes):
        if end < len(query):
            raise _refused("There is more than one statement.")
        if text == ";":
            end = start
        elif text != "(" or words:
            words.append(text.lower())
    if not words:
        raise _refused("There is no query.")
    if words[0] not in _READS:
        raise _refused(f"It begins with {words[0].upper()[:40]}.")
    forbidden = _WRITES if strict else {"into"}  # a transaction that cannot write still lets MySQL write a file
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        if word in forbidden and before != "." and not (word in _FUNCTIONS and after == "("):
            raise _refused(f"It holds the word {word.upper()}.")
    return query[:end].strip()


def _refused(why: str) -> QueryRefused:
    return QueryRefused(why, "Write one SELECT; its rows are all that is taken.", field="query")
