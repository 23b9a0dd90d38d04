"""Where the protocol is, and the shape of the fixture that speaks it."""

from collections.abc import Callable
from typing import Any

API = "/w/default/api/2.0/mlflow"
FILES = "/w/default/api/2.0/mlflow-artifacts/artifacts"
Post = Callable[..., dict[str, Any]]
