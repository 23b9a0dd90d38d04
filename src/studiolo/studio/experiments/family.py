"""A run's place among others: those above it, and those below it with the number of theirs."""

from sqlalchemy import func, select

from studiolo.kernel.context import Context
from studiolo.studio.experiments import repository, service
from studiolo.studio.experiments.page_schemas import RunNode
from studiolo.studio.experiments.schemas import Run
from studiolo.studio.experiments.tables import runs

MAX_DEPTH = 20
_MANY = 500


def ancestors(ctx: Context, run_id: str) -> list[Run]:
    """Return the runs above a run, the topmost first."""
    found: list[Run] = []
    with ctx.db.read() as tx:
        parent = service.row(tx, ctx, run_id).parent_id
        seen = {run_id}
        while parent and parent not in seen and len(found) < MAX_DEPTH:
            seen.add(parent)
            above = repository.run_row(tx, ctx.workspace_id, parent)
            if above is None:
                break
            found.append(repository.to_run(above))
            parent = above.parent_id
    return found[::-1]


def branch(ctx: Context, run_id: str) -> list[RunNode]:
    """Return the children of a run in the order they were made, each with the number of its own."""
    with ctx.db.read() as tx:
        service.row(tx, ctx, run_id)
        found = [repository.to_run(row) for row in repository.children(tx, ctx.workspace_id, run_id)]
        counts: dict[str, int] = {}
        for start in range(0, len(found), _MANY):
            parents = [run.id for run in found[start : start + _MANY]]
            query = select(runs.c.parent_id, func.count()).where(
                runs.c.parent_id.in_(parents), runs.c.workspace_id == ctx.workspace_id, runs.c.lifecycle == "active"
            )
            counts |= {row[0]: row[1] for row in tx.execute(query.group_by(runs.c.parent_id))}
    return [RunNode(run=run, children=counts.get(run.id, 0)) for run in found]
