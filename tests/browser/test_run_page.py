"""The page of a run in a real browser: charts, gallery, files, log, family; and a report that tries to break out."""

import json
import os
import shutil
import struct
import subprocess
import sys
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from studiolo.kernel.home import Home
from studiolo.testing.studio import Started, started
from tests.browser.conftest import ROOT
from tests.browser.test_pages import node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REPORT = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="s.css"><h1>Report</h1>
<script>
const told = {};
const ask = (name, what) => Promise.resolve().then(what).then(
  (found) => { told[name] = String(found); }, (error) => { told[name] = 'refused: ' + error.message; });
(async () => {
  told.origin = self.origin;
  await ask('cookie', () => document.cookie);
  await ask('parent', () => parent.document.title);
  await ask('api', () => fetch('STUDIO/w/default/api/experiments/runs', { credentials: 'include' }).then((r) => r.status));
  await ask('outside', () => fetch('http://127.0.0.1:9/?stolen').then((r) => r.status));
  await ask('beside', () => fetch('data.txt').then((r) => r.text()));
  const out = document.createElement('pre');
  out.id = 'done';
  out.textContent = JSON.stringify(told);
  document.body.append(out);
})();
</script>"""
SCRIPT = """import sys
sys.stdout.write("".join(f"step {i} loss={i / 7:.4f} and some more words that make the line longer\\n" for i in range(40000)))
sys.stdout.write("\\r".join(f"{i}%" for i in range(101)) + "\\n\\x1b[31mred\\x1b[0m\\n")
import traceback
try:
    1 / 0
except ZeroDivisionError:
    traceback.print_exc()
"""


class Runs(NamedTuple):
    """A studio with a run of MLflow's client and a submitted job."""

    studio: Started
    run: str
    job: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    if not shutil.which("chromium"):
        pytest.skip("Chromium is not installed (Debian: chromium)")
    if not (ROOT / "src/studiolo/server/static/index.html").exists():
        pytest.skip("the UI is not built (make ui)")
    folder = tmp_path_factory.mktemp("run-page")
    with started(folder / "home") as studio:
        job = submitted(studio, folder / "project")
        yield Runs(studio, logged(studio, folder), job)


def submitted(studio: Started, folder: Path) -> str:
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text(SCRIPT)
    (folder / "job.yml").write_text("command: python train.py\ncode: src\ndisplay_name: loud\n")
    who = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for words in (["init", "-b", "main"], ["add", "."], ["commit", "-m", "first"]):
        subprocess.run([*who, *words], cwd=folder, check=True, capture_output=True)
    with (folder / "src" / "train.py").open("a") as file:
        file.write("# changed\n")
    found = studio.command("submit", str(folder / "job.yml"), "--wait", "-o", "json")
    return str(json.loads(found.stdout)["id"])


def logged(studio: Started, folder: Path) -> str:
    """Log with MLflow's client in a process of its own, as a user does."""
    files = folder / "files"
    (files / "report").mkdir(parents=True)
    (files / "report" / "index.html").write_text(REPORT.replace("STUDIO", studio.url))
    (files / "report" / "data.txt").write_text("beside")
    (files / "report" / "s.css").write_text("h1 { color: green }")
    (files / "images").mkdir()
    for step in (0, 10, 20):
        name = f"samples~digits+step+{step}+timestamp+{step}+{uuid.uuid4()}.png"
        (files / "images" / name).write_bytes(png(step * 10))
    output = {"output_type": "display_data", "data": {"text/html": "<p>from <b>html</b></p>"}}
    cell = {"cell_type": "code", "source": "show()", "execution_count": 1, "outputs": [output]}
    (files / "analysis.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4}))
    program = f"""
import math, mlflow, pandas as pd
from mlflow.entities import Metric
pd.DataFrame({{"n": range(2000)}}).to_parquet({str(files / "rows.parquet")!r})
mlflow.set_experiment("pages")
client = mlflow.MlflowClient()
with mlflow.start_run(run_name="all of it") as run:
    mlflow.log_params({{"depth": 3, "rate": 0.1}})
    mlflow.set_tag("mlflow.note.content", "What it *is*.")
    for key in ("train/loss", "val/loss"):
        points = [Metric(key, math.exp(-i / 900), 1000 * i, i) for i in range(3000)]
        for at in range(0, 3000, 1000):
            client.log_batch(run.info.run_id, metrics=points[at : at + 1000])
    mlflow.log_artifacts({str(files)!r})
    mlflow.log_table(pd.DataFrame({{"question": ["a", "b"], "score": [0.5, 0.25]}}), "tables/answers.json")
    for depth in (2, 4):
        with mlflow.start_run(run_name=f"depth {{depth}}", nested=True):
            mlflow.log_metric("auc", 0.5 + depth / 10)
            for fold in range(depth - 2):
                with mlflow.start_run(run_name=f"fold {{fold}}", nested=True):
                    mlflow.log_metric("auc", fold / 10)
print(run.info.run_id)
"""
    environ = os.environ | {
        "MLFLOW_TRACKING_URI": f"{studio.url}/w/default",
        "MLFLOW_TRACKING_TOKEN": Home(studio.home).token() or "",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environ, cwd=folder, check=True
    )
    return done.stdout.strip().splitlines()[-1]


def png(shade: int) -> bytes:
    """Return a grey picture, 16 by 16."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([shade] * 16) for _ in range(16))
    head = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_the_page_of_a_run_in_both_themes(runs: Runs, tmp_path: Path) -> None:
    link = runs.studio.command("login").stdout.strip()
    shots = os.environ.get("STUDIOLO_TEST_SHOTS", str(tmp_path))
    done = node("run.mjs", runs.studio.url, link, runs.run, runs.job, shots, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
