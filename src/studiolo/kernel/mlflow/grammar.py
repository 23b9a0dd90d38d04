"""MLflow's filter strings and order_by clauses, parsed into comparisons. Pure: no SQL, no nouns.

filter     = comparison {AND comparison}
comparison = [entity .] key operator value | [entity .] key IS [NOT] NULL
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from studiolo.kernel.mlflow.errors import MlflowError

Used = TypeVar("Used")
Value = str | float | tuple[str, ...] | None
ENTITIES = {
    **dict.fromkeys(("metric", "metrics"), "metric"),
    **dict.fromkeys(("parameter", "parameters", "param", "params"), "parameter"),
    **dict.fromkeys(("tag", "tags"), "tag"),
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attribute"),
    **dict.fromkeys(("dataset", "datasets"), "dataset"),
}
NUMERIC = frozenset({">", ">=", "!=", "=", "<", "<="})
TEXT = frozenset({"!=", "=", "LIKE", "ILIKE"})
LISTS = frozenset({"IN", "NOT IN"})
PATTERNS = frozenset({"RLIKE"})
NULLS = frozenset({"IS NULL", "IS NOT NULL"})
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^']|'')*'|"(?:[^"]|"")*")
  | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
  | (?P<name>(?:\w[\w\-/:]*|`[^`]*`)(?:\.(?:[\w\-/:.]*[\w\-/:](?=\.`)|[\w\-/:.]+|`[^`]*`|"[^"]*"))*)
  | (?P<op><=|>=|!=|<>|=|<|>)
  | (?P<punctuation>[(),])
  )""",
    re.VERBOSE,
)
_WORDS = {"AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE", "RLIKE", "BETWEEN"}


class Comparison(NamedTuple):
    """entity: metric, parameter, tag, attribute or dataset; value: None for IS [NOT] NULL, several for [NOT] IN."""

    entity: str
    key: str
    operator: str
    value: Value


class Order(NamedTuple):
    """A clause of order_by."""

    entity: str
    key: str
    ascending: bool


class Located(NamedTuple):
    """A comparison and the characters of the filter that it was read from."""

    comparison: Comparison
    start: int
    end: int


class _Token(NamedTuple):
    kind: str
    text: str
    start: int = -1
    end: int = -1


def parse(text: str, entities: Mapping[str, str] = ENTITIES) -> list[Comparison]:
    """Read a filter string; raises MlflowError, which shows the clause that cannot be read.

    entities: the words before the dot, and what each stands for.

    >>> parse("metrics.auc > 0.9 AND params.`depth x` = '3'")[1]
    Comparison(entity='parameter', key='depth x', operator='=', value='3')
    """
    return [found.comparison for found in located(text, entities)]


def located(text: str, entities: Mapping[str, str] = ENTITIES) -> list[Located]:
    """Read a filter string with the place of each comparison.

    Raises MlflowError; its `extra` has `position` and `length`: the characters that cannot be read.
    """
    tokens = _tokens(text)
    found: list[Located] = []
    position = 0
    while position < len(tokens):
        if found:
            if not _is(tokens, position, "AND") or position + 1 == len(tokens):
                raise _invalid(tokens, position)
            position += 1
        start = position
        try:
            comparison, position = _comparison(tokens, position, entities)
        except MlflowError as error:
            raise _pointed(error, tokens, start) from None
        found.append(Located(comparison, tokens[start].start, tokens[position - 1].end))
    return found


def each(text: str, use: Callable[[Comparison], Used], entities: Mapping[str, str] = ENTITIES) -> list[Used]:
    """Read a filter string and return what `use` makes of each comparison; errors of both say where in the text.

    >>> each("metrics.auc > 0.9 AND", lambda comparison: comparison.key)
    Traceback (most recent call last):
    studiolo.kernel.mlflow.errors.MlflowError: Invalid clause(s) in filter string: 'AND' (at character 19: 'AND')
    """
    found: list[Used] = []
    try:
        for part in located(text, entities):
            try:
                found.append(use(part.comparison))
            except MlflowError as error:
                if "position" not in error.extra:
                    error.extra |= {"position": part.start, "length": part.end - part.start}
                raise
    except MlflowError as error:
        start = error.extra.get("position", 0)
        shown = text[start : start + min(100, error.extra.get("length", 0))]
        place = f"at character {start + 1}: '{shown}'" if shown else f"at character {start + 1}, the end"
        raise MlflowError(f"{error.detail} ({place})", error.error_code) from None
    return found


def parse_order(clause: str, entities: Mapping[str, str] = ENTITIES) -> Order:
    """Read one clause of order_by: `entity.key [ASC|DESC]`."""
    text, ascending = clause.strip(), True
    match = re.search(r"\s+(asc|desc)$", text, re.IGNORECASE)
    if match:
        ascending = match.group(1).lower() == "asc"
        text = text[: match.start()].rstrip()
    if not text or (re.search(r"\s", text) and not re.search(r"[`\"]", text) and text.lower() != "run name"):
        raise MlflowError(
            f"Invalid order_by clause '{clause}'. Could not be parsed. "
            "Write entity.key, then ASC or DESC; put names with spaces in backticks."
        )
    return Order(*identifier(text, entities), ascending)


