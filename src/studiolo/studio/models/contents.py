"""What pages show of a version's files: one file, the input example, the requirements. Read as text, never loaded."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments.errors import ArtifactNotFound
from studiolo.studio.models import mlmodel, service
from studiolo.studio.models.errors import NoExample, NotAModel
from studiolo.studio.models.repository import Found
from studiolo.studio.models.schemas import Example

MAX_EXAMPLE = 4 << 20
MAX_ROWS = 100
_DEFAULT = "input_example.json"


def file(ctx: Context, name: str, version: int | str, path: str) -> tuple[str, Path]:
    """Return digest and read-only local file of one file of a version; raises ArtifactNotFound, BadPath."""
    path = artifacts.clean(path)
    with ctx.db.read() as tx:
        row = service.find_version(tx, ctx, name, version)
        if not row.folder:
            raise NotAModel(f"The files of version {row.version} are not in the studio, but at {row.source}.")
        stored = _find(tx, ctx, row, path)
    return stored.digest, ctx.blobs.path(stored.digest)


def _find(tx: Connection, ctx: Context, row: Found, path: str) -> artifacts.Stored:
    try:
        return artifacts.find_at(tx, ctx, f"{row.folder}/{path}")
    except ArtifactNotFound:
        raise ArtifactNotFound(path) from None


def text(tx: Connection, ctx: Context, row: Found, path: str, most: int) -> str | None:
    """Return a small text file of a version, None when it has none of that name."""
    if not row.folder:
        return None
    try:
        stored = _find(tx, ctx, row, path)
    except ArtifactNotFound:
        return None
    if stored.size > most:
        return None
    return ctx.blobs.path(stored.digest).read_text("utf-8", "replace")


def example(ctx: Context, name: str, version: int | str) -> Example:
    """Return the input example that a model brought; raises NoExample."""
    with ctx.db.read() as tx:
        row = service.find_version(tx, ctx, name, version)
        described = text(tx, ctx, row, mlmodel.FILE, mlmodel.MAX_BYTES)
        path = mlmodel.example_path(described) if described else None
        content = text(tx, ctx, row, path or _DEFAULT, MAX_EXAMPLE)
    if content is None:
        raise NoExample(row.name, row.version)
    try:
        return _as_rows(path or _DEFAULT, json.loads(content))
    except (ValueError, RecursionError):
        raise NoExample(row.name, row.version) from None


def _as_rows(path: str, content: Any) -> Example:
    """Read the forms that MLflow writes: split, records, inputs by name; anything else is given as it is."""
    if isinstance(content, dict) and isinstance(content.get("dataframe_split"), dict):
        content = content["dataframe_split"]
    if isinstance(content, dict) and isinstance(content.get("data"), list):
        rows = content["data"]
        columns = content.get("columns")
        if isinstance(columns, list) and all(isinstance(row, list) for row in rows):
            return Example(
                file=path, columns=[str(column) for column in columns], rows=rows[:MAX_ROWS], cut=len(rows) > MAX_ROWS
            )
    if isinstance(content, list) and content and all(isinstance(row, dict) for row in content):
        names = list(content[0])
        rows = [[row.get(name) for name in names] for row in content[:MAX_ROWS]]
        return Example(file=path, columns=[str(name) for name in names], rows=rows, cut=len(content) > MAX_ROWS)
    inputs = content.get("inputs") if isinstance(content, dict) else None
    if isinstance(inputs, list) and len(inputs) > MAX_ROWS:
        return Example(file=path, raw={**content, "inputs": inputs[:MAX_ROWS]}, cut=True)
    return Example(file=path, raw=content)
