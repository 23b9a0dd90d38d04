"""16 writers over HTTP, the server killed with -9 in the middle and started again: nothing acknowledged is lost or doubled.

    .venv/bin/python benchmarks/tracking/crash.py [--seconds 60] [--kills 3] [--durability full|normal] [--database URL]

Exit code 1 when a point that was acknowledged is missing, a point is there twice, or a writer met anything but a broken
connection or a 503 while nobody served.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import psutil  # noqa: E402
from protocol import Client  # noqa: E402
from servers import Server, machine, studio  # noqa: E402

BATCH = 10


@dataclass
class Writer:
    """What a writer did. acknowledged: steps that were answered 200; refused: other answers."""

    run_id: str
    acknowledged: list[int] = field(default_factory=list)
    broken: int = 0
    refused: list[str] = field(default_factory=list)


def main() -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--durability", choices=["full", "normal"], default="full")
    parser.add_argument("--database", default="", help="address of an empty PostgreSQL database")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="studiolo-crash-"))
    print(machine())
    try:
        with studio(folder / "home", durability=options.durability, database_url=options.database) as server:
            client = Client(server)
            experiment = client.experiment("crash")
            writers = [Writer(client.run(experiment)) for _ in range(options.writers)]
            _work(server, writers, options.seconds, options.kills)
            return _check(server, writers, folder / "home" / "logs")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _work(server: Server, writers: list[Writer], seconds: float, kills: int) -> None:
    stop = time.monotonic() + seconds
    threads = [threading.Thread(target=_write, args=(server, writer, stop)) for writer in writers]
    for thread in threads:
        thread.start()
    for _ in range(kills):
        time.sleep(seconds / (kills + 1))
        pid = _server_process(server)
        os.kill(pid, signal.SIGKILL)
        print(f"killed server {pid}", flush=True)
    for thread in threads:
        thread.join()


def _server_process(server: Server) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in psutil.Process(server.watched[0]).children():
            if "studiolo.server" in " ".join(child.cmdline()):
                return child.pid
        time.sleep(0.05)
    raise RuntimeError("no server process")


def _write(server: Server, writer: Writer, stop: float) -> None:
    """Send batches; one that is not answered is sent again, as every client does."""
    step = 0
    while time.monotonic() < stop:
        points = [{"key": "m", "value": step + n, "timestamp": step + n, "step": step + n} for n in range(BATCH)]
        body = json.dumps({"run_id": writer.run_id, "metrics": points}).encode()
        if _sent(server, writer, body, stop + 30):
            writer.acknowledged += range(step, step + BATCH)
        step += BATCH


def _sent(server: Server, writer: Writer, body: bytes, deadline: float) -> bool:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.token}"}
    connection = writer.__dict__.setdefault("connection", http.client.HTTPConnection(*server.address, timeout=30))
    while time.monotonic() < deadline:
        try:
            connection.request("POST", f"{server.root}/api/2.0/mlflow/runs/log-batch", body, headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            writer.broken += 1
            connection.close()
            time.sleep(0.05)
            continue
        if response.status == 200:
            return True
        writer.refused.append(f"{response.status} {answer[:200].decode(errors='replace')}")
        if response.status != 503:
            return False
    return False


def _check(server: Server, writers: list[Writer], logs: Path) -> int:
    client = Client(server)
    lost = doubled = total = 0
    for writer in writers:
        found: Counter[int] = Counter()
        token = ""
        while True:
            more = {"page_token": token} if token else {}
            page = client.get("metrics/get-history", run_id=writer.run_id, metric_key="m", max_results=25_000, **more)
            found.update(point["step"] for point in page.get("metrics", []))
            token = page.get("next_page_token", "")
            if not token:
                break
        lost += sum(step not in found for step in writer.acknowledged)
        doubled += sum(count > 1 for count in found.values())
        total += len(writer.acknowledged)
    refused = [text for writer in writers for text in writer.refused if not text.startswith("503")]
    locked = sum(
        path.read_text(errors="replace").count("database is locked") for path in logs.glob("*") if path.is_file()
    )
    broken = sum(writer.broken for writer in writers)
    print(
        f"acknowledged {total} points; lost {lost}, doubled {doubled}; broken connections {broken}; "
        f"refused {len(refused)} {refused[:2]}; 'database is locked' in the logs {locked} times"
    )
    return 1 if lost or doubled or refused or locked or not total else 0


if __name__ == "__main__":
    sys.exit(main())
