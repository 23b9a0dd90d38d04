"""The engine's types of a query's result in the words of a dataset's columns."""

import re

WORDS = {
    **dict.fromkeys(
        (
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "HUGEINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT",
            "UHUGEINT",
        ),
        "integer",
    ),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "number"),
    "DECIMAL": "decimal",
    "BOOLEAN": "boolean",
    "DATE": "date",
    **dict.fromkeys(
        ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"), "datetime"
    ),
    **dict.fromkeys(("TIME", "TIME WITH TIME ZONE"), "time"),
    **dict.fromkeys(("BLOB", "BIT"), "binary"),
    **dict.fromkeys(("STRUCT", "MAP", "UNION", "JSON"), "json"),
}


def word(sql_type: str) -> str:
    """Return one of our words for an SQL type.

    >>> word("DECIMAL(18,3)"), word("INTEGER[]"), word("VARCHAR"), word("STRUCT(a INTEGER)")
    ('decimal', 'json', 'text', 'json')
    """
    if sql_type.endswith("]"):
        return "json"
    return WORDS.get(re.sub(r"\(.*", "", sql_type).strip(), "text")
