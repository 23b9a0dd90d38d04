"""SQL of upload sessions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from studiolo.kernel.context import Context
from studiolo.studio.datasets.tables import dataset_upload_files as files_table
from studiolo.studio.datasets.tables import dataset_uploads as uploads

_IN = 500  # paths asked for in one query


_RECEIVED = (
    update(files_table)
    .where(files_table.c.upload_id == bindparam("of"), files_table.c.path == bindparam("at"))
    .values(received=bindparam("received"), digest=bindparam("digest"))
)


def insert_session(tx: Connection, ctx: Context, session: str, spec: Mapping[str, Any]) -> None:
    """Add a session."""
    now = ctx.clock.now()
    values = {"id": session, "workspace_id": ctx.workspace_id, "spec": dict(spec), "state": "open"}
    tx.execute(insert(uploads).values(**values, created_by=ctx.actor.name, created_at=now, touched_at=now))


def session(tx: Connection, ctx: Context, session_id: str) -> Any:
    """Return a session's row, None when it is not there."""
    query = select(uploads).where(uploads.c.id == session_id, uploads.c.workspace_id == ctx.workspace_id)
    return tx.execute(query).first()


def sessions(tx: Connection, ctx: Context) -> list[Any]:
    """Return the sessions that are not done, last used first."""
    query = select(uploads).where(uploads.c.workspace_id == ctx.workspace_id, uploads.c.state != "done")
    return list(tx.execute(query.order_by(uploads.c.touched_at.desc()).limit(200)))


def sums(tx: Connection, session_id: str) -> Any:
    """Return files, complete, bytes and received of a session."""
    f = files_table.c
    whole = case((f.digest.is_not(None), 1), ((f.size > 0) & (f.received >= f.size), 1), else_=0)
    query = select(
        func.count().label("files"),
        func.coalesce(func.sum(whole), 0).label("complete"),
        func.coalesce(func.sum(f.size), 0).label("bytes"),
        func.coalesce(func.sum(f.received), 0).label("received"),
    ).where(f.upload_id == session_id)
    return tx.execute(query).one()


def files_of(tx: Connection, session_id: str, paths: Sequence[str]) -> dict[str, Any]:
    """Return files of a session by path."""
    found: dict[str, Any] = {}
    for start in range(0, len(paths), _IN):
        some = list(paths[start : start + _IN])
        query = select(files_table).where(files_table.c.upload_id == session_id, files_table.c.path.in_(some))
        found |= {row.path: row for row in tx.execute(query)}
    return found


def files(tx: Connection, session_id: str, after: str, limit: int, *, pending: bool = False) -> list[Any]:
    """Return files after a path, in the order of their bytes on both databases."""
    f = files_table.c
    key = f.path.collate("C") if tx.dialect.name == "postgresql" else f.path
    query = select(files_table).where(f.upload_id == session_id)
    if after:
        query = query.where(key > after)
    if pending:
        query = query.where(f.digest.is_(None))
    return list(tx.execute(query.order_by(key).limit(limit)))


def put_files(tx: Connection, ctx: Context, session_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add files, or begin them anew. rows: path, size, received, digest, mark."""
    if rows:
        change = ctx.db.upsert(files_table)
        kept = {name: change.excluded[name] for name in ("size", "received", "digest", "mark")}
        change = change.on_conflict_do_update(index_elements=["upload_id", "path"], set_=kept)
        tx.execute(change, [{"upload_id": session_id, **row} for row in rows])


def set_received(tx: Connection, session_id: str, rows: Sequence[tuple[str, int, str | None]]) -> None:
    """Keep how much of files is here. rows: path, bytes, digest of what is whole."""
    if rows:
        tx.execute(
            _RECEIVED,
            [{"of": session_id, "at": path, "received": size, "digest": digest} for path, size, digest in rows],
        )


def remove_file(tx: Connection, session_id: str, path: str) -> bool:
    """Remove a file; False when it is not there."""
    mine = (files_table.c.upload_id == session_id, files_table.c.path == path)
    return tx.execute(delete(files_table).where(*mine)).rowcount == 1


def touch(tx: Connection, ctx: Context, session_id: str) -> None:
    """Say that something was sent."""
    tx.execute(update(uploads).where(uploads.c.id == session_id).values(touched_at=ctx.clock.now()))


def touch_after(tx: Connection, ctx: Context, session_id: str, seconds: float) -> None:
    """Say so when that was not said for a while."""
    now = ctx.clock.now()
    mine = (uploads.c.id == session_id, uploads.c.touched_at < now - timedelta(seconds=seconds))
    tx.execute(update(uploads).where(*mine).values(touched_at=now))


def set_state(tx: Connection, ctx: Context, session_id: str, state: str, run_id: str | None = None) -> None:
    """Change the state of a session."""
    values: dict[str, Any] = {"state": state, "touched_at": ctx.clock.now()}
    if run_id:
        values["run_id"] = run_id
    tx.execute(update(uploads).where(uploads.c.id == session_id).values(**values))


def set_spec(tx: Connection, session_id: str, spec: Mapping[str, Any]) -> None:
    """Change what a session is to become."""
    tx.execute(update(uploads).where(uploads.c.id == session_id).values(spec=dict(spec)))


def reopen_stuck(tx: Connection, ctx: Context) -> None:
    """Open sessions again whose completing died before it submitted a job."""
    u = uploads.c
    stuck = (u.workspace_id == ctx.workspace_id, u.state == "completing", u.run_id.is_(None))
    late = u.touched_at < ctx.clock.now() - timedelta(minutes=10)
    tx.execute(update(uploads).where(*stuck, late).values(state="open"))


def over(tx: Connection, ctx: Context, before: datetime, limit: int = 20) -> list[str]:
    """Return sessions that were done an hour ago, or that nothing was sent to since a moment."""
    u = uploads.c
    done = (u.state == "done") & (u.touched_at < ctx.clock.now() - timedelta(hours=1))
    query = select(u.id).where(
        u.workspace_id == ctx.workspace_id, done | ((u.state == "open") & (u.touched_at < before))
    )
    return list(tx.execute(query.limit(limit)).scalars())


def remove(tx: Connection, session_id: str) -> None:
    """Remove a session with its files."""
    tx.execute(delete(files_table).where(files_table.c.upload_id == session_id))
    tx.execute(delete(uploads).where(uploads.c.id == session_id))
