"""What a job reports through its journal, applied to the database exactly once."""

import logging
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import is_id
from studiolo.runner import attempt as files
from studiolo.runner.journal import read
from studiolo.studio.experiments import claims, repository, tracking
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.experiments.tables import runs

log = logging.getLogger(__name__)
PIECE = 4 << 20  # bytes of journal in one transaction
_STATES = {"Queued", "Running", "Completed", "Failed", "Canceled", "Lost", "Skipped", "Reused"}


def apply(ctx: Context, claim: Claim, place: Path) -> bool:
    """Apply the lines that are new since `claim.journal_offset`; False when there are none.

    The offset moves in the same transaction, so lines are applied once, whoever is killed in between.
    """
    data = _piece(place / files.JOURNAL, claim.journal_offset)
    entries, taken = read(data)
    if not taken:
        if len(data) < PIECE:
            return False
        taken = len(data)  # one line longer than a piece cannot be a report of ours
    with ctx.db.begin() as tx:
        if not claims.take_journal(tx, claim, taken):
            return False
        _apply_all(tx, ctx, claim, entries)
    return True


def _piece(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(PIECE)
    except FileNotFoundError:
        return b""


def _apply_all(tx: Connection, ctx: Context, claim: Claim, entries: list[dict[str, Any]]) -> None:
    known = {claim.id: claim.seq}
    changed: dict[str, dict[str, Any]] = {}
    for entry in entries:
        try:
            with tx.begin_nested():
                changed.setdefault(_apply(tx, ctx, claim, known, entry), {}).update(_shown(entry))
        except (StudioloError, ValueError, TypeError, KeyError, OverflowError) as error:
            # a report that cannot be kept must not hold up those that can
            log.warning("run %s: report %.200s left out: %s", claim.id, entry, error)
    for run_id, shown in changed.items():
        parent = claim.id if run_id != claim.id else claim.parent_id
        data = {"kind": claim.kind, "parent_id": parent, "experiment_id": str(claim.experiment), **shown}
        ctx.events.emit(tx, "run.updated", run_id, data)


def _apply(tx: Connection, ctx: Context, claim: Claim, known: dict[str, int], entry: dict[str, Any]) -> str:
    """Apply one line; returns the id of the run that it is about."""
    if entry["kind"] == "child":
        return _child(tx, ctx, claim, known, entry)
    run_id = str(entry.get("run") or claim.id)
    _KINDS[entry["kind"]](tx, ctx, _seq_of(tx, claim, known, run_id), entry)
    return run_id


def _child(tx: Connection, ctx: Context, claim: Claim, known: dict[str, int], entry: dict[str, Any]) -> str:
    run_id, state = str(entry["id"]), str(entry["state"])
    if not is_id(run_id) or state not in _STATES:
        raise ValueError("a child needs an id of 32 hex digits and a state")
    values: dict[str, Any] = {"name": str(entry.get("name", ""))[:500], "state": state, "error": entry.get("error")}
    values["failure"] = {"Failed": "user_error", "Canceled": "canceled", "Lost": "lost"}.get(state)
    values["started_at"] = _moment(entry.get("started_at"))
    values["ended_at"] = _moment(entry.get("ended_at") or (entry.get("at") if state in TERMINAL else None))
    row = tx.execute(select(runs.c.seq, runs.c.parent_id, runs.c.state).where(runs.c.id == run_id)).first()
    if row is None:
        kind = str(entry.get("child_kind") or "trial")[:40]
        fixed = {"id": run_id, "workspace_id": ctx.workspace_id, "experiment": claim.experiment, "kind": kind}
        fixed |= {"parent_id": claim.id, "user": claim.user, "created_at": _moment(entry.get("at")) or ctx.clock.now()}
        known[run_id] = repository.insert_run(tx, {**fixed, "lifecycle": "active", "desired": "completed", **values})
    else:
        if row.parent_id != claim.id:
            raise ValueError("the id belongs to another run")
        known[run_id] = int(row.seq)
        if row.state in TERMINAL:
            values.pop("state"), values.pop("failure"), values.pop("ended_at")
        given = {key: value for key, value in values.items() if value is not None}
        tx.execute(update(runs).where(runs.c.seq == row.seq).values(**given))
    at = int(float(entry.get("at", time.time())) * 1000)
    metrics = [(key, float(value), 0, at) for key, value in (entry.get("metrics") or {}).items()]
    tracking.record(
        tx,
        ctx,
        known[run_id],
        params=entry.get("params"),
        metrics=metrics,
        tags=entry.get("tags"),
        replace_params=True,
    )
    return run_id


def _seq_of(tx: Connection, claim: Claim, known: dict[str, int], run_id: str) -> int:
    if run_id not in known:
        query = select(runs.c.seq).where(runs.c.id == run_id, runs.c.parent_id == claim.id)
        found = tx.execute(query).scalar_one_or_none()
        if found is None:
            raise ValueError(f"'{run_id[:80]}' is no child of this run")
        known[run_id] = int(found)
    return known[run_id]


def _param(tx: Connection, ctx: Context, seq: int, entry: dict[str, Any]) -> None:
    tracking.record(tx, ctx, seq, params={str(entry["key"]): str(entry["value"])}, replace_params=True)


def _tag(tx: Connection, ctx: Context, seq: int, entry: dict[str, Any]) -> None:
    tracking.record(tx, ctx, seq, tags={str(entry["key"]): str(entry["value"])})


def _metric(tx: Connection, ctx: Context, seq: int, entry: dict[str, Any]) -> None:
    at = float(entry.get("timestamp") or entry["at"])
    point = (str(entry["key"]), float(entry["value"]), int(entry.get("step") or 0), int(at * 1000))
    tracking.record(tx, ctx, seq, metrics=[point])


def _progress(tx: Connection, _: Context, seq: int, entry: dict[str, Any]) -> None:
    tx.execute(update(runs).where(runs.c.seq == seq).values(progress=_progress_of(entry)))


def _document(tx: Connection, ctx: Context, seq: int, entry: dict[str, Any]) -> None:
    name = str(entry["name"])
    if not 0 < len(name) <= 200:
        raise ValueError("a document needs a name of at most 200 characters")
    repository.put_document(tx, ctx, seq, name, _finite(entry["value"]))


_KINDS: dict[str, Callable[[Connection, Context, int, dict[str, Any]], None]] = {
    "param": _param,
    "tag": _tag,
    "metric": _metric,
    "progress": _progress,
    "document": _document,
}


def _progress_of(entry: dict[str, Any]) -> dict[str, Any]:
    done, total = float(entry["done"]), entry.get("total")
    return {
        "done": done if math.isfinite(done) else 0.0,
        "total": float(total) if total is not None and math.isfinite(float(total)) else None,
        "label": str(entry.get("label", ""))[:200],
    }


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what a page can show from the event alone."""
    match entry["kind"]:
        case "progress":
            return {"progress": _progress_of(entry)}
        case "document":
            return {"document": str(entry["name"])}
        case "child":
            return {"state": entry["state"], "kind": entry.get("child_kind") or "trial"}
    return {}


def _finite(value: Any) -> Any:
    """Return JSON that every reader accepts: NaN and infinities become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def _moment(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if seconds is not None else None
