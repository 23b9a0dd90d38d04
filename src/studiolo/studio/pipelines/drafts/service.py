"""The verbs of drafts: save, look at, submit, remove."""

import re
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.experiments import service as experiments
from studiolo.studio.pipelines import sent_files
from studiolo.studio.pipelines import service as pipelines
from studiolo.studio.pipelines.components.service import refuse
from studiolo.studio.pipelines.drafts import repository
from studiolo.studio.pipelines.drafts.errors import BadDraft, DraftChanged, DraftExists, DraftNotFound
from studiolo.studio.pipelines.drafts.schemas import Draft, DraftDetail, DraftSave
from studiolo.studio.pipelines.schemas import PipelineRun, PipelineSpec
from studiolo.studio.pipelines.sent_schemas import SentPipeline

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,99}", re.ASCII)
_DIGEST = re.compile(r'"([0-9a-f]{64})"')


def save(ctx: Context, name: str, given: DraftSave) -> DraftDetail:
    """Keep a draft, a new one or the next version of one. Raises BadDraft, DraftNotFound, DraftExists, DraftChanged."""
    if not _NAME.fullmatch(name):
        raise BadDraft(
            f"'{name[:120]}' cannot be the name of a draft.",
            "Take letters, digits, '_', '.' and '-', at most 100.",
            field="name",
        )
    if given.spec is None and (given.file is None or not (given.file.text or given.file.files)):
        raise BadDraft("The draft would hold nothing.", "Send a file of a pipeline, or a spec.", field="file")
    _keep(ctx, given)
    now = ctx.clock.now()
    values: dict[str, Any] = {
        "description": given.description,
        "file": given.file.model_dump(mode="json") if given.file else None,
        "spec": given.spec.model_dump(mode="json", exclude_defaults=True) if given.spec else None,
        "steps": len(given.spec.graph.steps) if given.spec else None,
        "updated_at": now,
        "updated_by": ctx.actor.name,
    }
    try:
        with ctx.db.begin() as tx:
            _write(tx, ctx, name, given.version, values)
    except IntegrityError:  # another was quicker to take the name
        raise DraftExists(name) from None
    return get(ctx, name)


def _write(tx: Connection, ctx: Context, name: str, version: int | None, values: dict[str, Any]) -> None:
    row = repository.by_name(tx, ctx, name)
    if version is None:
        if row is not None:
            raise DraftExists(name)
        made = {"id": new_id(), "workspace_id": ctx.workspace_id, "name": name, "version": 1}
        made |= {"created_at": values["updated_at"], "created_by": ctx.actor.name}
        repository.add(tx, made | values)
    elif row is None:
        raise DraftNotFound(name)
    elif not repository.change(tx, row.id, version, values | {"version": version + 1}):
        raise DraftChanged(name, row.updated_by)
    _note(tx, ctx, "draft.created" if version is None else "draft.updated", name)


def _keep(ctx: Context, given: DraftSave) -> None:
    """Hold the blobs that the draft names until its row does."""
    ctx.blobs.keep_all(set(_DIGEST.findall(given.spec.model_dump_json())) if given.spec else set())
    sent = {file.digest: file.path for file in given.file.files} if given.file else {}
    for gone in ctx.blobs.keep_all(sent)[:1]:
        raise BadDraft(f"The bytes of '{sent[gone][:200]}' are not here.", "Send the folder again.", field="file.files")


def get(ctx: Context, name: str) -> DraftDetail:
    """Return a draft with what it holds; raises DraftNotFound."""
    with ctx.db.read() as tx:
        row = _find(tx, ctx, name)
    return DraftDetail(
        **_shown(row).model_dump(),
        file=SentPipeline.model_validate(row.file) if row.file else None,
        spec=PipelineSpec.model_validate(row.spec) if row.spec else None,
    )


def list_(ctx: Context, cursor: str | None = None, limit: int = 100) -> Page[Draft]:
    """Return a page of drafts by name."""
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.all_(tx, ctx, str(keys[0]) if keys else None, limit + 1)
    more = encode(rows[limit - 1].name) if len(rows) > limit else None
    return Page(items=[_shown(row) for row in rows[:limit]], next=more)


def submit(ctx: Context, name: str) -> PipelineRun:
    """Submit a draft, which stays. Raises DraftNotFound, BadPipeline for one that cannot run yet, and what a step's job would raise."""
    draft = get(ctx, name)
    spec = draft.spec
    if spec is None and draft.file is not None:
        found = sent_files.read(ctx, draft.file)
        refuse(found.problems)
        spec = found.spec
    if spec is None:
        raise BadDraft(f"'{name}' holds no pipeline.", "Open it and write one.", field="file")
    made = pipelines.ready(ctx, spec)
    with ctx.db.begin() as tx:
        row = _find(tx, ctx, name)
        run_id = pipelines.begin(tx, ctx, made)
        repository.submitted(tx, row.id, run_id)
        ctx.events.emit(tx, "draft.updated", name)
    experiments.hurry(ctx)
    return pipelines.get_run(ctx, run_id)


def remove(ctx: Context, name: str) -> None:
    """Remove a draft; what was submitted of it stays. Raises DraftNotFound."""
    with ctx.db.begin() as tx:
        repository.remove(tx, _find(tx, ctx, name).id)
        _note(tx, ctx, "draft.deleted", name)


def _find(tx: Connection, ctx: Context, name: str) -> Any:
    row = repository.by_name(tx, ctx, name)
    if row is None:
        raise DraftNotFound(name)
    return row


def _note(tx: Connection, ctx: Context, kind: str, name: str) -> None:
    auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.name, kind, name, {})
    ctx.events.emit(tx, kind, name)


def _shown(row: Any) -> Draft:
    return Draft(**{field: getattr(row, field) for field in Draft.model_fields})
