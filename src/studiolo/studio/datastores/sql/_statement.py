"""Tells a query that reads from everything else, by its words alone: the first of several locks, and the one with a sentence."""

import re

from studiolo.studio.datastores.errors import QueryRefused

_READS = {"select", "with", "values", "table", "show", "describe", "desc", "explain", "from", "pragma", "summarize"}
_WRITES = {
    "insert", "update", "delete", "merge", "replace", "upsert", "create", "alter", "drop", "truncate", "rename", "grant",
    "revoke", "call", "exec", "execute", "copy", "unload", "load", "attach", "detach", "commit", "rollback", "begin", "set",
    "lock", "vacuum", "analyze", "install", "use", "do", "declare", "into", "export", "import", "put", "get", "kill", "deny",
}  # fmt: skip
_TOKENS = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/                             # comments
    | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$           # PostgreSQL's texts between dollars
    | '(?:[^'\\]|''|\\.)*' | "(?:[^"]|"")*" | `[^`]*`   # texts and quoted names
    | \[[^\]\[]*\]                                     # quoted names of SQL Server, arrays of others
    | [^\W\d]\w* | ; | .
    """,
    re.VERBOSE | re.DOTALL,
)


def judged(query: str, *, strict: bool = False) -> str:
    """Return a query without what follows its end; raises QueryRefused for what is not one statement that reads.

    strict: also refuse words that change something anywhere outside of quotes, for databases without transactions that
    cannot write. It is a courtesy and no wall: a function may write, so the account should be one that only reads.

    >>> judged("SELECT 1; -- done")
    'SELECT 1'
    >>> judged("delete from t")
    Traceback (most recent call last):
    studiolo.studio.datastores.errors.QueryRefused: It begins with DELETE. Write one SELECT; its rows are all that is taken.
    """
    words: list[str] = []
    end = len(query)
    for match in _TOKENS.finditer(query):
        text = match[0]
        if text.isspace() or text.startswith(("--", "/*")):
            continue
        if end < len(query):
            raise _refused("There is more than one statement.")
        if text == ";":
            end = match.start()
        elif text != "(" or words:
            words.append(text.lower())
    if not words:
        raise _refused("There is no query.")
    if words[0] not in _READS:
        raise _refused(f"It begins with {words[0].upper()[:40]}.")
    if strict:
        bad = next((word for word in words if word in _WRITES), None)
        if bad:
            raise _refused(f"It holds the word {bad.upper()}.")
    return query[:end].strip()


def _refused(why: str) -> QueryRefused:
    return QueryRefused(why, "Write one SELECT; its rows are all that is taken.", field="query")
