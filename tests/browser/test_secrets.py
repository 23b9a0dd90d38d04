"""A secret that was written in the browser is in none of its places afterwards."""

import os
import shutil
from pathlib import Path

import pytest

from studiolo.testing.studio import started
from tests.browser.conftest import ROOT
from tests.browser.test_pages import node

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
CANARY = 'kanarie-31c7/"quoted"&more'


def test_a_value_stays_nowhere_in_the_browser(tmp_path: Path) -> None:
    if not shutil.which("chromium"):
        pytest.skip("Chromium is not installed (Debian: chromium)")
    if not (ROOT / "src/studiolo/server/static/index.html").exists():
        pytest.skip("the UI is not built (make ui)")
    with started(tmp_path / "home") as studio:
        login = studio.command("login").stdout.strip()
        shots = os.environ.get("STUDIOLO_TEST_SHOTS", str(tmp_path / "shots"))
        done = node("secrets.mjs", studio.url, "--login", login, "--value", CANARY, "--shots", shots)
        assert done.returncode == 0, done.stdout + done.stderr
        files = [path for path in studio.home.rglob("*") if path.is_file()]
        assert not [path for path in files if b"kanarie-31c7" in path.read_bytes()]
