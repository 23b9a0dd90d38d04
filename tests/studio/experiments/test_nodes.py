"""Commands on several nodes: groups of processes on this machine, and nodes of a cluster that are taken together."""

import json
import os
import shutil
import signal
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.kernel.http import Transport
from studiolo.studio.compute import repository as holdings
from studiolo.studio.compute.clusters import repository as of_clusters
from studiolo.studio.compute.clusters import service as clusters
from studiolo.studio.compute.clusters.schemas import ClusterCreate
from studiolo.studio.compute.errors import TooBig
from studiolo.studio.experiments import reconcile, service
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_schemas import Distribution
from studiolo.studio.experiments.schemas import Resources
from tests.studio.experiments.jobs import carrying, ended, job_of, log_of, submit, wait_for

TWO = Distribution(nodes=2, processes=2)
NAMES = ("RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "AZUREML_NODE_COUNT")
TELL = f"import os; print(*[os.environ[name] for name in {NAMES}], os.environ['MASTER_PORT'], flush=True)"
MEET = """
import os, socket, time
rank, where = int(os.environ["RANK"]), (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
assert os.environ["AZ_BATCH_MASTER_NODE"] == f"{where[0]}:{where[1]}"
if rank == 0:
    server = socket.create_server(where)
    print("met", sorted(server.accept()[0].recv(100).decode() for _ in range(3)), flush=True)
else:
    for _ in range(1000):
        try:
            socket.create_connection(where).sendall(f"rank {rank}".encode())
            break
        except OSError:
            time.sleep(0.01)
"""


def test_each_rank_knows_its_node(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, TELL, distribution=TWO))
    lines = [line for line in log_of(ctx, run).splitlines() if line.startswith("[node")]
    port = lines[0].split()[-1]
    assert (run.state, sorted(lines)) == (
        "Completed",
        [f"[node {n}] {2 * n + local} {local} {n} 4 2 2 {port}" for n in (0, 1) for local in (0, 1)],
    )


def test_ranks_of_two_nodes_meet(ctx: Context) -> None:
    run = ended(ctx, submit(ctx, MEET, distribution=TWO))
    assert "[node 0] met ['rank 1', 'rank 2', 'rank 3']\n" in log_of(ctx, run)
    assert run.state == "Completed"


def test_the_end_of_one_rank_ends_those_of_all_nodes(ctx: Context) -> None:
    program = "import os, sys, time\nif os.environ['RANK'] == '3': sys.exit(5)\ntime.sleep(600)"
    run = ended(ctx, submit(ctx, program, distribution=TWO))
    assert (run.state, run.exit_code) == ("Failed", 5)
    assert "rank 3 of node 1 ended with 5" in log_of(ctx, run)
    assert carrying(run) == []


def test_the_reason_is_what_the_rank_that_failed_first_said(ctx: Context) -> None:
    program = """
import os, signal, sys, time
def end(*_): raise KeyError("told to end")
signal.signal(signal.SIGTERM, end)
print(f"up {os.environ['RANK']}", flush=True)
if os.environ["RANK"] != "3": time.sleep(600)
raise ValueError("no such column")
"""
    run = ended(ctx, submit(ctx, program, distribution=TWO))
    said = "[studio] Rank 3 of node 1 failed first, with exit code 1: ValueError: no such column"
    assert log_of(ctx, run).splitlines()[-1] == said
    assert (run.exit_code, run.error) == (1, f"It ended with exit code 1. The log ends with: {said}")
    assert log_of(ctx, run).count("the others are ended") == 1


def test_a_killed_node_ends_the_others(ctx: Context) -> None:
    program = "import time; print('up', flush=True); time.sleep(600)"
    run = submit(ctx, program, distribution=TWO)
    wait_for(ctx, lambda: log_of(ctx, run).count("] up\n") == 4)
    (node,) = [
        pid
        for pid in carrying(run)
        if {"node"} & {*(words := psutil.Process(pid).cmdline())} and '"number": 1' in words[5]
    ]
    os.kill(node, signal.SIGKILL)
    run = ended(ctx, run)
    assert (run.state, run.exit_code) == ("Failed", 137)
    assert carrying(run) == []


def test_cancel_ends_all_nodes(ctx: Context) -> None:
    program = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: None); print('up', flush=True)\nwhile True: time.sleep(1)"
    run = submit(ctx, program, distribution=TWO)
    wait_for(ctx, lambda: log_of(ctx, run).count("] up\n") == 4)
    service.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"
    assert carrying(run) == []


def test_a_killed_runner_leaves_nothing_of_any_node(ctx: Context) -> None:
    program = "import time; print('up', flush=True); time.sleep(600)"
    run = submit(ctx, program, distribution=TWO)
    wait_for(ctx, lambda: log_of(ctx, run).count("] up\n") == 4)
    place = ctx.settings.attempts / run.id / "1"
    os.kill(int(json.loads((place / "claim.json").read_text())["pid"]), signal.SIGKILL)
    found = ended(ctx, run)
    assert (found.state, found.attempt) == ("Lost", 1)
    assert carrying(run) == []


def test_mpi_has_ranks_of_all_nodes(ctx: Context) -> None:
    if shutil.which("mpirun") is None:
        pytest.skip("Open MPI is not installed (Debian: openmpi-bin)")
    program = "import os; print('rank', os.environ['OMPI_COMM_WORLD_RANK'], os.environ['OMPI_COMM_WORLD_SIZE'], os.environ['AZUREML_NODE_COUNT'])"
    run = ended(ctx, submit(ctx, program, distribution=Distribution(type="mpi", nodes=2, processes=2)))
    said = sorted(line for line in log_of(ctx, run).splitlines() if line.startswith("rank"))
    assert (run.state, said) == ("Completed", [f"rank {rank} 4 2" for rank in range(4)])


