"""What the engines of both databases are told."""

from typing import Any

import orjson

ALONE = "statements_alone"  # option of connections whose statements are no transaction together
RESTING = "resting"  # in the info of a connection that nobody uses: since when, by the monotonic clock


def dumps(value: Any) -> str:
    """Write a value of a JSON column."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()
