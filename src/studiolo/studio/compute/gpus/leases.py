"""Who has which GPU. All functions run in the caller's transaction, those that lease after `repository.lock`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from studiolo.studio.compute.errors import TooBig
from studiolo.studio.compute.gpus import devices
from studiolo.studio.compute.gpus.devices import Gpu
from studiolo.studio.compute.gpus.tables import leases
from studiolo.studio.compute.tables import holdings


def free(tx: Connection, compute: str, among: Sequence[Gpu]) -> list[Gpu]:
    """Return the GPUs of these that nobody has."""
    taken = set(tx.execute(select(leases.c.gpu).where(leases.c.compute == compute)).scalars())
    return [gpu for gpu in among if gpu.id not in taken]


def take(tx: Connection, compute: str, holder: str, count: int, among: Sequence[Gpu]) -> None:
    """Lease GPUs to a holding that is there; the caller has seen that so many are free."""
    chosen = free(tx, compute, among)[:count] if count else []
    rows = [{"compute": compute, "gpu": gpu.id, "number": gpu.number, "holder": holder} for gpu in chosen]
    if rows:
        tx.execute(insert(leases), rows)


def of(tx: Connection, holders: Sequence[str]) -> dict[str, list[Gpu]]:
    """Return what holders have, by holder and in order; what is not known of a GPU any more is left empty."""
    found: dict[str, list[Gpu]] = {holder: [] for holder in holders}
    if not holders:
        return found
    here = {gpu.id: gpu for gpu in devices.known()}
    query = select(leases).where(leases.c.holder.in_(list(holders))).order_by(leases.c.number)
    for row in tx.execute(query):
        found[row.holder].append(here.get(row.gpu) or Gpu(row.gpu, row.number, "", 0))
    return found


def holders(tx: Connection, compute: str) -> list[Row[Any]]:
    """Return each lease of a compute with whom it belongs to, by number."""
    whose = (holdings.c.title, holdings.c.run_id, holdings.c.workspace_id, holdings.c.since)
    query = select(leases, *whose).join(holdings, holdings.c.holder == leases.c.holder)
    return list(tx.execute(query.where(leases.c.compute == compute).order_by(leases.c.number)))


def enough(who: str, have: int, count: int, why: str = "", otherwise: str = "") -> None:
    """Refuse more GPUs than there ever are; raises TooBig."""
    if count <= have:
        return
    has = "no GPU" if not have else "1 GPU" if have == 1 else f"{have} GPUs"
    because = f" {why}" if why and not have else ""
    raise TooBig(
        f"{who} has {has} for jobs; the job asks for {count}.{because}",
        f"Ask for at most {have}{otherwise}." if have else f"Leave `gpus` out{otherwise}.",
        field="resources.gpus",
    )


def waits_for(tx: Connection, name: str, compute: str, among: Sequence[Gpu], count: int) -> str | None:
    """Say which GPUs a job waits for and who has them; None when enough are free."""
    left = len(free(tx, compute, among))
    if left >= count:
        return None
    taken = [f"GPU {row.number} {row.title or row.holder}" for row in holders(tx, compute)]
    by = f"; held by: {', '.join(taken[:8])}" if taken else ""
    wanted = "a GPU" if count == 1 else f"{count} GPUs"
    return f"waits for {wanted} of the {len(among)} of '{name}', {left} free{by}"
