"""Commands beside a Ray of their own: it is there when the command begins, and gone when the job has ended."""

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments import service
from studiolo.studio.experiments.job_schemas import Distribution, OwnRay
from studiolo.studio.experiments.schemas import TERMINAL, Resources, Run
from tests.studio.experiments.jobs import carrying, ended, job_of, log_of, submit, wait_for

PATH = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
TWO = Distribution(type="ray", processes=2)
SMALL = Resources(cores=2, memory_bytes=3 << 30)
MEET = """
import os, ray
ray.init(log_to_driver=False, logging_level="ERROR")

@ray.remote(num_cpus=1, scheduling_strategy="SPREAD")
class Seat:
    def where(self): return ray.get_runtime_context().get_node_id()

seats = [Seat.remote() for _ in range(2)]
print("met on", len(set(ray.get([seat.where.remote() for seat in seats]))), "nodes", os.environ["RAY_AUTH_MODE"], flush=True)
raise SystemExit(6)
"""
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray: pip install 'ray>=2.50,<3'")


def over(ctx: Context, run: Run) -> Run:
    """Wait for the end; its Ray takes half a minute to come up on a machine that does other things too."""
    wait_for(ctx, lambda: service.get(ctx, run.id).state in TERMINAL, 150)
    return service.get(ctx, run.id)


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("ray*/node0.log"))


@needs_ray
def test_a_command_meets_a_ray_of_two_nodes_that_ends_with_it(ctx: Context) -> None:
    before = folders()
    run = over(ctx, submit(ctx, [sys.executable, "-c", MEET], distribution=TWO, env=PATH, resources=SMALL))
    log = log_of(ctx, run)
    assert (run.state, run.exit_code) == ("Failed", 6), log
    assert "a Ray of 2 nodes is up at 127.0.0.1:" in log
    assert "met on 2 nodes token\n" in log
    assert carrying(run) == []
    assert folders() == before


@needs_ray
def test_it_ends_with_a_job_that_is_canceled(ctx: Context) -> None:
    program = "import time; print('up', flush=True); time.sleep(600)"
    run = submit(ctx, program, distribution=Distribution(type="ray"), env=PATH, resources=SMALL)
    wait_for(ctx, lambda: "\nup\n" in log_of(ctx, run), 120)
    service.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"
    assert carrying(run) == []


def test_a_job_without_ray_in_its_environment_is_told_so(ctx: Context, tmp_path: Path) -> None:
    run = ended(ctx, submit(ctx, "print('never')", distribution=TWO, env={"PATH": str(tmp_path)}))
    assert run.exit_code == 127
    assert "add `ray` to its packages" in log_of(ctx, run)


def test_a_ray_that_is_there_is_used(ctx: Context) -> None:
    given = Distribution(type="ray", ray=OwnRay(address="head:6379"))
    run = ended(ctx, submit(ctx, "import os; print(os.environ['RAY_ADDRESS'])", distribution=given))
    assert (run.state, log_of(ctx, run).splitlines()[-1]) == ("Completed", "head:6379")


def test_a_file_of_azure_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "job.yml"
    file.write_text(
        "command: python train.py\ndistribution:\n  type: ray\n  port: 6399\n  include_dashboard: false\n"
        "  head_node_additional_args: --num-gpus=0 --labels 'a=b c'\nresources:\n  instance_count: 3\n"
    )
    found = job_of(file)
    assert found.warnings == []
    assert found.spec.distribution == Distribution(
        type="ray", processes=3, ray=OwnRay(port=6399, head_args=["--num-gpus=0", "--labels", "a=b c"])
    )
