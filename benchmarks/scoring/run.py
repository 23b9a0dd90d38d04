"""One run: a bare ASGI echo, our scorer and `mlflow models serve`, same model, same row, one after another, by wrk.

    .venv/bin/python benchmarks/scoring/run.py [--mlflow ENV/bin/mlflow] [--seconds 3] [--rounds 5] [--model DIR]

Prints a table and the ratios that the project promises; exit code 1 when one is missed. Needs wrk (Debian: apt install
wrk). Without --mlflow a virtual environment with the full mlflow is made beside this file (250 MB).
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
KEY = "benchmark"
MLFLOW = "mlflow==3.17.2"
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass
class Server:
    """A running server and how to ask it."""

    name: str
    process: subprocess.Popen[bytes]
    url: str
    body: dict[str, Any]
    check: str = ""  # what an answer must have in it


@dataclass
class Figures:
    """Of one wrk run. p50, p99 in milliseconds; cpu: microseconds of the server's processes per request."""

    rate: float
    p50: float
    p99: float
    cpu: float
    errors: int


def main() -> int:
    """Run everything; returns the exit code."""
    options = _options()
    if not shutil.which("wrk"):
        sys.exit("wrk is not here (Debian: apt install wrk)")
    folder = Path(tempfile.mkdtemp(prefix="studiolo-scoring-"))
    servers: list[Server] = []
    try:
        model = options.model.resolve() if options.model else _make_model(folder)
        sample = _sample(model)
        servers = [_echo(sample), _scorer(folder, model, sample)]
        if options.mlflow != "none":
            servers.append(_mlflow(options.mlflow or _environment(), model, sample))
        for server in servers:
            _await(server)
        rounds: dict[tuple[str, int], list[Figures]] = {}
        for _ in range(options.rounds):  # in turns, so that what else the machine does meets all of them
            for connections in (1, 32):
                for server in servers:
                    figures = _wrk(folder, server, connections, options.seconds)
                    rounds.setdefault((server.name, connections), []).append(figures)
        found = {key: _median(figures) for key, figures in rounds.items()}
        memory = _resident(folder / "scorer" / "ready.json")
        return _report(servers, found, memory)
    finally:
        for server in servers:
            os.killpg(server.process.pid, signal.SIGTERM)
        for server in servers:
            server.process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlflow", default="", help="the mlflow command of another environment; none: leave it out")
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each server; medians are reported")
    parser.add_argument("--model", type=Path, help="an MLflow model of Automated ML, instead of the made one")
    return parser.parse_args()


def _make_model(folder: Path) -> Path:
    """Train in another process: its libraries would sit in this one's memory."""
    target = folder / "model"
    code = "import sys; from pathlib import Path; from model import write; write(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(target)], check=True, cwd=HERE, env=os.environ | THREADS)
    return target


def _sample(model: Path) -> dict[str, Any]:
    found = json.loads((model / "input_example.json").read_text())
    return dict(zip(found["columns"], found["data"][0], strict=True))


def _start(command: list[str], **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, env=os.environ | THREADS | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )  # fmt: skip


def _echo(row: dict[str, Any]) -> Server:
    port = _port()
    process = _start([sys.executable, str(HERE / "echo.py"), str(port)])
    return Server("bare ASGI echo", process, f"http://127.0.0.1:{port}/score", {"data": [row]}, '"data"')


def _scorer(folder: Path, model: Path, row: dict[str, Any]) -> Server:
    port, place = _port(), folder / "scorer"
    place.mkdir()
    (place / "keys.json").write_text(json.dumps({"hashes": [hashlib.sha256(KEY.encode()).hexdigest()]}))
    told = {"endpoint": "benchmark", "model": str(model), "port": port, "workers": 1}
    (place / "deployment.json").write_text(json.dumps(told))
    (place / "live").write_text("")
    process = _start([sys.executable, "-m", "studiolo.studio.endpoints.scoring.main", str(place / "deployment.json")])
    return Server("Studiolo scorer", process, f"http://127.0.0.1:{port}/score", {"data": [row]}, '"predictions"')


