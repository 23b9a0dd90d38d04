"""What webhooks are told of the registry: events with MLflow's payloads, beside those that pages listen to.

Source of the payloads: MLflow 3.17 `mlflow/webhooks/types.py`. A prompt is a model with a tag, and has events of its own.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.models.names import IS_PROMPT, is_prompt
from studiolo.studio.models.repository import Found

PROMPT_TEXT = "mlflow.prompt.text"
_INTERNAL = {IS_PROMPT, PROMPT_TEXT, "_mlflow_prompt_type"}


def created(tx: Connection, ctx: Context, name: str, description: str, tags: Mapping[str, str] | None) -> None:
    """Tell of a new model or prompt."""
    prompt = is_prompt(tags)
    data = {"name": name, "tags": _shown(tags, prompt), "description": description or None}
    kind = "prompt.created" if prompt else "registered_model.created"
    ctx.events.emit(tx, kind, name, data)


def version_created(tx: Connection, ctx: Context, row: Found) -> None:
    """Tell of a new version."""
    data: dict[str, Any] = {"name": row.name, "version": str(row.version)}
    if is_prompt(row.tags):
        data |= {"template": row.tags.get(PROMPT_TEXT), "tags": _shown(row.tags, True)}
        kind = "prompt_version.created"
    else:
        data |= {"source": row.source, "run_id": row.run_id, "tags": dict(row.tags)}
        kind = "model_version.created"
    ctx.events.emit(tx, kind, row.name, {**data, "description": row.description or None})


def tagged(tx: Connection, ctx: Context, row: Found, tags: Mapping[str, str | None]) -> None:
    """Tell of tags that were set or removed on a prompt; MLflow has no event for those of models."""
    if is_prompt(row.tags):
        _tags(tx, ctx, "prompt_tag", row, {"name": row.name}, tags)


def version_tagged(tx: Connection, ctx: Context, row: Found, tags: Mapping[str, str | None]) -> None:
    """Tell of tags that were set or removed on a version."""
    noun = "prompt_version_tag" if is_prompt(row.tags) else "model_version_tag"
    _tags(tx, ctx, noun, row, {"name": row.name, "version": str(row.version)}, tags)


def aliased(tx: Connection, ctx: Context, model: Found, alias: str, version: int | None) -> None:
    """Tell of an alias that names a version now, or (None) is gone."""
    prompt = is_prompt(model.tags)
    data = {"name": model.name, "alias": alias}
    if version is None:
        kind = "prompt_alias.deleted" if prompt else "model_version_alias.deleted"
    else:
        kind = "prompt_alias.created" if prompt else "model_version_alias.created"
        data["version"] = str(version)
    ctx.events.emit(tx, kind, model.name, data)


def _tags(
    tx: Connection, ctx: Context, noun: str, row: Found, about: dict[str, str], tags: Mapping[str, str | None]
) -> None:
    kinds = {
        "prompt_tag": ("prompt_tag.set", "prompt_tag.deleted"),
        "prompt_version_tag": ("prompt_version_tag.set", "prompt_version_tag.deleted"),
        "model_version_tag": ("model_version_tag.set", "model_version_tag.deleted"),
    }
    for key, value in tags.items():
        if value is None and key not in row.tags:
            continue
        kind = kinds[noun][value is None]
        ctx.events.emit(tx, kind, row.name, {**about, "key": key} | ({} if value is None else {"value": value}))


def _shown(tags: Mapping[str, str] | None, prompt: bool) -> dict[str, str]:
    return {key: value for key, value in (tags or {}).items() if not (prompt and key in _INTERNAL)}
