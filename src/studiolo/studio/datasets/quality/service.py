"""The verbs of quality rules and checks."""

from datetime import datetime
from typing import Any

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.datasets import repository as versions
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.errors import ProfileNotReady
from studiolo.studio.datasets.monitors import windows
from studiolo.studio.datasets.quality import checking, custom, repository, submission, suggesting
from studiolo.studio.datasets.quality import rules as r
from studiolo.studio.datasets.quality.errors import CheckNotFound, NoRules
from studiolo.studio.datasets.quality.rules import Report
from studiolo.studio.datasets.quality.schemas import (
    Check,
    CheckReport,
    CheckRequest,
    Quality,
    QualitySettings,
    Suggestion,
)


def get(ctx: Context, dataset: str) -> Quality:
    """Return the rules of a dataset and how they stand; raises DatasetNotFound."""
    datasets.get_dataset(ctx, dataset)
    with ctx.db.read() as tx:
        row = repository.find(tx, ctx, dataset)
        newest = repository.page(tx, ctx, dataset, None, None, 1)
    last = repository.to_check(newest[0]) if newest else None
    if row is None:
        return Quality(dataset=dataset, rules_version=0, titles=[], state="none", last=last)
    settings = QualitySettings.model_validate(row.settings)
    return Quality(
        **{name: getattr(settings, name) for name in QualitySettings.model_fields},
        dataset=dataset,
        rules_version=row.version,
        titles=[r.title(rule) for rule in settings.rules],
        state=row.state,
        last=last,
        next_at=row.due_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def keep(ctx: Context, dataset: str, settings: QualitySettings) -> Quality:
    """Write the rules of a dataset; raises BadRule with the rule that cannot be used. What was checked stays as it was."""
    newest = datasets.get(ctx, dataset)
    checking.check(settings.rules, newest.table)
    custom.check(ctx, settings.rules, newest)
    values: dict[str, Any] = {"settings": settings.model_dump(mode="json"), "position": None, "due_at": None}
    if settings.frequency and settings.rules:
        values["position"], values["due_at"] = next_due(settings, ctx.clock.now())
    with ctx.db.begin() as tx:
        old = repository.find(tx, ctx, dataset, lock=True)
        if old is not None and old.settings == values["settings"]:
            return get(ctx, dataset)
        values["version"] = (old.version if old else 0) + 1
        repository.keep(tx, ctx, dataset, values)
        ctx.events.emit(tx, "dataset.updated", dataset, {"quality": values["version"]})
    return get(ctx, dataset)


def check_now(ctx: Context, dataset: str, request: CheckRequest) -> Check:
    """Check a version, the newest for None; raises NoRules."""
    found = datasets.get(ctx, dataset, request.version)
    with ctx.db.read() as tx:
        row = repository.find(tx, ctx, dataset)
    settings = QualitySettings.model_validate(row.settings) if row else QualitySettings()
    if row is None or not settings.rules:
        raise NoRules(dataset)
    order = submission.prepare(ctx, found, settings.rules, row.version)
    with ctx.db.begin() as tx:
        check = submission.submit(tx, ctx, order, "request")
        return repository.to_check(repository.check(tx, ctx, dataset, check))


def history(
    ctx: Context, dataset: str, version: int | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Check]:
    """Return checks, newest first; of one version where it is named."""
    datasets.get_dataset(ctx, dataset)
    keys, limit = decode(cursor, 1), bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.page(tx, ctx, dataset, version, str(keys[0]) if keys else None, limit + 1)
    items = [repository.to_check(row) for row in rows[:limit]]
    return Page(items=items, next=encode(items[-1].id) if len(rows) > limit else None)


def report(ctx: Context, dataset: str, check_id: str) -> CheckReport:
    """Return a check and what came of each rule; raises CheckNotFound."""
    with ctx.db.read() as tx:
        row = repository.check(tx, ctx, dataset, check_id)
    if row is None:
        raise CheckNotFound(check_id)
    document = Report.model_validate_json(ctx.blobs.path(row.result).read_bytes()) if row.result else None
    return CheckReport(check=repository.to_check(row), report=document)


def accept(ctx: Context, dataset: str, version: int) -> None:
    """Let a version be the newest one although a rule blocks it; who did so stands in the audit."""
    datasets.get(ctx, dataset, version)
    with ctx.db.begin() as tx:
        was = repository.quality_of(tx, ctx, dataset, version)
        if was in ("held", "rejected"):
            repository.set_quality(tx, ctx, dataset, version, "accepted")
            versions.settle_latest(tx, ctx.workspace_id, dataset)
            reference = f"{dataset}:{version}"
            auth.audit(tx, ctx.clock, ctx.workspace_id, ctx.actor.id, "dataset.accepted", reference, {"was": was})
            ctx.events.emit(tx, "dataset.updated", dataset, {"version": version, "quality": "accepted"})


def suggest(ctx: Context, dataset: str, version: int | None = None) -> list[Suggestion]:
    """Return rules that the profile of a version keeps; raises ProfileNotReady."""
    found = datasets.get(ctx, dataset, version)
    if found.profile.state != "ready":
        raise ProfileNotReady(
            f"The profile of {found.reference} is {found.profile.state}.", "Rules are suggested from it: wait for it."
        )
    return suggesting.suggest(datasets.profile(ctx, dataset, found.version), found.table)


def next_due(settings: QualitySettings, moment: datetime) -> tuple[datetime, datetime]:
    """Return the window that a moment stands in: where the schedule stands, and its end, when it asks next."""
    window = windows.containing(moment, settings.frequency or "day", windows.zone(settings.zone))
    return window.start, window.end
