"""Values in MLflow's messages: numbers, times, and mappings as lists of key and value."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from studiolo.kernel.mlflow.errors import MlflowError, invalid_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.names import problem

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def millis(moment: datetime) -> int:
    """Return milliseconds since 1970, exactly."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def moment(milliseconds: int, field: str) -> datetime:
    """Return the time of so many milliseconds since 1970."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise MlflowError(
            f"Invalid value {milliseconds} for parameter '{field}' supplied: it is no time of this calendar."
        ) from None


def pairs(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Write a mapping as MLflow's list of key and value."""
    return [{"key": key, "value": value} for key, value in values.items()]


def tags_in(fields: Fields, field: str = "tags") -> dict[str, str]:
    """Read MLflow's list of key and value; raises what is wrong with a key, with its place."""
    found: dict[str, str] = {}
    for item in fields.objects(field):
        key = item.text("key")
        why = problem(key)
        if why:
            raise invalid_value(item.name("key"), key, why)
        found[key] = item.text("value")
    return found


def json_number(value: float) -> float | str:
    """Write a number as protobuf's JSON does: what JSON lacks becomes text."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
