"""Saved views of the table of runs: one's own, and those that others share."""

from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, Invalid
from studiolo.kernel.ids import new_id
from studiolo.studio.experiments.errors import ViewExists, ViewNotFound
from studiolo.studio.experiments.table.schemas import RunView, RunViewChange, RunViewSpec
from studiolo.studio.experiments.table.tables import run_views

MOST = 200  # of one person
_LONGEST = 20_000  # characters of a state


def list_views(ctx: Context) -> list[RunView]:
    """Return one's own views and the shared ones, in order of name."""
    v = run_views.c
    query = select(run_views).where(v.workspace_id == ctx.workspace_id, or_(v.owner_id == ctx.actor.id, v.shared))
    with ctx.db.read() as tx:
        return [_view(ctx, row) for row in tx.execute(query.order_by(func.lower(v.name), v.id).limit(1000))]


def create(ctx: Context, spec: RunViewSpec) -> RunView:
    """Save a view. Raises ViewExists when one has another of this name, Denied for a shared one without the right."""
    _check(ctx, spec.name, spec.state, shared=spec.shared)
    view_id, now = new_id(), ctx.clock.now()
    values = {"id": view_id, "workspace_id": ctx.workspace_id, "owner_id": ctx.actor.id, "owner": ctx.actor.name}
    values |= spec.model_dump() | {"name": spec.name.strip(), "created_at": now, "updated_at": now}
    with ctx.db.begin() as tx:
        mine = select(func.count()).where(
            run_views.c.workspace_id == ctx.workspace_id, run_views.c.owner_id == ctx.actor.id
        )
        if tx.execute(mine).scalar_one() >= MOST:
            raise Invalid(f"You have {MOST} saved views.", "Delete one that you no longer need.", field="name")
        if spec.default:
            _no_default(tx, ctx, ctx.actor.id)
        try:
            with tx.begin_nested():
                tx.execute(insert(run_views).values(**values))
        except IntegrityError:
            raise ViewExists(spec.name) from None
        return _view(ctx, _row(tx, ctx, view_id))


def change(ctx: Context, view_id: str, wanted: RunViewChange) -> RunView:
    """Change a view of one's own; an owner of the workspace may change those that others share."""
    values: dict[str, Any] = wanted.model_dump(exclude_none=True)
    with ctx.db.begin() as tx:
        row = _writable(tx, ctx, view_id)
        _check(ctx, wanted.name, wanted.state, shared=bool(wanted.shared))
        if wanted.default:
            _no_default(tx, ctx, row.owner_id)
        change_ = update(run_views).where(run_views.c.id == view_id)
        try:
            with tx.begin_nested():
                tx.execute(change_.values(**values, updated_at=ctx.clock.now()))
        except IntegrityError:
            raise ViewExists(wanted.name or "") from None
        return _view(ctx, _row(tx, ctx, view_id))


def remove(ctx: Context, view_id: str) -> None:
    """Delete a view of one's own; an owner of the workspace may delete those that others share."""
    with ctx.db.begin() as tx:
        _writable(tx, ctx, view_id)
        tx.execute(delete(run_views).where(run_views.c.id == view_id))


def _check(ctx: Context, name: str | None, state: dict[str, str] | None, *, shared: bool) -> None:
    if name is not None and not name.strip():
        raise Invalid("The name is empty.", "Write a name.", field="name")
    if state is not None and sum(len(key) + len(value) for key, value in state.items()) > _LONGEST:
        raise Invalid(f"The state has more than {_LONGEST} characters.", "Show fewer columns.", field="state")
    if shared:
        ctx.actor.must("experiments.write")


def _row(tx: Connection, ctx: Context, view_id: str) -> Any:
    query = select(run_views).where(run_views.c.id == view_id, run_views.c.workspace_id == ctx.workspace_id)
    row = tx.execute(query).first()
    if row is None or not (row.shared or row.owner_id == ctx.actor.id):
        raise ViewNotFound(view_id)
    return row


def _writable(tx: Connection, ctx: Context, view_id: str) -> Any:
    row = _row(tx, ctx, view_id)
    if row.owner_id != ctx.actor.id and not ctx.actor.may("views.write"):  # an owner of the workspace may all
        raise Denied(f"The view '{row.name}' is {row.owner}'s.", "Save one of your own; or ask its owner.")
    return row


def _no_default(tx: Connection, ctx: Context, owner_id: str) -> None:
    mine = (run_views.c.workspace_id == ctx.workspace_id, run_views.c.owner_id == owner_id)
    tx.execute(update(run_views).where(*mine).values(default=False))


def _view(ctx: Context, row: Any) -> RunView:
    return RunView(
        id=row.id,
        name=row.name,
        owner=row.owner,
        mine=row.owner_id == ctx.actor.id,
        state=row.state,
        shared=row.shared,
        default=row.default,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
