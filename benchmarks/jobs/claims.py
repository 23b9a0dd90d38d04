"""How many jobs a controller can take from its queue in a second, with a long history behind it.

    python benchmarks/jobs/claims.py [--history 1000000] [--jobs 3000]

A SQLite studio with durability `normal` gets a history of ended runs, then a queue. Each job is taken as the controller does it (is it the next of its compute's
queue, and nobody else's? then it is led and starting), and ended: two transactions. Nothing is started: what a process costs, `run.py`
measures. Printed are jobs per second, and how long one taking lasts.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import text, update

from studiolo.kernel.context import Context
from studiolo.studio.experiments import claims, service
from studiolo.studio.experiments.claims import Claim, Lead
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.experiments.tables import runs
from studiolo.testing.context import context_in, make_services

_MANY = 1000  # jobs that are put into the queue in one transaction


def history(ctx: Context, count: int) -> None:
    """Copy a job that has ended, so many times."""
    job = JobSpec(command=["true"], name="ended", experiment="history")
    with ctx.db.begin() as tx:
        first = service.add(tx, ctx, job)
        tx.execute(update(runs).where(runs.c.id == first).values(state="Completed", started_at=ctx.clock.now()))
        names = [column.name for column in runs.c if column.name not in ("seq", "id")]
        columns = ", ".join(f'"{name}"' for name in names)
        copied = f"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
            INSERT INTO runs (id, {columns}) SELECT printf('%032x', i), {columns} FROM n, runs WHERE runs.id = :first
        """
        tx.execute(text(copied), {"count": count, "first": first})
        tx.execute(text("ANALYZE"))


def queue(ctx: Context, count: int) -> None:
    """Put jobs into the queue."""
    for begun in range(0, count, _MANY):
        with ctx.db.begin() as tx:
            for _ in range(min(_MANY, count - begun)):
                service.add(tx, ctx, JobSpec(command=["true"]))


def take(ctx: Context, claim: Claim, lead: Lead) -> bool:
    """Take a job, in one transaction."""
    with ctx.db.begin() as tx:
        return claims.is_next(tx, ctx, claim, ()) and claims.move(tx, ctx, claim, "Starting", {"attempt": 1}, lead)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=3000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        services = make_services(Path(folder) / "home")
        ctx = context_in(services)
        for past in (0, asked.history):
            if past:
                history(ctx, past)
            queue(ctx, asked.jobs)
            print(f"{past:>9,} runs of history: {measured(ctx, asked.jobs)}", flush=True)
        services.db.close()


def measured(ctx: Context, jobs: int) -> str:
    """Take and end all jobs of the queue, in words."""
    lead = claims.lead_of(ctx)
    took: list[float] = []
    begun = time.perf_counter()
    while True:
        with ctx.db.read() as tx:
            found = claims.live(tx, ctx.workspace_id)
        if not found:
            break
        for claim in found:
            at = time.perf_counter()
            if not take(ctx, claim, lead):
                raise RuntimeError(f"job {claim.seq} could not be taken")
            took.append(time.perf_counter() - at)
            with ctx.db.glance() as tx:
                current = claims.again(tx, claim.seq)
            assert current is not None
            with ctx.db.begin() as tx:
                claims.move(tx, ctx, current, "Completed", {"ended_at": ctx.clock.now()}, lead)
    seconds = time.perf_counter() - begun
    assert len(took) == jobs
    cuts = statistics.quantiles(took, n=100)
    each = f"one in {1e3 * cuts[49]:.2f} ms, p99 {1e3 * cuts[98]:.2f} ms, slowest {1e3 * max(took):.1f} ms"
    return f"{jobs / sum(took):,.0f} jobs taken a second ({each}); taken and ended {jobs / seconds:,.0f} a second"


if __name__ == "__main__":
    main()
