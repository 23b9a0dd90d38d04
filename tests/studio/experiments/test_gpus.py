"""Jobs with real processes see the GPUs that are leased to them, however they end. NVIDIA's program is a stand-in."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.db.prepared import Prepared
from studiolo.runner import observe
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.errors import TooBig
from studiolo.studio.compute.gpus import devices
from studiolo.studio.experiments import reconcile, service
from studiolo.studio.experiments.schemas import Resources
from studiolo.testing.gpus import Gpus
from tests.studio.experiments.jobs import ended, in_state, job_of, log_of, submit

SAYS = "import os; print('sees', repr(os.environ.get('CUDA_VISIBLE_DEVICES')), os.environ.get('CUDA_DEVICE_ORDER'))"
WAITS = "import time; time.sleep(60)"


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpus]:
    monkeypatch.setattr(compute, "capacity", lambda ctx, name: Capacity(4, 10**9, 4, 10**9))
    folder = tmp_path / "driver"
    folder.mkdir()
    yield Gpus(folder, monkeypatch)
    devices.forget()


def held(ctx: Context) -> list[int]:
    return [gpu.number for gpu in compute.show(ctx, "local").gpus if gpu.title is not None]


def test_a_job_sees_its_own_and_one_that_asks_for_none_sees_none(ctx: Context, gpus: Gpus) -> None:
    holder = submit(ctx, WAITS, name="holder", resources=Resources(gpus=1))
    in_state(ctx, holder, "Running")
    second = submit(ctx, SAYS, resources=Resources(gpus=1), env={"CUDA_VISIBLE_DEVICES": "0,1,2"})
    none = submit(ctx, SAYS)
    assert ended(ctx, second).state == "Completed"
    assert log_of(ctx, second) == "sees '1' PCI_BUS_ID\n", "whatever it says itself"
    assert ended(ctx, none).state == "Completed"
    assert log_of(ctx, none) == "sees '' PCI_BUS_ID\n"
    assert held(ctx) == [0]
    service.cancel(ctx, holder.id)
    ended(ctx, holder)
    assert held(ctx) == []


def test_a_lease_ends_when_the_runner_is_killed(ctx: Context, gpus: Gpus) -> None:
    run = submit(ctx, WAITS, resources=Resources(gpus=2), retries={"lost": 1})
    in_state(ctx, run, "Running")
    assert held(ctx) == [0, 1]
    runner = observe.runner_of(ctx.settings.attempts / run.id / "1")
    assert runner is not None
    os.kill(runner, signal.SIGKILL)
    again = submit(ctx, SAYS, resources=Resources(gpus=2))
    service.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"
    assert ended(ctx, again).state == "Completed"
    assert log_of(ctx, again).startswith("sees '0,1'")
    assert held(ctx) == []


def test_a_lease_outlives_a_machine_that_starts_anew_only_until_that_is_seen(
    ctx: Context, gpus: Gpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studiolo.runner import processes

    run = submit(ctx, WAITS, resources=Resources(gpus=1))
    in_state(ctx, run, "Running")
    monkeypatch.setattr(processes, "boot_id", lambda: "another")
    assert ended(ctx, run).state == "Lost"
    assert held(ctx) == []


def test_those_behind_it_that_need_none_go_before_and_those_that_do_wait(ctx: Context, gpus: Gpus) -> None:
    holder = submit(ctx, WAITS, name="holder", resources=Resources(gpus=1))
    in_state(ctx, holder, "Running")
    both = submit(ctx, SAYS, resources=Resources(gpus=2))
    one = submit(ctx, SAYS, resources=Resources(gpus=1))  # would fit, and would keep `both` waiting
    plain = submit(ctx, SAYS)
    assert ended(ctx, plain).state == "Completed"
    for _ in range(3):
        reconcile.tick(ctx)
    assert [service.get(ctx, run.id).state for run in (both, one)] == ["Queued", "Queued"]
    waits = service.get(ctx, both.id).waits_for
    assert waits == "waits for 2 GPUs of the 2 of 'local', 1 free; held by: GPU 0 holder"
    service.cancel(ctx, holder.id)
    assert ended(ctx, both).state == "Completed"
    assert ended(ctx, one).state == "Completed"


def test_many_that_wait_for_gpus_do_not_hide_those_behind_them(
    ctx: Context, gpus: Gpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studiolo.studio.experiments import claims

    monkeypatch.setattr(claims, "HEAD", 3)
    monkeypatch.setattr(claims, "_LIVE", Prepared(claims._alive(3)))
    holder = submit(ctx, WAITS, resources=Resources(gpus=2))
    in_state(ctx, holder, "Running")
    waiting = [submit(ctx, SAYS, resources=Resources(gpus=1)) for _ in range(7)]
    plain = submit(ctx, SAYS)
    assert ended(ctx, plain).state == "Completed"
    for run in [holder, *waiting]:
        service.cancel(ctx, run.id)
    ended(ctx, waiting[-1])


def test_no_more_than_so_many_are_passed_by(ctx: Context, gpus: Gpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "_MOST_ASIDE", 2)
    holder = submit(ctx, WAITS, resources=Resources(gpus=2))
    in_state(ctx, holder, "Running")
    waiting = [submit(ctx, SAYS, resources=Resources(gpus=1)) for _ in range(3)]
    plain = submit(ctx, SAYS)
    for _ in range(3):
        reconcile.tick(ctx)
    assert len(reconcile._aside) == 2
    assert service.get(ctx, plain.id).state == "Queued", "behind one that is not passed by"
    service.cancel(ctx, waiting[0].id)
    assert ended(ctx, plain).state == "Completed"
    service.cancel(ctx, holder.id)
    assert [ended(ctx, run).state for run in waiting[1:]] == ["Completed", "Completed"]
    assert not reconcile._aside


def test_a_job_that_waits_for_cores_holds_up_whoever_is_behind_it(ctx: Context, gpus: Gpus) -> None:
    holder = submit(ctx, WAITS, resources=Resources(cores=3))
    in_state(ctx, holder, "Running")
    big = submit(ctx, SAYS, resources=Resources(cores=2, gpus=1))
    small = submit(ctx, SAYS)
    for _ in range(3):
        reconcile.tick(ctx)
    assert [service.get(ctx, run.id).state for run in (big, small)] == ["Queued", "Queued"]
    service.cancel(ctx, holder.id)
    assert ended(ctx, big).state == "Completed"
    assert ended(ctx, small).state == "Completed"


def test_too_many_are_refused_before_anything_is_queued(ctx: Context, gpus: Gpus) -> None:
    with pytest.raises(TooBig, match="has 2 GPUs for jobs; the job asks for 3"):
        submit(ctx, SAYS, resources=Resources(gpus=3))


def test_a_job_file_says_how_many(tmp_path: Path) -> None:
    file = tmp_path / "job.yml"
    file.write_text("command: nvidia-smi\nresources: {gpus: 2, instance_type: Standard_NC6s_v3}\n")
    job = job_of(file)
    assert job.spec.resources.gpus == 2
    assert not any("write `gpus" in warning for warning in job.warnings)
    file.write_text("command: nvidia-smi\nresources: {instance_type: Standard_NC6s_v3}\n")
    assert any("write `gpus: 1`" in warning for warning in job_of(file).warnings)