def identifier(text: str, entities: Mapping[str, str] = ENTITIES) -> tuple[str, str]:
    """Split `entity.key`; without an entity the key is an attribute."""
    whole = _unquoted(text)
    entity, dot, key = text.partition(".")
    if whole != text or not dot:
        return "attribute", whole
    entity = entity.strip("`")
    if entity not in entities:
        raise MlflowError(f"Invalid entity type '{entity}'. Valid values are {list(dict.fromkeys(entities.values()))}")
    return entities[entity], _unquoted(key)


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "`\"'" and text[0] not in text[1:-1]:
        return text[1:-1]
    return text


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    end = len(text.rstrip().rstrip(";"))
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            rest = text[position:end].lstrip()
            error = MlflowError(f"Invalid clause(s) in filter string: '{text[position:].strip()[:200]}'")
            error.extra |= {"position": end - len(rest), "length": len(rest.split()[0]) if rest else 1}
            raise error
        kind = match.lastgroup or ""
        value = match.group(kind)
        if kind == "name" and value.upper() in _WORDS:
            kind, value = "word", value.upper()
        tokens.append(_Token(kind, "!=" if value == "<>" else value, match.start(match.lastgroup or 0), match.end()))
        position = match.end()
    return tokens


def _comparison(tokens: list[_Token], position: int, entities: Mapping[str, str]) -> tuple[Comparison, int]:
    start = position
    token = _at(tokens, position)
    if token.kind not in ("name", "string") or (token.kind == "string" and token.text[0] == "'"):
        raise _invalid(tokens, start)
    entity, key = identifier(token.text, entities)
    operator, position = _operator(tokens, position + 1, start)
    if operator in NULLS:
        return Comparison(entity, key, operator, None), position
    token = _at(tokens, position)
    if token.kind == "end":
        raise _invalid(tokens, start, position)
    if operator in LISTS:
        return _list(tokens, position, start, entity, key, operator)
    if token.kind == "string":
        return Comparison(entity, key, operator, _literal(token.text)), position + 1
    if token.kind == "number":
        return Comparison(entity, key, operator, float(token.text)), position + 1
    if token.kind in ("name", "word"):
        expected = "numeric value type for metric" if entity == "metric" else f"a quoted string value for {entity}"
        error = MlflowError(
            f"Expected {expected} (e.g. 'my-value'). Got value {token.text}. Parameter value is either not quoted or "
            f"unidentified quote types used for string value {token.text}. Use either single or double quotes."
        )
        raise _pointed(error, tokens, position)
    raise _invalid(tokens, start, position)


def _operator(tokens: list[_Token], position: int, start: int) -> tuple[str, int]:
    token = _at(tokens, position)
    if token.kind == "op":
        return token.text, position + 1
    if _is(tokens, position, "IS"):
        if _is(tokens, position + 1, "NULL"):
            return "IS NULL", position + 2
        if _is(tokens, position + 1, "NOT") and _is(tokens, position + 2, "NULL"):
            return "IS NOT NULL", position + 3
    if _is(tokens, position, "NOT") and _is(tokens, position + 1, "IN"):
        return "NOT IN", position + 2
    if token.kind == "word" and token.text in ("LIKE", "ILIKE", "RLIKE", "IN"):
        return token.text, position + 1
    raise _invalid(tokens, start, position)


def _list(
    tokens: list[_Token], position: int, start: int, entity: str, key: str, operator: str
) -> tuple[Comparison, int]:
    if _at(tokens, position).text != "(":
        raise _invalid(tokens, start, position)
    values: list[str] = []
    position += 1
    while True:
        token = _at(tokens, position)
        if token.kind != "string":
            raise MlflowError(
                "While parsing a list in the query, expected string value, punctuation, or whitespace, "
                f"but got different type in list: {_shown(tokens, start)}"
            )
        values.append(_literal(token.text))
        after = _at(tokens, position + 1)
        if after.text == ")" and after.kind == "punctuation":
            return Comparison(entity, key, operator, tuple(values)), position + 2
        if after.text != "," or after.kind != "punctuation":
            raise _invalid(tokens, start, position + 1)
        position += 2


def _literal(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)


def _at(tokens: list[_Token], position: int) -> _Token:
    return tokens[position] if position < len(tokens) else _Token("end", "")


def _is(tokens: list[_Token], position: int, word: str) -> bool:
    return _at(tokens, position)[:2] == ("word", word)


def _shown(tokens: list[_Token], start: int) -> str:
    return " ".join(token.text for token in tokens[start:])[:200]


def _invalid(tokens: list[_Token], start: int, bad: int | None = None) -> MlflowError:
    """Say that the clause at `start` cannot be read, and point at the token `bad`."""
    error = MlflowError(f"Invalid clause(s) in filter string: '{_shown(tokens, start)}'")
    return _pointed(error, tokens, start if bad is None else bad)


def _pointed(error: MlflowError, tokens: list[_Token], bad: int) -> MlflowError:
    if "position" not in error.extra:
        token = _at(tokens, bad)
        at_end = token.kind == "end"
        place = (tokens[-1].end, 1) if at_end and tokens else (max(0, token.start), max(1, token.end - token.start))
        error.extra |= {"position": place[0], "length": place[1]}
    return error
