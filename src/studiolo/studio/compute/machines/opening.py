"""Attached machines as backends: their rows, their credentials opened, one connection for each in this process."""

import time
from typing import Any

from sqlalchemy import Row

from studiolo.kernel.context import Context
from studiolo.kernel.secrets.envelope import seal, unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.compute.backends.base import Backend, Machine
from studiolo.studio.compute.machines import repository
from studiolo.studio.compute.machines.kinds import kind

_ROWS_SECONDS = 1.0  # that rows are believed: the controller asks for each job at each tick
_rows: dict[tuple[str, str], tuple[float, dict[str, Row[Any]]]] = {}
_opened: dict[str, Machine] = {}  # by id; each change of a row makes a new one


def engine(ctx: Context, name: str) -> Backend | None:
    """Return what runs attempts on a machine, None when none of the name is attached."""
    key = (str(ctx.settings.home), ctx.workspace_id)
    known = _rows.get(key)
    if known is None or time.monotonic() - known[0] > _ROWS_SECONDS:
        with ctx.db.read() as tx:
            now = (time.monotonic(), {row.name: row for row in repository.all_(tx, ctx.workspace_id)})
        for gone in _rows_of(known) - _rows_of(now):
            kind(gone[1]).detach(gone[0])
            _opened.pop(gone[0], None)
        _rows[key] = known = now
    row = known[1].get(name)
    return kind(row.kind).attach(machine(ctx, row)) if row is not None else None


def forget(ctx: Context) -> None:
    """Read the rows anew when next asked: one was changed here."""
    key = (str(ctx.settings.home), ctx.workspace_id)
    if key in _rows:
        _rows[key] = (float("-inf"), _rows[key][1])


def _rows_of(known: tuple[float, dict[str, Row[Any]]] | None) -> set[tuple[str, str]]:
    return {(row.id, row.kind) for row in known[1].values()} if known else set()


def machine(ctx: Context, row: Row[Any]) -> Machine:
    """Return a row as its kind reads it, its credentials opened."""
    known = _opened.get(row.id)
    stamp = f"{row.updated_at.isoformat()} {row.facts}"
    if known is None or known.stamp != stamp:
        with ctx.db.read() as tx:
            sealed = repository.credentials(tx, [row.id])
        key = master_key(ctx.settings)
        given = {one.field: unseal(key, one.envelope, _about(ctx, row.id, one.field)) for one in sealed}
        known = Machine(row.id, row.name, config_of(row), given, stamp, ctx.settings.compute_private)
        _opened[row.id] = known
    return known


def config_of(row: Any) -> dict[str, Any]:
    """Return the settings of a machine with its cores and memory: what was told, else what was measured."""
    facts = row.facts or {}
    there, bytes_there = int(facts.get("cores") or 0), int(facts.get("memory_bytes") or 0)
    return {
        "settings": {},  # rows of before there were some
        **row.config,
        "cores": row.cores or there,
        "memory_bytes": row.memory_bytes or bytes_there,
        "machine_cores": there,
        "machine_memory_bytes": bytes_there,
    }


def sealed(ctx: Context, id_: str, given: dict[str, str]) -> dict[str, bytes]:
    """Seal credentials for a row alone."""
    key = master_key(ctx.settings)
    return {name: seal(key, value, _about(ctx, id_, name)) for name, value in given.items()}


def _about(ctx: Context, id_: str, name: str) -> str:
    return f"{ctx.workspace_id}|machine|{id_}|{name}"
