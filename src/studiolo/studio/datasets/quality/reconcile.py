"""The part of quality in the controller's tick: versions that are new are checked, schedules asked, results taken.

Each step reads what is due and writes it in one transaction: killed anywhere, a check is submitted once and told once.
"""

import logging
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datasets import repository as versions
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.quality import exchange, repository, service, submission
from studiolo.studio.datasets.quality.rules import Report
from studiolo.studio.datasets.quality.schemas import CheckOrigin, QualitySettings
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import ArtifactNotFound
from studiolo.studio.experiments.schemas import Run
from studiolo.studio.workspace.notices import posting
from studiolo.studio.workspace.notices.schemas import Notice

log = logging.getLogger(__name__)
FAILED, PASSED = "quality.failed", "quality.passed"


def tick(ctx: Context) -> bool:
    """Take what checks have found, submit those that are due; True when there was anything."""
    with ctx.db.glance() as tx:
        ended = experiments.unconsumed(tx, ctx, submission.KIND)
        fresh = repository.unchecked(tx, ctx)
        due = repository.due(tx, ctx, ctx.clock.now())
    for run, _ in ended:
        _take(ctx, run)
    for row in fresh:
        _submit(ctx, row.name, row.version, "registration")
    for row in due:
        _ask(ctx, row)
    return bool(ended or fresh or due)


def _submit(
    ctx: Context,
    dataset: str,
    version: int | None,
    origin: CheckOrigin,
    may: Callable[[Connection], bool] = lambda _: True,
) -> None:
    """Submit a check. may: asked in the transaction that submits it; what it writes is kept either way."""
    with ctx.db.read() as tx:
        row = repository.find(tx, ctx, dataset)
    settings = QualitySettings.model_validate(row.settings) if row is not None else QualitySettings()
    order = None
    if row is not None and settings.rules:
        try:
            found = datasets.get(ctx, dataset, version)
            order = submission.prepare(ctx, found, settings.rules, row.version)
        except StudioloError as error:
            log.warning("%s:%s cannot be checked: %s", dataset, version, error)
    with ctx.db.begin() as tx:
        if not may(tx):
            return
        if order is not None:
            if origin != "registration" or repository.waits(tx, ctx, dataset, order.version):
                submission.submit(tx, ctx, order, origin)
        elif version is not None:  # the rules are gone, or the bytes: nothing is left to wait for
            repository.set_quality(tx, ctx, dataset, version, None if not settings.rules else "error")


def _ask(ctx: Context, row: Any) -> None:
    """Submit the check that a schedule asks for; what it slept through is asked once."""
    settings = QualitySettings.model_validate(row.settings)
    position, due_at = service.next_due(settings, max(row.due_at, ctx.clock.now()))

    def move_on(tx: Connection) -> bool:
        moved = repository.advance(tx, ctx, row, position, due_at)
        return moved and not repository.running(tx, ctx, row.dataset)

    _submit(ctx, row.dataset, None, "schedule", move_on)


def _take(ctx: Context, run: Run) -> None:
    report, error = _result(ctx, run)
    with ctx.db.begin() as tx:
        values: dict[str, Any] = {"state": "canceled" if run.state == "Canceled" else "error", "error": error}
        if report is not None:
            values = _columns(tx, ctx, run, report)
        check = repository.finish(tx, ctx, run.id, values)
        if check is not None:
            _follow(tx, ctx, check, report)
        experiments.consume(tx, run.id)


def _result(ctx: Context, run: Run) -> tuple[Report | None, str]:
    if run.state != "Completed":
        return None, run.error or f"Its job ended as {run.state}."
    try:
        with ctx.db.read() as tx:
            digest = artifacts.find(tx, ctx, run.id, exchange.RESULT_FILE).digest
        return Report.model_validate_json(ctx.blobs.path(digest).read_bytes()), ""
    except (ArtifactNotFound, ValidationError):
        return None, "Its job left no report that can be read."


def _columns(tx: Connection, ctx: Context, run: Run, report: Report) -> dict[str, Any]:
    digest = artifacts.find(tx, ctx, run.id, exchange.RESULT_FILE).digest
    ctx.blobs.keep(digest)
    broken = [one for one in report.results if one.outcome != "passed"]
    blocked = any(one.severity == "block" for one in broken)
    state = "failed" if blocked else "warned" if broken else "passed"
    return {
        "state": state,
        "broken": len(broken),
        "failed": [one.title for one in broken],
        "result": digest,
        "error": "",
    }


def _follow(tx: Connection, ctx: Context, check: Any, report: Report | None) -> None:
    """Let the version and the dataset follow a check, and tell of a change once."""
    was = repository.quality_of(tx, ctx, check.dataset, check.version)
    if was != "accepted":
        repository.set_quality(tx, ctx, check.dataset, check.version, standing(check.state, was))
        versions.settle_latest(tx, ctx.workspace_id, check.dataset)
    row = repository.find(tx, ctx, check.dataset, lock=True)
    ctx.events.emit(tx, "dataset.updated", check.dataset, {"version": check.version, "check": check.id})
    if row is None or report is None:
        if report is None and check.state == "error":
            _tell(tx, ctx, check, "problem", f"{check.dataset}:{check.version} could not be checked", check.error, [])
        return
    state = "ok" if check.state == "passed" else "failing"
    if state != row.state:
        repository.set_state(tx, ctx, check.dataset, state)
    unchanged = state == row.state or (state == "ok" and row.state == "none")
    if unchanged and not (check.state == "failed" and check.origin == "registration"):
        return  # a version that was refused is told each time
    kind = PASSED if state == "ok" else FAILED
    blocked = check.state == "failed" and standing(check.state, was) == "rejected"
    passed = check.rules - check.broken
    data = {
        "version": check.version,
        "severity": {"failed": "block", "warned": "warn"}.get(check.state, ""),
        "failed": list(check.failed)[:20],
        "passed": passed,
        "check": check.id,
    }
    ctx.events.emit(tx, kind, check.dataset, data)
    settings = QualitySettings.model_validate(row.settings)
    reference = f"{check.dataset}:{check.version}"
    if state == "ok":
        _tell(
            tx,
            ctx,
            check,
            "good",
            f"{reference} keeps its rules again",
            f"All {passed} rules are kept.",
            settings.recipients,
        )
        return
    shown = "; ".join(list(check.failed)[:5])
    title = f"{reference} was held back" if blocked else f"{reference} breaks its rules"
    _tell(tx, ctx, check, "problem" if blocked else "warning", title, f"Broken: {shown}.", settings.recipients)


def standing(state: str, was: str | None) -> str:
    """Return how a version stands after a check.

    Only one that was held back is refused, also when it could not be checked; what is in use already stays in use.

    >>> standing("failed", "held"), standing("error", "held"), standing("failed", "passed"), standing("passed", "rejected")
    ('rejected', 'rejected', 'failed', 'passed')
    """
    if state in ("passed", "warned"):
        return state
    if was in ("held", "rejected"):
        return "rejected"
    return "failed" if state == "failed" else "error"


def _tell(tx: Connection, ctx: Context, check: Any, severity: Any, title: str, text: str, mail_to: list[str]) -> None:
    notice = Notice(
        kind=PASSED if severity == "good" else FAILED,
        severity=severity,
        title=title,
        text=text,
        href=f"datasets/{check.dataset}?tab=quality&check={check.id}",
        key=f"quality:{check.id}",
    )
    posting.post(tx, ctx, notice, mail_to=mail_to)