def _mlflow(command: str, model: Path, row: dict[str, Any]) -> Server:
    port = _port()
    place = Path(command).resolve().parent
    words = [command, "models", "serve", "-m", str(model), "--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)]
    process = _start([*words, "-w", "1"], PATH=f"{place}:{os.environ['PATH']}", MLFLOW_TRACKING_URI="sqlite://")
    return Server(
        "mlflow models serve", process, f"http://127.0.0.1:{port}/invocations", {"dataframe_records": [row]}, '"predictions"'
    )  # fmt: skip


def _environment() -> str:
    """Make a virtual environment with the full mlflow, once."""
    place = HERE / ".mlflow"
    if not (place / "bin" / "mlflow").exists():
        import lightgbm

        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        wanted = [MLFLOW, f"lightgbm=={lightgbm.__version__}"]
        subprocess.run([str(place / "bin" / "pip"), "install", "-q", *wanted], check=True)
    return str(place / "bin" / "mlflow")


def _await(server: Server, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = _ask(server)
        except (urllib.error.URLError, OSError) as error:
            if isinstance(error, urllib.error.HTTPError):
                raise SystemExit(f"{server.name}: {error.read().decode()}") from error
            if time.monotonic() > deadline or server.process.poll() is not None:
                raise SystemExit(f"{server.name} did not come up: {error}") from error
            time.sleep(0.1)
        else:
            if server.check not in answer:
                raise SystemExit(f"{server.name} answered {answer}")
            return


def _ask(server: Server) -> str:
    headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(server.url, json.dumps(server.body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        text: str = reply.read().decode()
        return text


def _wrk(folder: Path, server: Server, connections: int, seconds: int) -> Figures:
    script = folder / "post.lua"
    body = json.dumps(server.body).replace("\\", "\\\\").replace("'", "\\'")
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['content-type'] = 'application/json'\n"
        f"wrk.headers['authorization'] = 'Bearer {KEY}'\n"
    )
    words = ["wrk", "-t1", f"-c{connections}", "--latency", "-s", str(script), server.url]
    subprocess.run([*words, "-d1s"], check=True, capture_output=True)  # warm
    before = _cpu(server.process.pid)
    text = subprocess.run([*words, f"-d{seconds}s"], check=True, capture_output=True, text=True).stdout
    used = _cpu(server.process.pid) - before
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Figures(
        float(_first(r"Requests/sec:\s+([\d.]+)", text)),
        _milliseconds(_first(r"\n +50%\s+(\S+)", text)),
        _milliseconds(_first(r"\n +99%\s+(\S+)", text)),
        used / int(_first(r"(\d+) requests in", text)) * 1e6,
        int(failed.group(1) if failed else 0) + sum(map(int, broken.groups()) if broken else ()),
    )


def _cpu(session: int) -> float:
    """Return the CPU seconds of all processes of a session: what a busy machine cannot distort."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _median(rounds: list[Figures]) -> Figures:
    columns = zip(*((one.rate, one.p50, one.p99, one.cpu) for one in rounds), strict=True)
    return Figures(*(statistics.median(column) for column in columns), sum(one.errors for one in rounds))


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk said:\n{text}")
    return found.group(1)


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def _resident(ready: Path) -> float:
    """Memory of the worker after all of it, in MiB."""
    pid = json.loads(ready.read_text())["pids"][0]
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _report(servers: list[Server], found: dict[tuple[str, int], Figures], memory: float) -> int:
    print(
        "| server | rps c1 | p50 | p99 | CPU | rps c32 | p50 | p99 | CPU | errors |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    for server in servers:
        one, many = found[server.name, 1], found[server.name, 32]
        print(
            f"| {server.name} | {one.rate:.0f} | {one.p50:.2f} ms | {one.p99:.2f} ms | {one.cpu:.0f} µs "
            f"| {many.rate:.0f} | {many.p50:.2f} ms | {many.p99:.2f} ms | {many.cpu:.0f} µs | {one.errors + many.errors} |"
        )
    echo, ours = found[servers[0].name, 1], found[servers[1].name, 1]
    echo32, ours32 = found[servers[0].name, 32], found[servers[1].name, 32]
    bars = [
        ("p50 at 1 connection, times the echo's", ours.p50 / echo.p50, 3.0, False),
        ("p50 at 32 connections, times the echo's", ours32.p50 / echo32.p50, 3.0, False),
        ("memory of the worker, MiB", memory, 80.0, False),
    ]
    if len(servers) > 2:
        peer, peer32 = found[servers[2].name, 1], found[servers[2].name, 32]
        bars.append(("requests per second at 1 connection, times MLflow's", ours.rate / peer.rate, 25.0, True))
        bars.append(("requests per second at 32 connections, times MLflow's", ours32.rate / peer32.rate, 40.0, True))
    print()
    good = True
    for text, value, bar, above in bars:
        kept = value >= bar if above else value <= bar
        good = good and kept
        print(f"{'ok  ' if kept else 'MISS'} {text}: {value:.2f} (bar: {'≥' if above else '≤'} {bar:g})")
    return 0 if good else 1


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
