"""Pipelines in a browser: submitted, followed, looked at, run again, compared; and a run of 500 steps that stays quick."""

import json
import os
import shutil
from pathlib import Path

import pytest

from studiolo.testing.studio import started
from tests.browser.conftest import ROOT
from tests.browser.test_pages import node
from tests.studio.pipelines.graphs import step

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
CHAIN, ITEMS = 299, 200


def wide() -> str:
    """Return a pipeline of 500 steps, 200 of them of one fan-out, which its first steps hold back."""
    steps = {"first": step("sleep 600")}
    for number in range(CHAIN):
        steps[f"s{number}"] = step("true ", after=[f"s{number - 3}" if number > 2 else "first"])
    items = [{"n": str(number)} for number in range(ITEMS)]
    steps["each"] = {"kind": "parallel_for", "items": items, "body": "one", "max_concurrency": 1}
    steps["one"] = step("sleep 600; echo ${{inputs.n}}", inputs={"n": "0"})
    return json.dumps({"name": "wide", "graph": {"steps": steps}})


def test_a_pipeline_is_submitted_followed_and_compared(tmp_path: Path) -> None:
    if not shutil.which("chromium"):
        pytest.skip("Chromium is not installed (Debian: chromium)")
    if not (ROOT / "src/studiolo/server/static/index.html").exists():
        pytest.skip("the UI is not built (make ui)")
    shots = os.environ.get("STUDIOLO_TEST_SHOTS", str(tmp_path))
    with started(tmp_path / "home") as studio:
        link = studio.command("login").stdout.strip()
        spec = tmp_path / "wide.json"
        spec.write_text(wide())
        done = node("pipelines.mjs", studio.url, link, shots, str(spec), timeout=560)
        assert done.returncode == 0, done.stdout + done.stderr
