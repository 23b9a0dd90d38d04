"""Commands of several processes: each knows its rank, and one that fails ends all."""

import json
import shutil

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments.job_schemas import Distribution
from tests.studio.experiments.jobs import carrying, ended, log_of, submit

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
