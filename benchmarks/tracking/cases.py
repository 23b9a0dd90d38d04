"""What is measured: each case prepares a server once, then does its work in rounds."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import studio_rows
from fill import EXPERIMENT
from protocol import Client, batch
from servers import Server

HERE = Path(__file__).resolve().parent
FILTER = "metrics.m1 > 0.2 AND params.p1 = '4' AND tags.t2 = 'value 5'"


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    singles: int = 200
    batches: int = 20
    writers: int = 16
    batches_each: int = 20
    runs: int = 10_000
    searches: int = 10
    points: int = 100_000
    charts: int = 10
    megabytes: int = 256
    models: int = 4


QUICK = Sizes(50, 5, 16, 4, 2000, 3, 20_000, 3, 64, 2)


@dataclass(frozen=True)
class Figure:
    """Of one round: seconds, and seconds of CPU of all processes and of the server itself, for one unit of the case."""

    wall: float
    cpu: float
    server: float


Work = Callable[[], int]  # does a round; returns how many units it did


@dataclass(frozen=True)
class Case:
    """A row of the table. bar: what the project promises, of `wall`, `cpu` or `server`; prepare(server) returns the work."""

    name: str
    unit: str
    bar: float
    prepare: Callable[[Server, Sizes, Path], Work]
    of: str = "wall"
    rounds: int = 3


def measure(server: Server, work: Work) -> Figure:
    """Do one round."""
    (cpu, own), begun = server.cpu(), time.perf_counter()
    units = work()
    wall = time.perf_counter() - begun
    total, serving = server.cpu()
    return Figure(wall / units, (total - cpu) / units, (serving - own) / units)


def _experiment(client: Client, name: str) -> str:
    return client.experiment(f"{name} {os.urandom(4).hex()}")


def singles(server: Server, sizes: Sizes, _: Path) -> Work:
    """Points one after another, one request each."""
    client = Client(server)
    run_id = client.run(_experiment(client, "singles"))
    step = iter(range(10**9))

    def work() -> int:
        for _ in range(sizes.singles):
            n = next(step)
            client.post("runs/log-metric", run_id=run_id, key="loss", value=1 / (n + 1), timestamp=n, step=n)
        return sizes.singles

    return work


def batches(server: Server, sizes: Sizes, _: Path) -> Work:
    """Batches of 1,000 points, one after another."""
    client = Client(server)
    run_id = client.run(_experiment(client, "batches"))
    step = iter(range(10**9))

    def work() -> int:
        bodies = [batch(run_id, 1000, next(step) * 1000) for _ in range(sizes.batches)]
        for body in bodies:
            client.send("POST", "mlflow/runs/log-batch", body)
        return sizes.batches

    return work


def writers(server: Server, sizes: Sizes, _: Path) -> Work:
    """16 clients at once, each with a run of its own and batches of 100 points."""
    clients = [Client(server) for _ in range(sizes.writers)]
    experiment = _experiment(clients[0], "writers")
    run_ids = [client.run(experiment) for client in clients]
    step = iter(range(10**9))

    def work() -> int:
        begin = next(step) * sizes.batches_each * 100
        bodies = [[batch(run, 100, begin + n * 100) for n in range(sizes.batches_each)] for run in run_ids]
        failed: list[BaseException] = []

        def write(client: Client, own: list[bytes]) -> None:
            try:
                for body in own:
                    client.send("POST", "mlflow/runs/log-batch", body)
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=write, args=pair) for pair in zip(clients, bodies, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        return sizes.writers * sizes.batches_each

    return work


def filled(server: Server, sizes: Sizes, folder: Path) -> str:
    """Return the experiment with many runs, made once per server."""
    mark = server.home / "filled.json"
    if mark.exists():
        return str(json.loads(mark.read_text()))
    if server.token:
        (experiment,) = studio_rows.fill(server.home, server.database_url, sizes.runs)
    else:
        experiment = Client(server).experiment(EXPERIMENT)
        url = server.database_url.replace("postgresql:", "postgresql+psycopg2:")
        words = [folder / "mlflow" / "bin" / "python", HERE / "fill.py", url, str(sizes.runs)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    server.settle(within=120)
    mark.write_text(json.dumps(experiment))
    return experiment


def listing(server: Server, sizes: Sizes, folder: Path) -> Work:
    """All runs of an experiment, 1,000 a page."""
    client, experiment = Client(server), filled(server, sizes, folder)

    def work() -> int:
        seen, token = 0, ""
        while True:
            more = {"page_token": token} if token else {}
            found = client.post("runs/search", experiment_ids=[experiment], max_results=1000, **more)
            seen += len(found.get("runs", []))
            token = found.get("next_page_token", "")
            if not token:
                break
        assert seen == sizes.runs, seen
        return seen // 1000

    return work


def search(server: Server, sizes: Sizes, folder: Path) -> Work:
    """The best 100 runs by a metric, where a metric, a param and a tag are as wanted."""
    client, experiment = Client(server), filled(server, sizes, folder)

    wanted = {"filter": FILTER, "order_by": ["metrics.m2 DESC"], "max_results": 100}

    def work() -> int:
        for _ in range(sizes.searches):
            found = client.post("runs/search", experiment_ids=[experiment], **wanted)
            assert found["runs"]
        return sizes.searches

    return _warm(client, experiment, wanted, work)


def _warm(client: Client, experiment: str, wanted: dict[str, Any], work: Work) -> Work:
    """Ask once before what is measured: rows that were just put in are read from the database for the first time."""
    client.post("runs/search", experiment_ids=[experiment], **wanted)
    return work


def top(server: Server, sizes: Sizes, folder: Path) -> Work:
    """The best 20 runs of the experiment by a metric."""
    client, experiment = Client(server), filled(server, sizes, folder)

    wanted = {"order_by": ["metrics.m2 DESC"], "max_results": 20}

    def work() -> int:
        for _ in range(sizes.searches):
            found = client.post("runs/search", experiment_ids=[experiment], **wanted)
            assert len(found["runs"]) == 20
        return sizes.searches

    return _warm(client, experiment, wanted, work)


def _long(server: Server, sizes: Sizes) -> tuple[Client, str]:
    """Return a run with one long metric, made once per server."""
    client = Client(server)
    mark = server.home / "long.json"
    if mark.exists():
        return client, str(json.loads(mark.read_text()))
    run_id = client.run(_experiment(client, "long"))
    for start in range(0, sizes.points, 1000):
        client.send("POST", "mlflow/runs/log-batch", batch(run_id, 1000, start, keys=1))
    client.post("runs/update", run_id=run_id, status="FINISHED", end_time=2_000_000_000_000)
    time.sleep(3)  # what the studio does with a run that has ended
    mark.write_text(json.dumps(run_id))
    return client, run_id


def history(server: Server, sizes: Sizes, _: Path) -> Work:
    """All points of a metric, 25,000 a page."""
    client, run_id = _long(server, sizes)

    def work() -> int:
        seen, token = 0, ""
        while True:
            more = {"page_token": token} if token else {}
            found = client.get("metrics/get-history", run_id=run_id, metric_key="m0", max_results=25_000, **more)
            seen += len(found["metrics"])
            token = found.get("next_page_token", "")
            if not token:
                break
        assert seen == sizes.points, seen
        return 1

    return work


def chart(server: Server, sizes: Sizes, _: Path) -> Work:
    """What a chart asks for: 320 steps of the long metric."""
    client, run_id = _long(server, sizes)

    def work() -> int:
        for _ in range(sizes.charts):
            found = client.get("metrics/get-history-bulk-interval", run_ids=[run_id], metric_key="m0", max_results=320)
            assert 300 <= len(found["metrics"]) <= 330
        return sizes.charts

    return work


def _file(folder: Path, sizes: Sizes) -> Path:
    path = folder / "artifact.bin"
    if not path.exists():
        with path.open("wb") as file:
            for _ in range(sizes.megabytes):
                file.write(os.urandom(1 << 20))
    return path


def up(server: Server, sizes: Sizes, folder: Path) -> Work:
    """A large artifact, streamed to the server."""
    client = Client(server)
    run = client.post("runs/create", experiment_id=_experiment(client, "files"), start_time=1)["run"]
    place = run["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/").strip("/")
    file = _file(folder, sizes)
    (server.home / "artifact.json").write_text(json.dumps(f"{place}/big.bin"))

    def work() -> int:
        client.upload(f"{place}/big.bin", file)
        return 1

    return work


def down(server: Server, sizes: Sizes, _: Path) -> Work:
    """The same artifact, streamed back."""
    client = Client(server)
    path = str(json.loads((server.home / "artifact.json").read_text()))

    def work() -> int:
        assert client.download(path) == sizes.megabytes << 20
        return 1

    return work


def models(server: Server, sizes: Sizes, _: Path) -> Work:
    """`sklearn.log_model` with registration, by the ordinary client in a process of its own."""
    uri = server.url + server.root
    env = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    env |= {"MLFLOW_TRACKING_TOKEN": server.token} if server.token else {}
    child = subprocess.Popen(
        [sys.executable, HERE / "log_models.py", uri], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin
    assert child.stdout
    to, answers = child.stdin, child.stdout

    def one(word: str) -> None:
        while line := answers.readline():
            if line.strip() == word:
                return
        raise RuntimeError(f"{server.name}: the client ended with {child.wait()}")

    one("ready")

    def work() -> int:
        for _ in range(sizes.models):
            to.write("\n")
            to.flush()
            one("done")
        return sizes.models

    return work


CASES = (
    Case("log-metric, one after another", "request", 3, singles),
    Case("log-batch of 1,000", "request", 10, batches),
    Case("16 writers, log-batch of 100", "request", 10, writers),
    Case("list runs by 1,000", "page", 20, listing, rounds=2),
    Case("filter and order, 100 runs", "search", 20, search, rounds=2),
    Case("best 20 by a metric", "search", 20, top, rounds=2),
    Case("history of 100,000 points", "history", 1, history, rounds=2),
    Case("chart of 100,000 points", "chart", 1, chart),
    Case("artifact of 256 MB up", "file", 1, up),
    Case("artifact of 256 MB down", "file", 1, down),
    # tens of milliseconds of CPU each, which take up to twice as long while the machine's other guests work: many rounds
    Case("sklearn.log_model", "model", 5, models, rounds=9, of="server"),
)
