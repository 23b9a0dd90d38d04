"""Commands of several processes: each knows its rank, and one that fails ends all."""

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments import service
from studiolo.studio.experiments.job_schemas import Distribution
from studiolo.studio.experiments.schemas import TERMINAL
from tests.studio.experiments.jobs import carrying, ended, log_of, submit, wait_for

MEET = """
import os, socket, sys
rank, port = int(os.environ["RANK"]), int(os.environ["MASTER_PORT"])
if rank == 0:
    server = socket.create_server((os.environ["MASTER_ADDR"], port))
    other, _ = server.accept()
    print("met", other.recv(100).decode(), "of", os.environ["WORLD_SIZE"], flush=True)
else:
    for _ in range(500):
        try:
            socket.create_connection((os.environ["MASTER_ADDR"], port)).sendall(f"rank {rank}".encode())
            break
        except OSError:
            __import__("time").sleep(0.01)
"""


def test_two_ranks_meet_at_the_first_one(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, MEET, distribution=Distribution(processes=2)))
    assert (run.state, log_of(ctx, run)) == ("Completed", "met rank 1 of 2\n")


def test_the_end_of_one_rank_ends_the_others(ctx: Context) -> None:
    program = "import os, sys, time\nif os.environ['RANK'] == '1': sys.exit(5)\ntime.sleep(600)"
    run = ended(ctx, submit(ctx, program, distribution=Distribution(processes=3)))
    assert (run.state, run.exit_code) == ("Failed", 5)
    assert "rank 1 ended with 5" in log_of(ctx, run)
    assert carrying(run) == []


def test_tensorflow_is_told_its_cluster(ctx: Context) -> None:
    program = "import os; print(os.environ['TF_CONFIG'])"
    run = ended(ctx, submit(ctx, program, distribution=Distribution(type="tensorflow", processes=2)))
    found = [json.loads(line) for line in log_of(ctx, run).splitlines()]
    assert sorted(one["task"]["index"] for one in found) == [0, 1]
    assert len(found[0]["cluster"]["worker"]) == 2


def test_mpi_is_its_own_launcher(ctx: Context) -> None:
    program = "import os; print(os.environ.get('OMPI_COMM_WORLD_RANK') or os.environ['PMI_RANK'])"
    run = ended(ctx, submit(ctx, program, distribution=Distribution(type="mpi", processes=2)))
    if shutil.which("mpirun") is None:
        assert (run.exit_code, "no mpirun" in log_of(ctx, run)) == (127, True)
        pytest.skip("Open MPI is not installed (Debian: openmpi-bin)")
    assert sorted(log_of(ctx, run).split()) == ["0", "1"]


def test_the_death_of_an_mpi_rank_ends_the_others(ctx: Context) -> None:
    if shutil.which("mpirun") is None:
        pytest.skip("Open MPI is not installed (Debian: openmpi-bin)")
    program = (
        "import os, signal, time\n"
        "print('of', os.environ['OMPI_COMM_WORLD_SIZE'], flush=True)\n"
        "if os.environ['OMPI_COMM_WORLD_RANK'] == '1': os.kill(os.getpid(), signal.SIGKILL)\n"
        "time.sleep(600)"
    )
    run = ended(ctx, submit(ctx, program, distribution=Distribution(type="mpi", processes=2)))
    assert (run.state, run.exit_code) == ("Failed", 137)
    assert log_of(ctx, run).count("of 2\n") == 2
    assert carrying(run) == []


REDUCE = """
import os, time, torch, torch.distributed as dist
dist.init_process_group("gloo")
value = torch.tensor([float(dist.get_rank() + 1)])
dist.all_reduce(value)
print("rank", os.environ["RANK"], "of", os.environ["WORLD_SIZE"], "local", os.environ["LOCAL_RANK"], value.item(), flush=True)
dist.barrier()
if dist.get_rank() == 1:
    os._exit(3)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def torch() -> str:
    """Return a Python that has PyTorch: this one, or that which STUDIOLO_TEST_TORCH names."""
    found = os.environ.get("STUDIOLO_TEST_TORCH") or (sys.executable if importlib.util.find_spec("torch") else "")
    if not found:
        pytest.skip("PyTorch is not installed (pip install torch), and STUDIOLO_TEST_TORCH names no Python that has it")
    return found


@pytest.mark.parametrize("launcher", ["ours", "torchrun"])
def test_pytorch_meets_and_one_ranks_death_ends_the_rest(
    ctx: Context, torch: str, launcher: str, tmp_path: Path
) -> None:
    """By the ranks of the studio, and by `torchrun` as people write it in a command."""
    script = tmp_path / "reduce.py"
    script.write_text(REDUCE)
    words, more = [torch, str(script)], {"distribution": Distribution(processes=2)}
    if launcher == "torchrun":
        words[1:1] = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=0"]
        more = {}
    run = submit(ctx, words, **more)
    wait_for(ctx, lambda: service.get(ctx, run.id).state in TERMINAL, 120)  # PyTorch takes long to be imported
    run = service.get(ctx, run.id)
    found = sorted(line for line in log_of(ctx, run).splitlines() if line.startswith("rank") and " of " in line)
    assert found == ["rank 0 of 2 local 0 3.0", "rank 1 of 2 local 1 3.0"], log_of(ctx, run)
    assert (run.state, run.exit_code) == ("Failed", 3 if launcher == "ours" else 1)
    assert carrying(run) == []