def test_workers_of_tensorflow_are_those_of_all_nodes(ctx: Context) -> None:
    program = "import os; print(os.environ['TF_CONFIG'])"
    run = ended(ctx, submit(ctx, program, distribution=Distribution(type="tensorflow", nodes=2)))
    found = [json.loads(line.partition("] ")[2]) for line in log_of(ctx, run).splitlines() if line.startswith("[node")]
    assert sorted(one["task"]["index"] for one in found) == [0, 1]
    assert len(set(found[0]["cluster"]["worker"])) == 2


def test_gpus_are_shared_out_to_the_nodes() -> None:
    from studiolo.runner import node_groups

    given = pytest.MonkeyPatch()
    with given.context() as patched:
        patched.setenv("CUDA_VISIBLE_DEVICES", "0,2,5,7")
        shares = [node_groups._share_of_gpus(number, 2)["CUDA_VISIBLE_DEVICES"] for number in range(2)]
    assert shares == ["0,2", "5,7"]


def test_a_line_that_comes_in_pieces_stays_one() -> None:
    from studiolo.runner import node_groups

    out, into = os.pipe()
    os.write(into, b"10%\r20%\rdone\nlast")
    os.close(into)
    said: list[bytes] = []
    given = pytest.MonkeyPatch()
    with given.context() as patched:
        patched.setattr(node_groups, "_write", said.append)
        node_groups._Voice(out, b"[node 1] ").thread.join()
    assert b"".join(said) == b"[node 1] 10%\r[node 1] 20%\r[node 1] done\n[node 1] last\n"


def test_this_machine_gives_all_nodes_their_share_at_once(ctx: Context) -> None:
    run = submit(ctx, "import time; time.sleep(600)", distribution=Distribution(nodes=2), resources=Resources(cores=1))
    wait_for(ctx, lambda: service.get(ctx, run.id).state == "Running")
    with ctx.db.read() as tx:
        held = [(row.run_id, row.cores) for row in holdings.list_(tx, "local")]
    assert held == [(run.id, 2)]
    service.cancel(ctx, run.id)
    ended(ctx, run)
    with pytest.raises(TooBig):
        submit(ctx, "pass", distribution=Distribution(nodes=200), resources=Resources(cores=4))


@pytest.fixture
def experiments(client: TestClient) -> Experiments:
    return Experiments(Transport("http://testserver", "", client=client))


@pytest.fixture
def cluster(ctx: Context) -> str:
    made = ClusterCreate(name="pool", max_nodes=2, cores=1, memory_bytes=256 << 20, price_per_hour=1.0)
    clusters.create(ctx, made)
    return "pool"


def test_nodes_of_a_cluster_are_taken_together_and_left_together(ctx: Context, cluster: str) -> None:
    small = Resources(memory_bytes=200 << 20)
    two = Distribution(nodes=2)
    first = submit(ctx, "import time; time.sleep(600)", compute=cluster, resources=small)
    wait_for(ctx, lambda: service.get(ctx, first.id).state == "Running")
    run = submit(ctx, TELL, compute=cluster, distribution=two, resources=small)
    reconcile.tick(ctx)
    with ctx.db.read() as tx:
        assert holdings.beginning(tx, run.id) == []  # none rather than one
    assert "2 nodes of 'pool' at once" in (service.get(ctx, run.id).waits_for or "")
    service.cancel(ctx, first.id)
    ended(ctx, first)
    wait_for(ctx, lambda: service.get(ctx, run.id).state in ("Starting", "Running", "Finalizing", "Completed"))
    run = ended(ctx, run)
    assert run.state == "Completed", log_of(ctx, run)
    with ctx.db.read() as tx:
        assert holdings.beginning(tx, run.id) == []
        used = [row.node for row in of_clusters.used_by(tx, ctx.workspace_id, [run.id])]
    assert sorted(used) == [1, 2]  # each node is paid for


def test_more_nodes_than_a_cluster_has_are_refused(ctx: Context, cluster: str) -> None:
    with pytest.raises(TooBig, match="'pool' has at most 2 nodes at once; the job asks for 3"):
        submit(ctx, "pass", compute=cluster, distribution=Distribution(nodes=3))


def test_the_lines_of_one_node_are_printed_alone(ctx: Context, experiments: Experiments) -> None:
    program = "import os\nfor line in range(3): print(os.environ['NODE_RANK'], line)"
    run = ended(ctx, submit(ctx, program, distribution=Distribution(nodes=2)))
    for follow in (False, True):
        said = "".join(experiments.lines_of_node(run.id, 1, follow=follow))
        assert said == "1 0\n1 1\n1 2\n"


def test_a_file_of_azure_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "job.yml"
    said = "command: python train.py\nresources: {instance_count: 2}\n"
    file.write_text(said + "distribution: {type: pytorch, process_count_per_instance: 4}\n")
    found = job_of(file)
    assert (found.warnings, found.spec.distribution) == ([], Distribution(nodes=2, processes=4))
    file.write_text(said)
    assert "the job runs on one node" in job_of(file).warnings[0]
    file.write_text(said + "distribution: {type: tensorflow, worker_count: 4}\n")
    assert job_of(file).spec.distribution == Distribution(type="tensorflow", nodes=2, processes=2)
    file.write_text(said + "distribution: {type: tensorflow, worker_count: 3}\n")
    with pytest.raises(BadJob, match="shared out evenly"):
        job_of(file)
