"""Every page in both themes: no console error, no failed or off-host request, no accessibility violation."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.browser.conftest import ROOT, Story

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def node(script: str, *words: str, timeout: float = 280) -> subprocess.CompletedProcess[str]:
    command = ["node", f"e2e/{script}", *words]
    environ = os.environ | {"PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=ROOT / "ui", capture_output=True, text=True, timeout=timeout, env=environ)


def login(story: Story) -> str:
    return story.studio.command("login").stdout.strip()


PAGES = {
    "start": ["", "/datasets/-/new", "/datasets/-/new?from=datastore", "/automl", "/automl/new"],
    "datasets": [
        f"/datasets{page}"
        for page in (
            "",
            "?bin=true",
            "/titanic",
            "/titanic?tab=profile",
            "/titanic?tab=lineage",
            "/titanic?tab=versions",
            "/titanic?tab=files",
            "/titanic/compare",
        )
    ],
    "runs": [
        "/automl/{run}",
        "/experiments",
        "/experiments/{run}",
        "/experiments/{trial}",
        "/experiments/{run}?tab=log",
    ],
    "tracking": [
        "/experiments?bin=true",
        "/experiments/compare?runs={run},{trial}",
        "/experiments/compare?runs={run},{trial}&tab=artifacts",
        "/experiments/traces",
        "/workspace?tab=webhooks",
        "/workspace?tab=secrets",
        "/workspace?tab=secrets&bin=true",
    ],
    "models": [
        "/models",
        "/models?bin=true",
        "/models/new",
        "/models/titanic",
        "/models/titanic/versions/1",
        "/models/titanic/versions/1?tab=scan",
        "/models/titanic/versions/1?tab=files&path=MLmodel",
        "/endpoints",
        "/endpoints/titanic",
        "/endpoints/titanic?tab=test",
        "/compute",
    ],
}


@pytest.mark.parametrize("group", PAGES)
def test_pages_are_clean_in_both_themes(story: Story, tmp_path: Path, group: str) -> None:
    paths = [f"/w/default{page.format(run=story.run_id, trial=story.trial_id)}" for page in PAGES[group]]
    shots = os.environ.get("STUDIOLO_TEST_SHOTS", str(tmp_path))
    done = node("walk.mjs", story.studio.url, "--login", login(story), "--shots", shots, *paths)
    assert done.returncode == 0, done.stdout + done.stderr
