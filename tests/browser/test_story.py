"""The main story by keyboard and mouse: upload, profile, wizard, leaderboard, registered model, endpoint, prediction."""

import os
from pathlib import Path

import pytest

from tests.browser.conftest import TITANIC, Story
from tests.browser.test_pages import login, node

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_file_becomes_an_endpoint_that_answers(story: Story, tmp_path: Path) -> None:
    words = ("--login", login(story), "--file", str(TITANIC), "--target", "Survived")
    shots = os.environ.get("STUDIOLO_TEST_SHOTS", str(tmp_path))
    try:
        done = node("story.mjs", story.studio.url, *words, "--shots", shots, timeout=580)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        story.studio.command("endpoints", "delete", "story", check=False)
