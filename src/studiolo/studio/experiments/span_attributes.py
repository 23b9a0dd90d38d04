"""Regular expressions on the attributes of spans, whose JSON says {"key": name, "value": {"string_value": text}} of each."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from studiolo.kernel.db.patterns import forms
from studiolo.kernel.mlflow.conditions import readable_patterns


class _AttributeMatches(FunctionElement[bool]):
    """A span's JSON, the name of an attribute, and the pattern in both forms."""

    type = Boolean()
    inherit_cache = True
    name = "attribute_matches"


def attribute_matches(content: ColumnElement[Any], name: str, pattern: str) -> ColumnElement[bool]:
    """Say whether the text of an attribute matches; raises MlflowError for a pattern that cannot be read."""
    with readable_patterns():
        return _AttributeMatches(content, bindparam(None, name, String), *forms(pattern))


@compiles(_AttributeMatches, "sqlite")
def _on_sqlite(element: _AttributeMatches, compiler: SQLCompiler, **words: Any) -> str:
    content, name, pattern, _ = (compiler.process(clause, **words) for clause in element.clauses)
    return (
        f"EXISTS (SELECT 1 FROM json_each({content}, '$.attributes') AS own WHERE json_extract(own.value, '$.key') = {name} "
        f"AND regexp({pattern}, json_extract(own.value, '$.value.string_value')))"
    )


@compiles(_AttributeMatches, "postgresql")
def _on_postgres(element: _AttributeMatches, compiler: SQLCompiler, **words: Any) -> str:
    content, name, _, pattern = (compiler.process(clause, **words) for clause in element.clauses)
    return (
        f"EXISTS (SELECT 1 FROM json_array_elements(({content})::json -> 'attributes') AS own(one) "
        f"WHERE own.one ->> 'key' = {name} AND (own.one -> 'value' ->> 'string_value') ~ {pattern})"
    )
