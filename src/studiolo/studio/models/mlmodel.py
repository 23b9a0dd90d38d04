"""Reads the `MLmodel` file of a model folder: as YAML, with bounds, and never by loading the model."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from studiolo.studio.models.errors import NotAModel
from studiolo.studio.models.schemas import Column, Signature

FILE = "MLmodel"
MAX_BYTES = 4 << 20
_MAX_NODES = 200_000


class Description(NamedTuple):
    """What a registry wants to know of a model."""

    flavors: list[str]
    signature: Signature | None
    mlflow_version: str | None
    run_id: str | None


def read(path: Path) -> Description:
    """Read an MLmodel file; raises NotAModel, which says what is wrong."""
    import yaml

    if path.stat().st_size > MAX_BYTES:
        raise NotAModel(f"The MLmodel file is larger than {MAX_BYTES} bytes.", field="path")
    try:
        content = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise NotAModel(f"The MLmodel file is not YAML: {str(error).splitlines()[0]}", field="path") from None
    _bound(content)
    flavors = content.get("flavors") if isinstance(content, dict) else None
    if not isinstance(flavors, dict) or not flavors:
        raise NotAModel(
            "The MLmodel file names no flavors.", "Log the model with mlflow.<flavor>.log_model.", field="path"
        )
    run_id, version = content.get("run_id"), content.get("mlflow_version")
    return Description(
        sorted(str(name) for name in flavors),
        _signature(content.get("signature")),
        str(version)[:40] if version else None,
        run_id if isinstance(run_id, str) else None,
    )


def example_path(text: str) -> str | None:
    """Return where a model's input example is, by its MLmodel file."""
    import yaml

    try:
        content = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    about = content.get("saved_input_example_info") if isinstance(content, dict) else None
    path = about.get("artifact_path") if isinstance(about, dict) else None
    return path if isinstance(path, str) and ".." not in path and not path.startswith("/") else None


def _bound(content: Any) -> None:
    """Refuse a file whose anchors unfold into something huge."""
    left, stack = _MAX_NODES, [content]
    while stack:
        item = stack.pop()
        left -= 1
        if left < 0:
            raise NotAModel("The MLmodel file unfolds into too much.", field="path")
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _signature(value: Any) -> Signature | None:
    if not isinstance(value, dict):
        return None
    parts = {name: _columns(value.get(name)) for name in ("inputs", "outputs", "params")}
    return Signature(**parts) if any(parts.values()) else None


def _columns(text: Any) -> list[Column]:
    if not isinstance(text, str):
        return []
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [_column(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _column(item: dict[str, Any]) -> Column:
    kind, shape = item.get("type"), item.get("shape")
    tensor = item.get("tensor-spec")
    if isinstance(tensor, dict):
        kind, shape = f"tensor({tensor.get('dtype')})", tensor.get("shape")
    whole = isinstance(shape, list) and all(isinstance(size, int) for size in shape)
    return Column(
        name=str(item["name"]) if item.get("name") is not None else None,
        type=str(kind or "any"),
        required=item.get("required") is not False and not item.get("optional", False),
        shape=shape if whole else None,
        default=item.get("default"),
    )
