"""Lineage: one edge table, dataset version → run → model version → deployment. A reference is `<noun>:<id>`.

`dataset:titanic:3@train` is a part of `dataset:titanic:3`: the edge between the two is in no table, and shown where there is another.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, bindparam, delete, or_, select, update

from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import upsert
from studiolo.kernel.db.prepared import Prepared
from studiolo.studio.experiments.schemas import Edge
from studiolo.studio.experiments.tables import lineage, runs

DATASET = "dataset:"
RUN = "run:"
BINNED = "binned-"  # what begins so waits in a bin: its edges hold what it came from, and are shown to nobody
_NAMES = select(runs.c.id, runs.c.name).where(
    runs.c.id.in_(bindparam("run_ids", expanding=True)), runs.c.workspace_id == bindparam("workspace_id")
)


def link(tx: Connection, ctx: Context, source: str, target: str) -> None:
    """Say that `target` was made from `source` (or stands on it); saying it twice is saying it once.

    source, target: such as `dataset:titanic:1`, `dataset:titanic:1@train`, `run:<id>`, `model:titanic:1`, `endpoint:titanic`.
    """
    link_all(tx, ctx, [(source, target)])


def link_all(tx: Connection, ctx: Context, edges: Sequence[tuple[str, str]]) -> None:
    """Say so of many. edges: source and target."""
    if not edges:
        return
    row = {"workspace_id": ctx.workspace_id, "created_at": ctx.clock.now()}
    _linking(ctx.db.dialect).later(tx, *({**row, "source": source, "target": target} for source, target in edges))


@lru_cache
def _linking(dialect: str) -> Prepared:
    change = upsert(dialect, lineage)
    return Prepared(change.on_conflict_do_nothing(index_elements=["workspace_id", "source", "target"]))


def unlink(tx: Connection, ctx: Context, source: str, target: str) -> None:
    """Take back an edge."""
    edge = (lineage.c.source == source, lineage.c.target == target)
    tx.execute(delete(lineage).where(lineage.c.workspace_id == ctx.workspace_id, *edge))


def around(tx: Connection, ctx: Context, reference: str, depth: int = 4) -> list[Edge]:
    """Return the edges that lead to a thing and away from it, up to `depth` steps in each direction, oldest first."""
    found: dict[tuple[str, str], Edge] = {}
    for forward in (True, False):
        frontier = {reference}
        seen = {reference}
        for _ in range(depth):
            edges = _step(tx, ctx, frontier, forward=forward)
            edges += [
                Edge(source=edge.source.partition("@")[0], target=edge.source, created_at=edge.created_at)
                for edge in edges
                if _is_part(edge.source)
            ]
            found.update({(edge.source, edge.target): edge for edge in edges})
            frontier = {edge.target if forward else edge.source for edge in edges} - seen
            seen |= frontier
            if not frontier:
                break
    ids = {ref.removeprefix(RUN) for edge in found for ref in edge if ref.startswith(RUN)}
    named = {f"{RUN}{run_id}": name for run_id, name in run_names(tx, ctx.workspace_id, ids).items()}
    for edge in found.values():
        edge.source_name, edge.target_name = named.get(edge.source, ""), named.get(edge.target, "")
    return sorted(found.values(), key=lambda edge: (edge.created_at, edge.source, edge.target))


def run_names(tx: Connection, workspace_id: str, run_ids: Collection[str]) -> dict[str, str]:
    """Return the names of runs of a workspace by their ids, also of those in the bin; what is gone is left out."""
    if not run_ids:
        return {}
    rows = tx.execute(_NAMES, {"run_ids": list(run_ids), "workspace_id": workspace_id})
    return {row.id: row.name for row in rows if row.name}


def _step(tx: Connection, ctx: Context, references: Iterable[str], *, forward: bool) -> list[Edge]:
    column = lineage.c.source if forward else lineage.c.target
    names = sorted(references)
    wanted: ColumnElement[bool] = column.in_(names)
    if forward:  # what was made from a part was made from the whole
        wholes = [name for name in names if name.startswith(DATASET) and not _is_part(name)]
        wanted = or_(wanted, *(column.startswith(f"{whole}@", autoescape=True) for whole in wholes))
    query = select(lineage.c.source, lineage.c.target, lineage.c.created_at).where(
        lineage.c.workspace_id == ctx.workspace_id,
        wanted,
        lineage.c.source.not_like(f"{BINNED}%"),
        lineage.c.target.not_like(f"{BINNED}%"),
    )
    return [Edge.model_validate(dict(row)) for row in tx.execute(query.limit(1000)).mappings()]


def _is_part(reference: str) -> bool:
    return reference.startswith(DATASET) and "@" in reference


def rename(tx: Connection, ctx: Context, old: str, new: str) -> None:
    """Let the edges of a thing follow its new name."""
    for column in (lineage.c.source, lineage.c.target):
        change = update(lineage).where(lineage.c.workspace_id == ctx.workspace_id, column == old)
        tx.execute(change.values({column.name: new}))


def forget(tx: Connection, ctx: Context, reference: str) -> None:
    """Remove every edge of a thing that is deleted."""
    either = or_(lineage.c.source == reference, lineage.c.target == reference)
    tx.execute(delete(lineage).where(lineage.c.workspace_id == ctx.workspace_id, either))
