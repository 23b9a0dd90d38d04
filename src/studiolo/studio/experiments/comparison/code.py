"""Code and environment of runs: where the code came from, its files, the packages it ran with."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.kernel.storage.blobs import BlobMissing
from studiolo.studio.experiments import tracking
from studiolo.studio.experiments.comparison import files, packages, service
from studiolo.studio.experiments.comparison.files import Files
from studiolo.studio.experiments.comparison.schemas import CodeComparison, FileTable
from studiolo.studio.experiments.comparison.selections import distinct
from studiolo.studio.experiments.tables import run_documents

MOST_BYTES = 256 * 1024  # of a file about packages
DOCUMENTS = "documents:/"
_SEEN = "environment/"  # artifacts that the studio writes about a job
ENVIRONMENT, SOURCE = "environment", "code"  # documents in which a run tells of itself
_FACTS = {
    "mlflow.source.name": "Source",
    "mlflow.source.type": "Source type",
    "mlflow.project.entryPoint": "Entry point",
    "mlflow.source.git.commit": "Commit",
    "mlflow.source.git.branch": "Branch",
    "mlflow.git.branch": "Branch",
    "mlflow.source.git.repoURL": "Repository",
    "mlflow.git.repoURL": "Repository",
    "mlflow.source.git.dirty": "Uncommitted changes",
    "mlflow.source.git.diff": "Diff",
    "mlflow.docker.image.uri": "Image",
}


class _Told(NamedTuple):
    """packages by name, and the file they were read from."""

    packages: dict[str, str]
    source: str | None


def compare_code(ctx: Context, run_ids: Sequence[str]) -> CodeComparison:
    """Return where the code of runs came from, the files of it that are kept, and their packages."""
    named = distinct(run_ids)
    with ctx.db.read() as tx:
        rows = service.found(tx, ctx, named)
        tags = tracking.tags_of(tx, [row.seq for row in rows])
        documents = _documents(tx, [row.seq for row in rows])
        held = {row.id: files.artifacts_of(tx, ctx, row) for row in rows}
    told = [_packages(ctx, held[row.id], documents.get(row.seq, {})) for row in rows]
    order = [row.seq for row in rows]
    code = {row.id: files.code_of(row) | _code_in(held[row.id]) for row in rows}
    missing = [run_id for run_id in named if run_id not in held]
    return CodeComparison(
        run_ids=list(held),
        facts=service.text_rows(
            order, {row.seq: _facts(row, tags.get(row.seq, {})) | _machine(ctx, held[row.id]) for row in rows}
        ),
        packages=service.text_rows(order, {seq: of.packages for seq, of in zip(order, told, strict=True)}),
        described_by=[of.source for of in told],
        files=files.table(code, named) if code else FileTable(run_ids=[], files=[], total=0, missing=missing),
        missing=missing,
    )


def _facts(row: Any, tags: Mapping[str, str]) -> dict[str, str]:
    found = {label: tags[tag] for tag, label in _FACTS.items() if tags.get(tag)}
    spec = row.spec or {}
    if spec.get("command"):
        found["Command"] = " ".join(map(str, spec["command"]))
    found |= {f"Environment variable {name}": str(value) for name, value in (spec.get("env") or {}).items()}
    return found


def _code_in(held: Files) -> Files:
    """Return the artifacts that are code: snapshots and diffs which a client logged."""
    endings = (".py", ".ipynb", ".diff", ".patch", ".r", ".sh")
    return {path: file for path, file in held.items() if path.lower().endswith(endings) or path.startswith("code/")}


def _documents(tx: Connection, seqs: Sequence[int]) -> dict[int, dict[str, Any]]:
    d = run_documents.c
    query = select(d.run_seq, d.name, d.value).where(d.run_seq.in_(seqs), d.name.in_([ENVIRONMENT, SOURCE]))
    found: dict[int, dict[str, Any]] = {}
    for seq, name, value in tx.execute(query):
        found.setdefault(seq, {})[name] = value
    return found


def _packages(ctx: Context, held: Files, documents: Mapping[str, Any]) -> _Told:
    """Read the packages of a run: what it told itself, else the first file about them, shallow paths first."""
    told = documents.get(ENVIRONMENT)
    own = told.get("packages") if isinstance(told, dict) else None
    if isinstance(own, dict):
        python = {"python": str(told["python"])} if isinstance(told, dict) and told.get("python") else {}
        return _Told(python | {str(name): str(version) for name, version in own.items()}, f"{DOCUMENTS}{ENVIRONMENT}")
    found: dict[str, str] = {}
    source = None
    for path in sorted(held, key=_nearest):
        if _name(path) in packages.FILES:
            more = packages.read(_name(path), _text(ctx, held[path]))
            found = more | found
            source = source or (path if more else None)
    return _Told(dict(sorted(found.items())), source)


def _nearest(path: str) -> tuple[bool, int, int, str]:
    """Order files by how sure they tell what a run ran with: what the studio saw, then shallow paths."""
    rank = packages.FILES.index(_name(path)) if _name(path) in packages.FILES else len(packages.FILES)
    return not path.startswith(_SEEN), path.count("/"), rank, path


def _machine(ctx: Context, held: Files) -> dict[str, str]:
    """Return what the studio saw of the machine of a job."""
    file = held.get(f"{_SEEN}machine.json")
    try:
        told = json.loads(_text(ctx, file)) if file else {}
    except ValueError:
        return {}
    return {f"Machine {key}": str(value) for key, value in told.items()} if isinstance(told, dict) else {}


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _text(ctx: Context, file: files.Held) -> str:
    try:
        with ctx.blobs.open(file.digest) as stream:
            return stream.read(MOST_BYTES).decode("utf-8", "replace")
    except BlobMissing:
        return ""
