"""The table of runs by keyboard and mouse, with some hundred runs that MLflow's client could have logged."""

import os
import shutil
from pathlib import Path

import httpx
import pytest

from studiolo.testing.studio import started
from tests.browser.conftest import ROOT
from tests.browser.test_pages import node

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
RUNS = 240


def fill(url: str, token: str) -> None:
    with httpx.Client(base_url=f"{url}/api/2.0/mlflow", headers={"Authorization": f"Bearer {token}"}) as mlflow:
        for n in range(RUNS):
            run = {"experiment_id": "0", "run_name": f"run-{n:03}", "start_time": 1_700_000_000_000 + n * 1000}
            run_id = mlflow.post("/runs/create", json=run).raise_for_status().json()["run"]["info"]["run_id"]
            body = {
                "run_id": run_id,
                "params": [{"key": "optimizer", "value": "adam" if n % 2 else "sgd"}],
                "metrics": [
                    {"key": "auc", "value": value, "timestamp": n, "step": step}
                    for step, value in enumerate((n / RUNS, 1 - n / RUNS))
                ],
            }
            mlflow.post("/runs/log-batch", json=body).raise_for_status()
            ended = {"run_id": run_id, "status": "FINISHED", "end_time": 1_700_000_100_000 + n * 2000}
            mlflow.post("/runs/update", json=ended).raise_for_status()


def test_runs_are_found_grouped_saved_and_binned(tmp_path: Path) -> None:
    if not shutil.which("chromium"):
        pytest.skip("Chromium is not installed (Debian: chromium)")
    if not (ROOT / "src/studiolo/server/static/index.html").exists():
        pytest.skip("the UI is not built (make ui)")
    with started(tmp_path / "home") as studio:
        fill(studio.url, (studio.home / "token").read_text().strip())
        login = studio.command("login").stdout.strip()
        shots = os.environ.get("STUDIOLO_TEST_SHOTS", str(tmp_path))
        done = node("runs.mjs", studio.url, "--login", login, "--runs", str(RUNS), "--shots", shots)
        assert done.returncode == 0, done.stdout + done.stderr
        login = studio.command("login").stdout.strip()
        keys = node("keyboard.mjs", studio.url, "--login", login, "--runs", str(RUNS))
        assert keys.returncode == 0, keys.stdout + keys.stderr
