"""How models look in MLflow's messages, and what their requests mean."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from sqlalchemy import ColumnElement, Connection, or_

from studiolo.kernel.context import Context
from studiolo.kernel.mlflow.conditions import SortKey, null_condition, text_condition
from studiolo.kernel.mlflow.errors import MlflowError, invalid_value
from studiolo.kernel.mlflow.fields import Fields
from studiolo.kernel.mlflow.grammar import NULLS, parse_order
from studiolo.kernel.mlflow.values import millis, pairs
from studiolo.studio.experiments import artifacts
from studiolo.studio.models import repository, service
from studiolo.studio.models.errors import AliasNotFound
from studiolo.studio.models.names import IS_PROMPT
from studiolo.studio.models.publishing import Source, source_of_run
from studiolo.studio.models.repository import Found

READ, WRITE = "models.read", "models.write"
Json = dict[str, Any]
STAGES = ("None", "Staging", "Production", "Archived")
SCHEME = "mlflow-artifacts:/"
_LOGGED = re.compile(r"\d+/models/(m-[0-9a-f]{32})/artifacts")


def name_of(fields: Fields) -> str:
    """Return the model that a request is about."""
    return fields.required("name")


def number_of(fields: Fields) -> int:
    """Return the version that a request is about."""
    text = fields.required("version")
    if not text.isdecimal() or len(text) > 9:
        raise MlflowError(f"Parameter 'version' must be an integer, got '{text}'.")
    return int(text)


def version_of(tx: Connection, ctx: Context, fields: Fields) -> Found:
    """Return the row of the version that a request is about."""
    return service.find_version(tx, ctx, name_of(fields), number_of(fields))


def by_alias(tx: Connection, ctx: Context, name: str, alias: str) -> Found:
    """Return the row of the version that an alias names."""
    model = service.find(tx, ctx, name)
    number = repository.aliases(tx, [model.id]).get(model.id, {}).get(alias)
    row = repository.version(tx, model.id, number) if number is not None else None
    if row is None:
        raise AliasNotFound(name, alias)
    return row


def stage_of(fields: Fields, field: str = "stage") -> str:
    """Return a stage in its own spelling."""
    given = fields.required(field)
    for stage in STAGES:
        if stage.lower() == given.lower():
            return stage
    raise MlflowError(f"Invalid Model Version stage: {given}. Value must be one of {', '.join(STAGES)}.")


def versions(tx: Connection, rows: Sequence[Found]) -> list[Json]:
    """Write versions."""
    named = repository.aliases(tx, sorted({row.model for row in rows}))
    return [_version(row, named.get(row.model, {})) for row in rows]


def new_version(row: Found) -> Json:
    """Write a version that was made just now: no alias names it."""
    return _version(row, {})


def _version(row: Found, aliases: dict[str, int]) -> Json:
    found: Json = {
        "name": row.name,
        "version": str(row.version),
        "creation_timestamp": millis(row.created_at),
        "last_updated_timestamp": millis(row.updated_at),
        "current_stage": row.stage,
        "description": row.description,
        "source": row.source,
        "status": "READY",
        "user_id": row.user,
    }
    for name, value in (("run_id", row.run_id), ("run_link", row.run_link), ("model_id", row.model_id)):
        if value:
            found[name] = value
    if row.tags:
        found["tags"] = pairs(row.tags)
    own = [alias for alias, number in aliases.items() if number == row.version]
    return {**found, "aliases": own} if own else found


def models(tx: Connection, rows: Sequence[Found]) -> list[Json]:
    """Write models, each with the newest version of every stage."""
    named = repository.aliases(tx, [row.id for row in rows])
    return [_model(tx, row, named.get(row.id, {})) for row in rows]


def _model(tx: Connection, row: Found, aliases: dict[str, int]) -> Json:
    found: Json = {
        "name": row.name,
        "creation_timestamp": millis(row.created_at),
        "last_updated_timestamp": millis(row.updated_at),
        "description": row.description,
    }
    latest = latest_versions(tx, row, STAGES)
    if latest:
        found["latest_versions"] = [_version(version, aliases) for version in latest]
    if row.tags:
        found["tags"] = pairs(row.tags)
    if aliases:
        found["aliases"] = [{"alias": alias, "version": str(number)} for alias, number in aliases.items()]
    return found


def latest_versions(tx: Connection, model: Found, stages: Sequence[str]) -> list[Found]:
    """Return the newest version of each stage."""
    found: dict[str, Found] = {}
    for row in repository.versions(tx, model.id):
        if row.stage in stages:
            found.setdefault(row.stage, row)
    return sorted(found.values(), key=lambda row: row.version)


def download_uri(row: Found) -> str:
    """Return where the files of a version are."""
    return f"{SCHEME}{row.folder}" if row.folder else str(row.source)


def source(tx: Connection, ctx: Context, fields: Fields) -> Source:
    """Find out where the files of a new version are: in the studio they are shared, elsewhere they stay."""
    text = fields.required("source")
    run_id, model_id = fields.text("run_id") or None, fields.text("model_id") or None
    if text.startswith(("/", "file:", ".")) or "\x00" in text:
        raise MlflowError(
            f"Invalid model version source: '{text[:200]}'. The studio cannot read files of the client: log the model "
            "first, then register it."
        )
    if ".." in re.split(r"[/\\]", unquote(unquote(text))):
        raise MlflowError(
            f"Invalid model version source: '{text[:200]}'. If supplying a source as an http, https, local file path, "
            "ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path "
            "references present. Please provide an absolute path."
        )
    scheme, _, rest = text.partition(":/")
    rest = rest.strip("/")
    if scheme == "mlflow-artifacts":
        folder = artifacts.clean(rest.split("api/2.0/mlflow-artifacts/artifacts/")[-1])
        made = _LOGGED.fullmatch(folder)
        return Source(text, folder, run_id, model_id or (made.group(1) if made else None))
    if scheme == "runs":
        of, _, path = rest.partition("/")
        found = source_of_run(tx, ctx, of, artifacts.clean(path))
        return found._replace(text=text, run_id=run_id or of, model_id=model_id or found.model_id)
    if scheme == "models":
        return _model_source(tx, ctx, text, rest, run_id, model_id)
    return Source(text, None, run_id, model_id)


def _model_source(
    tx: Connection, ctx: Context, text: str, rest: str, run_id: str | None, model_id: str | None
) -> Source:
    """A logged model (`models:/m-…`), or a version to be copied (`models:/name/3`, `models:/name@alias`)."""
    name, _, version = rest.partition("/")
    if not version and name.startswith("m-") and "@" not in name:
        from studiolo.studio.experiments import logged

        made = logged.find(tx, ctx, name)
        folder = artifacts.model_root(made.experiment, made.id)
        return Source(text, folder, run_id or made.source_run_id, name)
    if not version:
        name, _, version = name.partition("@")
    row = service.find_version(tx, ctx, name, version)
    return Source(text, row.folder, run_id or row.run_id, model_id or row.model_id)


def condition(
    columns: dict[str, Any], tags: Any, entity: str, key: str, operator: str, value: Any
) -> ColumnElement[bool]:
    """Return a comparison of a registry search as SQL."""
    if entity == "tag":
        column = tags[key].as_string()
        if operator in NULLS:
            return null_condition(column, operator)
        if key == IS_PROMPT and (operator, value) in (("!=", "true"), ("=", "false")):
            return or_(column.is_(None), column != "true")  # how clients leave prompts out
        return text_condition(column, operator, value, "tag")
    if entity != "attribute" or key not in columns:
        raise MlflowError(f"Invalid attribute name: {key}. Valid are {sorted(columns)} and tags.")
    return text_condition(columns[key], operator, value, key, lists=True)


def sort_keys(fields: Fields, columns: dict[str, Any]) -> list[SortKey]:
    """Read order_by; raises for a field twice or an unknown one."""
    found: dict[str, SortKey] = {}
    for clause in fields.texts("order_by"):
        order = parse_order(clause)
        if order.entity != "attribute" or order.key not in columns:
            raise MlflowError(f"Invalid order by key '{order.key}' specified. Valid keys are '{sorted(columns)}'")
        if order.key in found:
            raise MlflowError(f"`order_by` contains duplicate fields: {fields.texts('order_by')}")
        found[order.key] = SortKey(columns[order.key], order.ascending)
    return list(found.values())


def checked_key(fields: Fields) -> str:
    """Return the name of a tag."""
    from studiolo.kernel.mlflow.names import problem

    key = fields.required("key")
    why = problem(key)
    if why:
        raise invalid_value("key", key, why)
    return key
