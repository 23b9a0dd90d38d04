"""The controller's part: takes what registration jobs have left and makes versions of it."""

from dataclasses import replace
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.storage import manifests
from studiolo.studio.datasets import service, uploading
from studiolo.studio.datasets.registrations import orders, rows
from studiolo.studio.datasets.registrations.order import RESULT, Result
from studiolo.studio.experiments import artifacts, lineage, registering
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import ArtifactNotFound
from studiolo.studio.experiments.schemas import Run

_HELD_SECONDS = 3600.0  # the job held its blobs so long ago at most; else they are held anew


def tick(ctx: Context) -> bool:
    """Take the results of ended registrations; True when there were any."""
    with ctx.db.glance() as tx:
        ended = experiments.unconsumed(tx, ctx, orders.KIND)
    for run, _ in ended:
        _take(ctx, run)
    orders.forget_ended(ctx)
    return bool(ended)


def _take(ctx: Context, run: Run) -> None:
    """Make the version in one transaction with the end of its registration, or keep why there is none."""
    result, problem = _result(ctx, run)
    ctx = replace(ctx, actor=replace(ctx.actor, name=run.user))  # the version is that of the person who asked for it
    with ctx.db.begin() as tx:
        row = rows.find(tx, ctx, run.id)
        experiments.consume(tx, run.id)
        if row is None:
            registering.settle_by(tx, ctx, run.id, error="Its registration is gone.")
            return
        if result is None:
            rows.end(tx, ctx, run.id, problem=problem)
            uploading.reopen(tx, ctx, row.upload_id)
            said = f"{problem['detail']} {problem.get('hint') or ''}".strip()
            registering.settle_by(tx, ctx, run.id, error=said)
            ctx.events.emit(tx, "dataset.registration_failed", row.name, {"run_id": run.id, "error": problem["detail"]})
            return
        number, existing = service.publish(
            tx, ctx, values_of(row.name, row.about, run.id, result), row.about["description"]
        )
        skipped = [item.model_dump() for item in result.skipped]
        rows.end(tx, ctx, run.id, version=number, existing=existing, skipped=skipped)
        uploading.done(tx, ctx, row.upload_id)
        registering.settle_by(tx, ctx, run.id, reference=f"dataset:{row.name}:{number}")
        for made_from in _made_from(row.about["source"]):
            if made_from != f"dataset:{row.name}:{number}":
                lineage.link(tx, ctx, made_from, f"dataset:{row.name}:{number}")
        ctx.events.emit(tx, "dataset.registered", row.name, {"run_id": run.id, "version": number, "existing": existing})


def _made_from(source: dict[str, Any]) -> list[str]:
    """Return what of this workspace a version was made from, as lineage names it."""
    if source["type"] == "run":
        return [f"run:{source['run_id']}"]
    return [f"dataset:{reference}" for reference in source["datasets"]] if source["type"] == "answer" else []


def _result(ctx: Context, run: Run) -> tuple[Result | None, dict[str, Any]]:
    if run.state != "Completed":
        return None, orders.problem_of(ctx, run)
    try:
        result = Result.model_validate_json(artifacts.open_(ctx, run.id, RESULT).read_bytes())
    except ArtifactNotFound:
        return None, {"detail": "Its job left no version.", "hint": "Look at the log of its run."}
    if ctx.clock.now().timestamp() - result.kept_at > _HELD_SECONDS and manifests.keep(ctx.blobs, result.manifest):
        return None, {"detail": "Its bytes went from the store meanwhile.", "hint": "Register again."}
    if result.whole and not ctx.blobs.keep(result.whole):
        return None, {"detail": "Its table went from the store meanwhile.", "hint": "Register again."}
    return result, {}


def values_of(name: str, about: dict[str, Any], run_id: str, result: Result) -> dict[str, Any]:
    """Return the columns of a version that a registration job has left. about: what was asked for."""
    only = result.only
    values: dict[str, Any] = {
        "name": name,
        "kind": result.kind,
        "mode": result.mode,
        "digest": service.identity([only["digest"] if only else result.manifest], result.table),
        "manifest": None if only else result.manifest,
        "file_count": result.file_count,
        "files": [{key: only[key] for key in ("path", "size", "digest")}] if only else [],
        "readable": only["readable"] if only else result.whole,
        "size": result.size,
        "rows": result.table.rows,
        "columns": len(result.table.columns),
        "format": result.table.format,
        "table": result.table.model_dump(mode="json"),
        "preview": result.preview,
        "tags": about.get("tags", {}),
        "source": result.source,
        "run_id": run_id,
    }
    if result.mode == "referenced":
        values["datastore"] = result.source["datastore"]
    return values
