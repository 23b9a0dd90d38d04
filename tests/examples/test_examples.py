"""The examples, run as a reader would: in their own process, against a studio that `studiolo up` started."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from studiolo.testing import spark
from studiolo.testing.slurm import Slurm
from studiolo.testing.sshd import Sshd
from studiolo.testing.stores.servers import ServerMissing
from studiolo.testing.studio import Started, started

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("examples") / "home") as found:
        yield found


def run(running: Started, name: str, *words: str, env: Mapping[str, str] | None = None) -> str:
    """Run an example with the environment that `studiolo env` prints; return what it said."""
    environ = running.env | json.loads(running.command("env", "-o", "json").stdout) | (env or {})
    command = [sys.executable, str(EXAMPLES / name), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environ, cwd=running.home)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_log_a_run(running: Started) -> None:
    said = run(running, "01_log_a_run.py")
    assert "logistic regression: FINISHED" in said
    assert "by the model that was stored: [" in said


def test_track_from_another_machine(running: Started) -> None:
    said = run(running, "06_track_from_another_machine.py")
    assert "50 points of loss, the last 0.020" in said
    assert "1 run from far away" in said
    assert "1000000 bytes came back" in said


def test_register_a_dataset(running: Started) -> None:
    said = run(running, "02_register_a_dataset.py")
    assert "studioli:1: 200 rows, ['city', 'year', 'panels']" in said
    assert "the same version: studioli:1" in said
    assert "studioli:2: 120 rows" in said
    assert "panels: 4 different values, 40 missing" in said


def test_register_a_folder(running: Started) -> None:
    said = run(running, "08_register_a_folder.py")
    assert "letters:1, 30 files" in said
    assert "the same folder again is letters:1" in said
    assert "letters:2: 1 added, 30 the same" in said
    assert "in the bin: ['letters:1']" in said
    assert "31 files came back" in said


def test_read_an_mltable(running: Started) -> None:
    said = run(running, "15_read_an_mltable.py")
    assert "paintings:1: 3 rows of ['city', 'year', 'price'], read as mltable" in said
    assert "1 price could not be read" in said
    assert "read again: 3 rows" in said


def test_automl_and_then_deploy_its_model(running: Started) -> None:
    said = run(running, "03_automl_titanic.py", "2")
    assert "registered as titanic:1" in said
    assert "what it looks at most: " in said
    said = run(running, "04_deploy_and_score.py")
    assert "titanic-example answers at http://127.0.0.1:" in said
    assert "prediction: {" in said
    assert "deleted" in said


def test_submit_a_job(running: Started) -> None:
    said = run(running, "05_submit_a_job.py")
    assert "read 2 rows" in said
    assert "mean height: Completed" in said
    assert '"mean": 1.65' in said


def test_use_a_secret(running: Started) -> None:
    said = run(running, "10_use_a_secret.py")
    assert "signing in with [secret]" in said
    assert "load the warehouse: Completed; the value is in its log: False" in said
    assert "given to 'load the warehouse' as WAREHOUSE_PASSWORD in the name of owner" in said


def test_sql_over_datasets(running: Started) -> None:
    said = run(running, "09_sql_over_datasets.py")
    assert "Marche      50   41.5" in said
    assert "dataset:panels:1 -> dataset:panels-by-region:1" in said
    assert "25 panels in Mantua" in said


def test_every_example_is_run_and_listed() -> None:
    here = Path(__file__).read_text("utf-8")
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert path.name in here
        assert path.name in readme


def test_register_an_onnx_model(running: Started) -> None:
    said = run(running, "07_register_an_onnx_model.py")
    assert "price-example:1 takes ['rows tensor(float32)']" in said
    assert "loading it would run: clean" in said
    assert "6.0" in said


def test_connect_a_datastore(running: Started) -> None:
    said = run(running, "12_connect_a_datastore.py")
    assert "before it is saved: There is no folder" in said
    assert "it works: True" in said
    assert "sales/2026.csv: 23 bytes" in said
    assert "sales/2026.csv of shared begins with: month,euros" in said
    assert "the files stay: ['2026.csv', '2027.csv']" in said


def test_query_a_database(running: Started) -> None:
    said = run(running, "14_query_a_database.py")
    assert "shop works: True" in said
    assert "orders: id INTEGER, country TEXT, euros REAL" in said
    assert "['IT', 100, 3787.5]" in said
    assert "orders:1 has 100 rows; the sum is 3787.50" in said


def test_watch_for_drift(running: Started) -> None:
    said = run(running, "11_watch_for_drift.py")
    assert "21 days have rows" in said
    assert "2026-01-20: 150 rows" in said
    assert "amount" in said.split("2026-01-23: ")[1]
    assert "['shop_sales drifts']" in said


def test_jobs_and_environments(running: Started) -> None:
    said = run(running, "13_jobs_and_environments.py")
    assert "a function in the studio: {'column': 'height', 'mean': 1.7}" in said
    assert "environment bare:1" in said
    assert "1.8,80" in said
    assert "/environments/" in said
    assert "Completed" in said
    assert "the best rate is 0.2, of 3 trials" in said


def test_a_training_cluster_runs_a_job_and_knows_its_cost(running: Started) -> None:
    said = run(running, "16_a_training_cluster.py")
    assert "hello on cpu-cluster: Completed" in said
    assert "the run has cost something, in 1 attempt" in said


def test_a_machine_by_ssh_runs_a_job_and_gives_its_output_back(running: Started, tmp_path: Path) -> None:
    (tmp_path / "sshd").mkdir()
    try:
        sshd = Sshd(tmp_path / "sshd")
    except ServerMissing as error:
        pytest.skip(str(error))
    sshd.start()
    names = {"HOST": "127.0.0.1", "PORT": str(sshd.port), "USER": sshd.user, "HOST_KEY": sshd.host_key}
    names |= {"KEY_FILE": str(tmp_path / "sshd" / "user"), "FOLDER": str(tmp_path / "there")}
    try:
        said = run(running, "17_a_machine_by_ssh.py", env={f"MACHINE_{key}": value for key, value in names.items()})
    finally:
        sshd.kill()
    assert "box is ready" in said
    assert "far away on box: Completed" in said
    assert "it left answer.txt" in said
    assert "detached" in said


def test_jobs_in_slurm_come_back_with_their_output(running: Started, tmp_path: Path) -> None:
    (tmp_path / "slurm").mkdir()
    try:
        daemons = Slurm(tmp_path / "slurm")
    except ServerMissing as error:
        pytest.skip(str(error))
    python = tmp_path / "python"  # the studio runs already: its Slurm is named by the Python that it starts
    python.write_text(f'#!/bin/sh\nSLURM_CONF={daemons.conf} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    names = {"FOLDER": str(tmp_path / "there"), "PYTHON": str(python), "PARTITION": "main"}
    try:
        daemons.start()
        said = run(running, "18_jobs_in_slurm.py", env={f"HPC_{key}": value for key, value in names.items()})
    finally:
        daemons.stop()
    assert "of main: idle, 16 of 16 cores free" in said
    assert "in the queue on hpc: Completed" in said
    assert "it left answer.txt" in said


def test_a_pipeline_takes_what_it_has_computed_before(running: Started) -> None:
    said = run(running, "19_a_pipeline.py")
    assert said.count("Completed\n  prepare: ") == 2
    assert "rate 2.0: Completed\n  prepare: Reused\n  weigh: Completed" in said
    assert "changed: 0.5 → 2.0" in said


def test_a_schedule(running: Started) -> None:
    said = run(running, "20_a_schedule.py")
    assert "nightly-report: 30 2 * * * in Europe/Berlin" in said
    assert "2027-03-27 01:30 UTC\n  2027-03-28 01:00 UTC\n  2027-03-29 00:30 UTC" in said
    assert "run at once: Completed" in said


def test_a_parallel_job_runs_a_script_on_mini_batches(running: Started) -> None:
    said = run(running, "21_a_parallel_job.py")
    assert "Completed: 3 mini-batches, 10 rows, from 'n0 0' to 'n9 90'" in said


def test_a_spark_job_keeps_what_spark_wrote(running: Started) -> None:
    said = run(running, "22_a_spark_job.py", env={"SPARK_PYTHON": spark.python()})
    assert "Completed: no error" in said
    assert "grown_up/part-" in said


def test_a_published_pipeline_is_started_with_its_key(running: Started) -> None:
    said = run(running, "23_a_published_pipeline.py")
    assert "price has 2 versions, and version 1 is what callers get" in said
    assert "started with a key: Completed, version 1" in said
    assert "refused: inputs.grams" in said


def test_jobs_run_when_data_comes(running: Started) -> None:
    said = run(running, "24_runs_by_data.py")
    assert "a version came, landings:2: Completed" in said
    assert "a file is there, monday.csv: Completed" in said


def test_a_loop_goes_on_until_it_is_good_enough(running: Started) -> None:
    said = run(running, "25_a_loop.py")
    assert said.count("improve_loop/") == 4
    assert "the root of 2 is 1.414214" in said


def test_a_pipeline_goes_on_with_what_is_good_enough(running: Started) -> None:
    said = run(running, "26_choices.py")
    assert "Completed: depth " in said
    assert "Completed: none is good enough" in said
