"""All SQL of quality."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, tuple_, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.datasets.quality.schemas import Check
from studiolo.studio.datasets.quality.tables import quality_checks as checks
from studiolo.studio.datasets.quality.tables import quality_rules as rules
from studiolo.studio.datasets.tables import dataset_versions as versions
from studiolo.studio.datasets.tables import datasets

Row = Any


def find(tx: Connection, ctx: Context, dataset: str, *, lock: bool = False) -> Row | None:
    """Return the rules of a dataset. lock: hold the row until the end of the transaction."""
    query = select(rules).where(rules.c.workspace_id == ctx.workspace_id, rules.c.dataset == dataset)
    return tx.execute(query.with_for_update() if lock else query).first()


def keep(tx: Connection, ctx: Context, dataset: str, values: Mapping[str, Any]) -> None:
    """Write the rules of a dataset."""
    own = {"updated_at": ctx.clock.now(), "updated_by": ctx.actor.name}
    row = {**values, **own, "workspace_id": ctx.workspace_id, "dataset": dataset, "state": "none"}
    change = ctx.db.upsert(rules).values(**row)
    keys = ["workspace_id", "dataset"]
    tx.execute(change.on_conflict_do_update(index_elements=keys, set_={**values, **own}))


def forget(tx: Connection, ctx: Context, gone: Sequence[tuple[str, int]]) -> list[str]:
    """Remove the checks of versions that are gone for good, and the rules of datasets that are; returns the runs of the checks."""
    c, r, d = checks.c, rules.c, datasets.c
    these = (c.workspace_id == ctx.workspace_id, tuple_(c.dataset, c.version).in_(gone))
    runs = list(tx.execute(select(c.run_id).where(*these, c.run_id.is_not(None))).scalars())
    tx.execute(delete(checks).where(*these))
    there = exists().where(d.workspace_id == r.workspace_id, d.name == r.dataset)
    names = sorted({name for name, _ in gone})
    tx.execute(delete(rules).where(r.workspace_id == ctx.workspace_id, r.dataset.in_(names), ~there))
    return runs


def set_state(tx: Connection, ctx: Context, dataset: str, state: str) -> None:
    """Write down how the rules stand."""
    where = (rules.c.workspace_id == ctx.workspace_id, rules.c.dataset == dataset)
    tx.execute(update(rules).where(*where).values(state=state))


_DUE = Prepared(  # asked at every tick of the controller, and to build a statement takes longer than to run it
    select(rules)
    .where(rules.c.workspace_id == bindparam("workspace_id"), rules.c.due_at <= bindparam("now"))
    .order_by(rules.c.due_at)
    .limit(100)
)


def due(tx: Connection, ctx: Context, now: datetime) -> list[Row]:
    """Return the rules whose schedule asks for a check."""
    return _DUE.all(tx, {"workspace_id": ctx.workspace_id, "now": now})


def advance(tx: Connection, ctx: Context, row: Row, position: datetime, due_at: datetime) -> bool:
    """Move a schedule on; False when somebody else has."""
    where = (rules.c.workspace_id == ctx.workspace_id, rules.c.dataset == row.dataset, rules.c.due_at == row.due_at)
    return tx.execute(update(rules).where(*where).values(position=position, due_at=due_at)).rowcount == 1


def insert_check(tx: Connection, ctx: Context, values: Mapping[str, Any]) -> None:
    """Add a check that runs."""
    row = {**values, "workspace_id": ctx.workspace_id, "state": "running", "created_at": ctx.clock.now()}
    tx.execute(insert(checks).values(**row, broken=0, failed=[], error=""))


def finish(tx: Connection, ctx: Context, run_id: str, values: Mapping[str, Any]) -> Row | None:
    """Keep what a check came to; None when it is gone or had ended."""
    where = (checks.c.run_id == run_id, checks.c.state == "running")
    if not tx.execute(update(checks).where(*where).values(**values, ended_at=ctx.clock.now())).rowcount:
        return None
    return tx.execute(select(checks).where(checks.c.run_id == run_id)).first()


def check(tx: Connection, ctx: Context, dataset: str, check_id: str) -> Row | None:
    """Return a check of a dataset."""
    where = (checks.c.workspace_id == ctx.workspace_id, checks.c.dataset == dataset, checks.c.id == check_id)
    return tx.execute(select(checks).where(*where)).first()


def page(tx: Connection, ctx: Context, dataset: str, version: int | None, before: str | None, limit: int) -> list[Row]:
    """Return checks, newest first; of one version where it is named."""
    query = select(checks).where(checks.c.workspace_id == ctx.workspace_id, checks.c.dataset == dataset)
    if version is not None:
        query = query.where(checks.c.version == version)
    if before:
        query = query.where(checks.c.id < before)
    return list(tx.execute(query.order_by(checks.c.id.desc()).limit(limit)))


def running(tx: Connection, ctx: Context, dataset: str) -> list[Row]:
    """Return the checks of a dataset that run."""
    where = (checks.c.workspace_id == ctx.workspace_id, checks.c.dataset == dataset, checks.c.state == "running")
    return list(tx.execute(select(checks).where(*where)))


def remove(tx: Connection, ctx: Context, dataset: str) -> None:
    """Remove rules and checks of a dataset."""
    for table in (checks, rules):
        tx.execute(delete(table).where(table.c.workspace_id == ctx.workspace_id, table.c.dataset == dataset))


def to_check(row: Row) -> Check:
    """Return a check as it is shown."""
    return Check(**{name: getattr(row, name) for name in Check.model_fields})


_UNDER_WAY = exists().where(
    checks.c.workspace_id == versions.c.workspace_id,
    checks.c.dataset == versions.c.name,
    checks.c.version == versions.c.version,
    checks.c.state == "running",
)
_UNCHECKED = Prepared(
    select(versions.c.name, versions.c.version)
    .where(versions.c.workspace_id == bindparam("workspace_id"), versions.c.quality.in_(["due", "held"]), ~_UNDER_WAY)
    .order_by(versions.c.created_at)
    .limit(20)
)


def unchecked(tx: Connection, ctx: Context) -> list[Row]:
    """Return the versions that wait for their first check and have none that runs, oldest first."""
    return _UNCHECKED.all(tx, {"workspace_id": ctx.workspace_id})


def quality_of(tx: Connection, ctx: Context, dataset: str, version: int) -> str | None:
    """Return how a version stands."""
    where = (versions.c.workspace_id == ctx.workspace_id, versions.c.name == dataset, versions.c.version == version)
    return tx.execute(select(versions.c.quality).where(*where)).scalar_one_or_none()


def set_quality(tx: Connection, ctx: Context, dataset: str, version: int, quality: str | None) -> bool:
    """Write down how a version stands; False when it is gone."""
    where = (versions.c.workspace_id == ctx.workspace_id, versions.c.name == dataset, versions.c.version == version)
    return tx.execute(update(versions).where(*where).values(quality=quality)).rowcount == 1


def waits(tx: Connection, ctx: Context, dataset: str, version: int) -> bool:
    """Say whether a version still waits for its first check."""
    busy = [row for row in running(tx, ctx, dataset) if row.version == version]
    return not busy and quality_of(tx, ctx, dataset, version) in ("due", "held")


def first_state(tx: Connection, ctx: Context, dataset: str) -> str | None:
    """Return how a version stands that is being registered: `held` back, `due` to be checked, or nothing to check."""
    row = find(tx, ctx, dataset)
    wanted = row.settings.get("rules", []) if row is not None else []
    if not wanted:
        return None
    return "held" if any(rule.get("severity") == "block" for rule in wanted) else "due"
