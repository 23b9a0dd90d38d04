"""Jobs on several nodes of Slurm, against its real daemons: a slurmd for each, all on this machine."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from studiolo.runner import ranks
from studiolo.studio.compute.backends import slurm
from studiolo.studio.compute.backends.base import Ended, Lost
from studiolo.testing.slurm import Slurm, SlurmPlace, by_slurm
from tests.studio.compute.test_slurm import Own, job_of

NAMES = (
    "SLURMD_NODENAME",
    "NODE_RANK",
    "RANK",
    "WORLD_SIZE",
    "MASTER_ADDR",
    "AZUREML_NODE_COUNT",
    "AZ_BATCH_HOST_LIST",
)
TELL = f"import os; print(*[os.environ[name] for name in {NAMES}], flush=True)"


@pytest.fixture
def place(
    two_nodes: Slurm, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SlurmPlace]:
    monkeypatch.setenv("SLURM_CONF", str(two_nodes.conf))
    found = SlurmPlace(two_nodes, by_slurm(tmp_path_factory.mktemp("hpc")))
    yield found
    found.close()


@pytest.fixture
def own(place: SlurmPlace) -> Own:
    found = Own()
    found.place, found.backend = place, place.controller()  # type: ignore[misc]
    return found


def on_nodes(
    own: Own, folder: Path, code: str, *, kind: str = "pytorch", nodes: int = 2, each: int = 1, **more: Any
) -> Any:
    """Return the order of a job of several nodes, as `experiments/attempts.py` writes it."""
    order = own.order(code, nodes=nodes, passes_on=True, **more)
    plan = f'{{"kind": "{kind}", "nodes": {nodes}, "processes": {each}, "grace": 3, "folder": "{folder}"}}'
    order["argv"] = [sys.executable, "-I", "-S", ranks.__file__, "nodes", plan, *order["argv"]]
    return order


def lines(folder: Path) -> list[str]:
    return sorted(line for line in (folder / "log.txt").read_text().splitlines() if line.startswith("[node"))


def marked(order: Any) -> list[int]:
    """Return what lives of an attempt on all nodes, which are this machine."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("STUDIOLO_ATTEMPT") == order["mark"] and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_each_rank_is_on_its_node_and_knows_all(own: Own, tmp_path: Path) -> None:
    own.port.start(tmp_path, on_nodes(own, tmp_path, TELL, each=2))
    assert own.ended(tmp_path).code == 0
    assert lines(tmp_path) == [
        f"[node {n}] n{n + 1} {n} {2 * n + local} 4 127.0.0.1 2 127.0.0.1,127.0.0.1" for n in (0, 1) for local in (0, 1)
    ]


def test_the_end_of_one_rank_ends_those_of_all_nodes_with_its_code(own: Own, tmp_path: Path) -> None:
    code = "import os, sys, time\nif os.environ['RANK'] == '1': sys.exit(5)\ntime.sleep(600)"
    order = on_nodes(own, tmp_path, code)
    own.port.start(tmp_path, order)
    end = own.ended(tmp_path)
    assert (end.code, end.failure) == (5, "user_error")
    assert "rank 1 of node 1 ended with 5; the others are ended" in (tmp_path / "log.txt").read_text()
    own.until(lambda: not marked(order))


FAILS = """
import os, pathlib, signal, sys, time
up, rank = pathlib.Path(sys.argv[1]), os.environ["RANK"]
def end(*_): print("told", flush=True); time.sleep(0.5); print("saved", flush=True); sys.exit(0)
if rank != "3":
    signal.signal(signal.SIGTERM, signal.SIG_IGN if rank == "1" and "stubborn" in sys.argv else end)
    (up / rank).touch()
    time.sleep(600)
while len(list(up.iterdir())) < 3: time.sleep(0.01)
sys.exit(5)
"""


def test_the_others_are_told_once_and_have_their_grace_when_a_rank_fails(own: Own, tmp_path: Path) -> None:
    up = own.place.root / "up"
    up.mkdir()
    order = on_nodes(own, tmp_path, FAILS, each=2)
    order["argv"].append(str(up))
    own.port.start(tmp_path, order)
    assert own.ended(tmp_path).code == 5
    assert lines(tmp_path) == [
        f"[node {n}] {word}"
        for n, word in ((0, "saved"), (0, "saved"), (0, "told"), (0, "told"), (1, "saved"), (1, "told"))
    ]
    assert (tmp_path / "log.txt").read_text().count("the others are ended") == 1
    assert marked(order) == []


def test_a_rank_that_does_not_listen_is_killed_when_another_has_failed(own: Own, tmp_path: Path) -> None:
    up = own.place.root / "up"
    up.mkdir()
    order = on_nodes(own, tmp_path, FAILS, each=2)
    order["argv"] += [str(up), "stubborn"]
    own.port.start(tmp_path, order)
    assert own.ended(tmp_path).code == 5
    assert lines(tmp_path).count("[node 0] saved") == 1
    assert marked(order) == []


def test_a_node_whose_process_is_killed_ends_the_others(own: Own, tmp_path: Path) -> None:
    code = "import os, time; print(os.getppid(), os.getpid(), flush=True); time.sleep(600)"
    order = on_nodes(own, tmp_path, code)
    own.port.start(tmp_path, order)
    own.until(lambda: own.port.poll(tmp_path) and (tmp_path / "log.txt").exists() and len(lines(tmp_path)) == 2)
    node, orphan = (int(word) for word in lines(tmp_path)[1].split()[2:])
    os.kill(node, signal.SIGKILL)
    assert own.ended(tmp_path).code == 137
    own.until(lambda: {*marked(order)} <= {orphan})
    os.kill(orphan, signal.SIGKILL)  # a Slurm that follows processes by their parents alone does not see it


