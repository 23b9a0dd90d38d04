"""Old attempts give their disk space back; nothing that anybody needs goes with them."""

from datetime import timedelta

from studiolo.kernel.context import Context
from studiolo.kernel.ids import new_id
from studiolo.studio.experiments import retention, service
from tests.studio.experiments.jobs import ended, in_state, submit


def test_the_log_of_a_cleared_job_can_still_be_read(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, "print('kept')"))
    folder = ctx.settings.attempts / run.id
    now = ctx.clock.now()
    assert retention.clear(ctx, now - timedelta(days=1)) == 0
    assert folder.exists()
    assert retention.clear(ctx, now + timedelta(days=1)) == 1
    assert not folder.exists()
    assert service.read_log(ctx, run.id).text == "kept\n"
    assert [item.exit_code for item in service.attempts(ctx, run.id)] == [0]


def test_live_jobs_strangers_and_other_workspaces_are_left_alone(ctx: Context) -> None:
    run = submit(ctx, "import time; time.sleep(60)")
    in_state(ctx, run, "Running")
    unknown = ctx.settings.attempts / new_id()
    unknown.mkdir()
    (ctx.settings.attempts / "notes").mkdir()
    later = ctx.clock.now() + timedelta(days=1)
    assert retention.clear(ctx, later) == 0
    service.cancel(ctx, run.id)
    ended(ctx, run)
    assert retention.clear(ctx.within("f" * 32, "other"), later) == 0
    assert (ctx.settings.attempts / run.id).exists()
    assert unknown.exists()
