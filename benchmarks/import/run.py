"""Import of a 5,000-run MLflow into a live studio: complete, how fast, and what the second time costs.

    python benchmarks/import/run.py [--runs 5000] [--metrics 20] [--points 100] [--only folder|database]

The sources are written as MLflow writes them: an `mlruns` folder, and a SQLite file with the tables of MLflow 3. The studio is a real
server on loopback with durability `full`; the import runs in a process of its own, as the command does.
"""

import argparse
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

COMMAND = "from studiolo.cli.app import main; main()"
START = 1_700_000_000_000
SCHEMA = """
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name VARCHAR(256), artifact_location VARCHAR(256),
  lifecycle_stage VARCHAR(32), creation_time BIGINT, last_update_time BIGINT);
CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, name VARCHAR(250), user_id VARCHAR(256), status VARCHAR(9),
  start_time BIGINT, end_time BIGINT, deleted_time BIGINT, lifecycle_stage VARCHAR(20), artifact_uri VARCHAR(200),
  experiment_id INTEGER);
CREATE TABLE metrics (key VARCHAR(250), value FLOAT, timestamp BIGINT, run_uuid VARCHAR(32), step BIGINT, is_nan BOOLEAN,
  PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan));
CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid);
CREATE TABLE params (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32), PRIMARY KEY (key, run_uuid));
CREATE INDEX index_params_run_uuid ON params (run_uuid);
CREATE TABLE tags (key VARCHAR(250), value VARCHAR(8000), run_uuid VARCHAR(32), PRIMARY KEY (key, run_uuid));
CREATE INDEX index_tags_run_uuid ON tags (run_uuid);
"""


def series(seed: int, points: int) -> list[tuple[int, int, float]]:
    chance = random.Random(seed)
    return [(START + step * 1000, step, chance.random() / (step + 1)) for step in range(points)]


def write_folder(root: Path, runs: int, metrics: int, points: int) -> Path:
    base = root / "mlruns"
    for number in range(10):
        folder = base / str(number)
        folder.mkdir(parents=True)
        (folder / "meta.yaml").write_text(
            f"artifact_location: mlflow-artifacts:/{number}\ncreation_time: {START}\nexperiment_id: '{number}'\n"
            f"last_update_time: {START}\nlifecycle_stage: active\nname: experiment {number}\n"
        )
    for number in range(runs):
        run_id = f"{number:032x}"
        folder = base / str(number % 10) / run_id
        for name in ("metrics", "params", "tags", "artifacts"):
            (folder / name).mkdir(parents=True)
        (folder / "meta.yaml").write_text(
            f"artifact_uri: mlflow-artifacts:/{number % 10}/{run_id}/artifacts\nend_time: {START + 9000}\n"
            f"experiment_id: '{number % 10}'\nlifecycle_stage: active\nrun_id: {run_id}\nrun_name: run {number}\n"
            f"run_uuid: {run_id}\nstart_time: {START + number}\nstatus: 3\nuser_id: ann\n"
        )
        for metric in range(metrics):
            lines = (f"{time_} {value} {step}\n" for time_, step, value in series(number * metrics + metric, points))
            (folder / "metrics" / f"m{metric}").write_text("".join(lines))
        for param in range(10):
            (folder / "params" / f"p{param}").write_text(str(number * param))
        (folder / "tags" / "mlflow.runName").write_text(f"run {number}")
        (folder / "artifacts" / "note.txt").write_text(f"of run {number}")
    return base


def write_database(root: Path, runs: int, metrics: int, points: int) -> Path:
    path = root / "mlflow.db"
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA)
        names = [(n, f"experiment {n}", f"mlflow-artifacts:/{n}", "active", START, START) for n in range(10)]
        db.executemany("INSERT INTO experiments VALUES (?,?,?,?,?,?)", names)
        for number in range(runs):
            run_id = f"{number:032x}"
            uri = f"{root}/mlruns/{number % 10}/{run_id}/artifacts"
            times = (START + number, START + 9000, None)
            row = (run_id, f"run {number}", "ann", "FINISHED", *times, "active", uri, number % 10)
            db.execute("INSERT INTO runs VALUES (?,?,?,?,?,?,?,?,?,?)", row)
            for metric in range(metrics):
                found = series(number * metrics + metric, points)
                rows = [(f"m{metric}", value, time_, run_id, step, False) for time_, step, value in found]
                db.executemany("INSERT INTO metrics VALUES (?,?,?,?,?,?)", rows)
            db.executemany("INSERT INTO params VALUES (?,?,?)", [(f"p{n}", str(number * n), run_id) for n in range(10)])
            db.execute("INSERT INTO tags VALUES ('mlflow.runName', ?, ?)", (f"run {number}", run_id))
    db.close()
    return path


def import_once(url: str, token: str, source: Path) -> tuple[dict, float, float, int]:
    begun = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [sys.executable, "-c", COMMAND, "experiments", "import-mlflow", str(source), "--output", "json"]
    env = {**os.environ, "STUDIOLO_URL": url, "STUDIOLO_TOKEN": token}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), time.perf_counter() - begun, cpu, after.ru_maxrss


def main() -> None:
    from studiolo.kernel.db.engine import Database, sqlite_url
    from studiolo.testing.client import owner_token
    from studiolo.testing.context import make_services
    from studiolo.testing.server import serve

    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("runs", 5000), ("metrics", 20), ("points", 100)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--only", choices=["folder", "database"])
    asked = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="studiolo-import-"))
    try:
        sizes = (asked.runs, asked.metrics, asked.points)
        sources = {"folder": write_folder(root, *sizes)}
        if asked.only != "folder":
            sources["database"] = write_database(root, *sizes)
        for name in [asked.only] if asked.only else list(sources):
            services = make_services(root / f"home-{name}")
            services.db.close()
            services = replace(services, db=Database(sqlite_url(services.settings.sqlite_path), "full"))
            with serve(services) as url:
                token = owner_token(services)
                for time_ in ("first", "second"):
                    begun = time.process_time()
                    report, wall, cpu, memory = import_once(url, token, sources[name])
                    server = time.process_time() - begun
                    counts = {kind: states for kind, states in report["counts"].items() if kind != "experiments"}
                    print(
                        f"{name}, {time_} time: {wall:.1f} s wall, {cpu:.1f} s CPU of the command, {server:.1f} s of the server, "
                        f"{memory / 1024:.0f} MiB; {asked.runs / wall:.0f} runs/s; {counts}, {report['sent']}",
                        flush=True,
                    )
                    assert sum(counts["runs"].values()) == asked.runs
                    assert time_ == "first" or counts == {"runs": {"there": asked.runs}}
                with services.db.read() as tx:
                    query = "select (select count(*) from runs), (select sum(points) from metric_latest)"
                    stored = tuple(tx.exec_driver_sql(query).one())
                assert stored == (asked.runs, asked.runs * asked.metrics * asked.points), stored
                size = services.settings.sqlite_path.stat().st_size / 2**20
                print(f"{name}: complete, {stored[0]} runs and {stored[1]} points in {size:.0f} MiB", flush=True)
            services.db.close()
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
