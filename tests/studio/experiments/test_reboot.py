"""The machine is started anew under a full house: what ran, what may run again, and what waited for its cores."""

import json

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.compute import repository
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.experiments import reconcile, service
from studiolo.studio.experiments.schemas import Resources, Run
from tests.studio.experiments.jobs import carrying, ended, in_state, submit

CORES = 4
SLEEPS_FIRST = "import os, time\nif os.environ['STUDIOLO_ATTEMPT'][-1] == '1': time.sleep(600)"


def reboot(ctx: Context, run: Run) -> None:
    """Make an attempt one of before a reboot."""
    for name in ("claim.json", "state.json"):
        path = ctx.settings.attempts / run.id / "1" / name
        path.write_text(json.dumps({**json.loads(path.read_text()), "boot_id": "before the reboot"}))


def test_one_look_settles_all_that_ran_and_no_slot_is_leaked(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "capacity", lambda ctx, name: Capacity(CORES, 10**9, CORES, 10**9))
    runs = [submit(ctx, SLEEPS_FIRST, retries={"lost": 1} if number == 0 else {}) for number in range(CORES)]
    for run in runs:
        in_state(ctx, run, "Running")
    waiting = submit(ctx, "print('its turn')", resources=Resources(cores=CORES))
    reconcile.tick(ctx)
    assert (service.get(ctx, waiting.id).waits_for or "").startswith(
        f"waits for {CORES} of {CORES} cores of 'local', 0 free"
    )
    for run in runs:
        reboot(ctx, run)
    reconcile.tick(ctx)
    again, *lost = [service.get(ctx, run.id) for run in runs]
    assert [(one.state, one.failure) for one in lost] == [("Lost", "lost")] * (CORES - 1)
    assert (again.state, again.attempt) != ("Running", 1)
    again = ended(ctx, again)
    assert (again.state, again.attempt) == ("Completed", 2)
    assert ended(ctx, waiting).state == "Completed"
    with ctx.db.read() as tx:
        assert repository.held(tx, "local") == (0, 0)
    assert [carrying(run) for run in runs] == [[]] * CORES  # here it was not really started anew: what ran is swept
