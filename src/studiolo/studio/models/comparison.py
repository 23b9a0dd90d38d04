"""Versions side by side: what they take and give, how their runs measured, what they need, which files differ."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments import artifacts, overview
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.models import contents, repository, service
from studiolo.studio.models.names import split
from studiolo.studio.models.repository import Found
from studiolo.studio.models.schemas import Column, ComparedLine, ModelVersion, VersionComparison

MOST = 10
MEASURED = 50
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.\-]*)(?:\[[^\]]*\])?\s*(.*?)\s*(?:#.*)?$")
_TEXT = 256 << 10


def compare(ctx: Context, name: str, references: Sequence[str]) -> VersionComparison:
    """Compare 2 to 10 versions: `3` or `champion` of this model, `NAME:3` of another; raises Invalid, VersionNotFound."""
    if not 2 <= len(references) <= MOST:
        raise Invalid(f"{len(references)} versions were named.", f"Name 2 to {MOST}: v=1&v=2", field="v")
    with ctx.db.read() as tx:
        rows = [service.find_version(tx, ctx, *_split(name, reference)) for reference in references]
        versions = repository.to_versions(tx, rows)
        files = [_files(tx, ctx, row) for row in rows]
        needs = [_requirements(contents.text(tx, ctx, row, "requirements.txt", _TEXT) or "") for row in rows]
    measured = [_recorded(ctx, version.run_id) for version in versions]
    return VersionComparison(
        versions=versions,
        signature=table([_signature(version) for version in versions]),
        metrics=table([metrics for metrics, _ in measured]),
        params=table([params for _, params in measured]),
        requirements=table(needs),
        files=table(files),
    )


def _split(name: str, reference: str) -> tuple[str, str]:
    return split(reference) if ":" in reference or "@" in reference.lstrip("@") else (name, reference)


def measured(ctx: Context, name: str) -> dict[int, dict[str, float | str | None]]:
    """Return the last metrics of the runs of the newest versions, by version; of at most 50."""
    with ctx.db.read() as tx:
        rows = repository.versions(tx, service.find(tx, ctx, name).id)[:MEASURED]
    return {row.version: _recorded(ctx, row.run_id)[0] for row in rows if row.run_id}


def table(columns: Sequence[Mapping[str, Any]]) -> list[ComparedLine]:
    """Lay mappings side by side, in the order in which their keys first come.

    >>> [(line.key, line.values, line.same) for line in table([{"a": 1}, {"a": 1, "b": 2}])]
    [('a', [1, 1], True), ('b', [None, 2], False)]
    """
    keys = dict.fromkeys(key for column in columns for key in column)
    lines = [(key, [column.get(key) for column in columns]) for key in keys]
    return [
        ComparedLine(key=key, values=values, same=all(value == values[0] for value in values)) for key, values in lines
    ]


def _files(tx: Connection, ctx: Context, row: Found) -> dict[str, str]:
    return {file.path: file.digest[:12] for file in artifacts.below(tx, ctx, row.folder)} if row.folder else {}


def _signature(version: ModelVersion) -> dict[str, str]:
    if version.signature is None:
        return {}
    parts = (
        ("input", version.signature.inputs),
        ("output", version.signature.outputs),
        ("parameter", version.signature.params),
    )
    return {
        f"{word} {column.name or index + 1}": _type(column)
        for word, columns in parts
        for index, column in enumerate(columns)
    }


def _type(column: Column) -> str:
    shape = f" {column.shape}" if column.shape else ""
    return f"{column.type}{shape}{'' if column.required else ', may be empty'}"


def _recorded(ctx: Context, run_id: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return metrics (last values) and parameters of a run; nothing when there is none any more."""
    if run_id is None:
        return {}, {}
    try:
        found = overview.overview(ctx, run_id)
    except RunNotFound:
        return {}, {}
    metrics = {metric.key: metric.special or metric.value for metric in found.metrics}
    return metrics, dict(found.params)


def _requirements(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        if (match := _REQUIREMENT.match(line)) and not line.lstrip().startswith(("#", "-")):
            found[match[1].lower()] = match[2] or "any"
    return found
