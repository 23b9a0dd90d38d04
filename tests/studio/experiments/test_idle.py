"""What the controller asks at every tick costs what it finds, not what there ever was."""

from studiolo.kernel.context import Context
from studiolo.studio.experiments import claims, ready_docs, sealing, service
from studiolo.studio.experiments.environments import repository as environments
from studiolo.studio.experiments.schemas import JobSpec
from tests.studio.experiments.runs import a_run


def test_a_tick_and_a_job_that_starts_read_indexes_of_what_is_waiting(ctx: Context) -> None:
    a_run(ctx)
    with ctx.db.begin() as tx:
        service.add(tx, ctx, JobSpec(command=["true"]))
    asked: list[str] = []

    def note(statement: str) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    with ctx.db.read() as tx:
        driver = tx.connection.dbapi_connection
        assert driver is not None
        driver.set_trace_callback(note)  # with the values in their places
        (job,) = claims.live(tx, ctx.workspace_id)
        claims.queued(tx, ctx.workspace_id, ["local"], [])
        assert claims.is_next(tx, ctx, job, [])
        assert claims.waiting(tx, ctx, "local") == 1
        ready_docs.unready(tx, ctx, 10)
        tx.execute(sealing.OF_LONG, {"workspace_id": ctx.workspace_id, "long": 1, "most": 1})
        environments.live_contexts(tx)
        driver.set_trace_callback(None)
        assert len(asked) == 7
        for statement in asked:
            rows = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
            reads = [row.detail for row in rows if row.detail.startswith(("SEARCH ", "SCAN run"))]
            assert "ix_runs_live" in reads[0] or "ix_run_docs_unready" in reads[0], reads
            assert all("INDEX ix_" in read or "PRIMARY KEY" in read for read in reads), reads
