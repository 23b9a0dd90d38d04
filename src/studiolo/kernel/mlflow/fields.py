"""Fields of a request, read by name and type; a wrong one is named in MLflow's words."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from studiolo.kernel.mlflow.errors import MlflowError, invalid_value, missing_value

_INT64 = 2**63


class Fields:
    """The JSON object of a request, or the query of a GET. `null` is as good as absent."""

    def __init__(self, values: Mapping[str, Any], where: str = "", *, query: bool = False) -> None:
        self._values = values
        self._where = where
        self._query = query

    def name(self, field: str) -> str:
        """Return the full name of a field, e.g. `tags[0].key`."""
        return f"{self._where}.{field}" if self._where else field

    def having(self, more: Mapping[str, Any]) -> "Fields":
        """Return the fields with others, which win."""
        return Fields({**self._values, **more}, self._where, query=self._query)

    def has(self, field: str) -> bool:
        """Say whether a field is given."""
        return self._values.get(field) is not None

    def raw(self, field: str) -> Any:
        """Return a field as it came."""
        return self._values.get(field)

    def text(self, field: str, default: str = "") -> str:
        """Return a text, or the default when it is absent."""
        value = self._values.get(field)
        if value is None:
            return default
        if not isinstance(value, str):
            raise invalid_value(self.name(field), value)
        if "\x00" in value or not _encodable(value):
            raise invalid_value(self.name(field), value, "it has a NUL or half a character.")
        return value

    def required(self, field: str) -> str:
        """Return a text that must be there and not be empty."""
        value = self.text(field)
        if not value:
            raise missing_value(self.name(field))
        return value

    def integer(self, field: str, default: int | None = None) -> int | None:
        """Return a 64-bit number; protobuf's JSON may write it as text."""
        value = self._values.get(field)
        if value is None or value == "":
            return default
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise invalid_value(self.name(field), value)
        try:
            number = int(value)
        except (ValueError, TypeError, OverflowError):
            raise invalid_value(self.name(field), value) from None
        if not -_INT64 <= number < _INT64:
            raise invalid_value(self.name(field), value, "it does not fit into 64 bits.")
        return number

    def number(self, field: str) -> float:
        """Return a floating-point number; `NaN`, `Infinity` and `-Infinity` come as text."""
        value = self._values.get(field)
        if value is None:
            raise missing_value(self.name(field))
        if isinstance(value, bool):
            raise invalid_value(self.name(field), value)
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
        except (ValueError, TypeError):
            raise invalid_value(self.name(field), value) from None

    def flag(self, field: str) -> bool:
        """Return a truth value, false when absent."""
        value = self._values.get(field)
        if value is None:
            return False
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise invalid_value(self.name(field), value, f"Invalid boolean value: {value}, must be 'true' or 'false'.")

    def texts(self, field: str) -> list[str]:
        """Return a list of texts; a query may repeat the name."""
        value = self._values.get(field)
        if value is None:
            return []
        items = [value] if isinstance(value, str) and self._query else value
        if not isinstance(items, list):
            raise invalid_value(self.name(field), value)
        for item in items:
            if not isinstance(item, str) or "\x00" in item or not _encodable(item):
                raise invalid_value(self.name(field), value)
        return items

    def objects(self, field: str) -> list["Fields"]:
        """Return a list of objects."""
        value = self._values.get(field)
        if value is None:
            return []
        if not isinstance(value, list):
            raise invalid_value(self.name(field), value)
        for item in value:
            if not isinstance(item, dict):
                raise invalid_value(self.name(field), value)
        return [Fields(item, f"{self.name(field)}[{index}]") for index, item in enumerate(value)]

    def object(self, field: str) -> "Fields":
        """Return an object that must be there."""
        value = self._values.get(field)
        if value is None:
            raise missing_value(self.name(field))
        if not isinstance(value, dict):
            raise invalid_value(self.name(field), value)
        return Fields(value, self.name(field))

    def limit(self, field: str, default: int, most: int) -> int:
        """Return a page size within 1 and `most`."""
        value = self.integer(field, default)
        assert value is not None
        if not 1 <= value <= most:
            raise MlflowError(
                f"Invalid value {value} for parameter '{field}' supplied. It must be at least 1 and at most {most}, "
                f"but got value {value}"
            )
        return value


def of_body(body: bytes) -> Fields:
    """Read a JSON body; an empty one has no fields."""
    if not body.strip():
        return Fields({})
    try:
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            value = json.loads(body)  # reads NaN and Infinity, which some clients write bare
        if isinstance(value, str):  # old clients encode twice
            value = json.loads(value)
    except (ValueError, RecursionError):
        raise MlflowError("The body of the request is not JSON.", "BAD_REQUEST") from None
    if not isinstance(value, dict):
        raise MlflowError("The body of the request must be a JSON object.", "BAD_REQUEST")
    return Fields(value)


def of_query(pairs: Sequence[tuple[str, str]]) -> Fields:
    """Read a query string; a name that is repeated has a list."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name not in values:
            values[name] = value
        elif isinstance(values[name], list):
            values[name].append(value)
        else:
            values[name] = [values[name], value]
    return Fields(values, query=True)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
