"""One request of `differential.py`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Json = dict[str, Any]


class Case(NamedTuple):
    """A request. keep: name → where in the answer; `$name` stands for it in later requests."""

    label: str
    method: str
    path: str
    body: Json | list[Any] | bytes | None = None
    query: Json | None = None
    keep: Mapping[str, str] = MappingProxyType({})


def post(label: str, path: str, body: Any = None, **keep: str) -> Case:
    """A POST below /api/2.0/mlflow."""
    return Case(label, "POST", f"mlflow/{path}", {} if body is None else body, keep=keep)


def get(label: str, path: str, /, **query: Any) -> Case:
    """A GET below /api/2.0/mlflow."""
    return Case(label, "GET", f"mlflow/{path}", query=query)


def tag(key: str, value: str = "v") -> Json:
    """A tag, or a param."""
    return {"key": key, "value": value}