def test_cancel_reaches_the_ranks_of_all_nodes(own: Own, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time\n"
        "def end(*_): time.sleep(int(os.environ['RANK'])); print('told', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    order = on_nodes(own, tmp_path, code, grace_s=10.0)
    own.port.start(tmp_path, order)
    own.until(lambda: own.port.poll(tmp_path) and (tmp_path / "log.txt").exists() and len(lines(tmp_path)) == 2)
    own.port.stop(tmp_path)
    assert own.ended(tmp_path).failure == "canceled"
    own.until(lambda: not marked(order))
    assert {"[node 0] told", "[node 1] told"} <= {*lines(tmp_path)}


def test_stubborn_ranks_of_all_nodes_are_gone_when_the_end_is_recorded(own: Own, tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    order = on_nodes(own, tmp_path, code, grace_s=20.0)
    own.port.start(tmp_path, order)
    own.until(lambda: own.port.poll(tmp_path) and (tmp_path / "log.txt").exists() and len(lines(tmp_path)) == 2)
    own.port.stop(tmp_path)
    assert own.ended(tmp_path).failure == "canceled"
    assert marked(order) == []


def test_a_killed_runner_leaves_no_rank_on_any_node(own: Own, tmp_path: Path) -> None:
    order = on_nodes(own, tmp_path, "import time; print('up', flush=True); time.sleep(600)")
    own.port.start(tmp_path, order)
    found = own.up(tmp_path)
    own.until(lambda: own.port.poll(tmp_path) and (tmp_path / "log.txt").exists() and len(lines(tmp_path)) == 2)
    os.kill(found.runner, signal.SIGKILL)
    seen = own.until(lambda: isinstance(seen := own.port.poll(tmp_path), Lost | Ended) and seen, 60)
    assert isinstance(seen, Lost)
    own.until(lambda: not marked(order), 60)


def test_a_node_whose_daemon_is_killed_goes_on(own: Own, two_nodes: Slurm, tmp_path: Path) -> None:
    go = own.place.root / "go"
    code = f"import os, time; print('up', flush=True)\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)"
    own.port.start(tmp_path, on_nodes(own, tmp_path, code))
    own.until(lambda: own.port.poll(tmp_path) and (tmp_path / "log.txt").exists() and len(lines(tmp_path)) == 2)
    two_nodes.kill("slurmd2")
    two_nodes.start()
    go.touch()
    assert own.ended(tmp_path).code == 0
    assert lines(tmp_path) == ["[node 0] up", "[node 1] up"]


def test_more_nodes_than_there_are_are_said_to_be(own: Own, tmp_path: Path) -> None:
    own.port.start(tmp_path, on_nodes(own, tmp_path, TELL, nodes=3))
    said = own.until(lambda: own.port.poll(tmp_path) and (said := slurm.why(tmp_path)) and "None" not in said and said)
    # Slurm says the first at once, the other from its next look at the queue on
    assert ": cancel it" in said
    assert said.endswith(("(PartitionNodeLimit)", "(PartitionConfig)"))
    own.port.stop(tmp_path)
    own.ended(tmp_path)


def test_secrets_of_ranks_are_in_no_file_of_slurms(own: Own, two_nodes: Slurm, tmp_path: Path) -> None:
    secret = "canary-77c1d2"
    code = "import os, time; print(os.environ['KEY'] == 'canary-' + '77c1d2', os.environ['KEY'], flush=True); time.sleep(1)"
    own.port.start(tmp_path, on_nodes(own, tmp_path, code), {"env": {"KEY": secret}, "hidden": [secret]})
    own.up(tmp_path)
    own.until(lambda: own.port.poll(tmp_path) and len(lines(tmp_path)) == 2)
    files = [path for path in two_nodes.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert own.ended(tmp_path).code == 0
    assert [line.split()[2] for line in lines(tmp_path)] == ["True", "True"]
    assert secret not in (tmp_path / "log.txt").read_text()


def test_mpi_starts_its_ranks_on_all_nodes(own: Own, tmp_path: Path) -> None:
    if shutil.which("mpirun") is None:
        pytest.skip("Open MPI is not installed (Debian: openmpi-bin)")
    code = "import os; print('[node]', os.environ['OMPI_COMM_WORLD_RANK'], os.environ['OMPI_COMM_WORLD_SIZE'], os.environ['SLURMD_NODENAME'])"
    own.port.start(tmp_path, on_nodes(own, tmp_path, code, kind="mpi"))
    end = own.ended(tmp_path)
    assert end.code == 0, (tmp_path / "log.txt").read_text()
    assert lines(tmp_path) == ["[node] 0 2 n1", "[node] 1 2 n2"]


def test_the_job_of_slurm_has_so_many_nodes(own: Own, place: SlurmPlace, two_nodes: Slurm, tmp_path: Path) -> None:
    own.port.start(tmp_path, on_nodes(own, tmp_path, "import time; print('up', flush=True); time.sleep(60)", cores=3))
    own.up(tmp_path)
    said = two_nodes.ask("squeue", "-h", "-j", job_of(place, tmp_path), "-o", "%D %C %N")
    assert said.split() == ["2", "6", "n[1-2]"]
    own.port.stop(tmp_path)
    own.ended(tmp_path)
