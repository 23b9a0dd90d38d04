"""The registry by mouse: register, describe, tag, compare, look at the scan, be refused, delete."""

from pathlib import Path

import lightgbm
import numpy as np
import pytest

from tests.browser.conftest import Story
from tests.browser.test_pages import login, node

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_file_from_elsewhere_is_registered_compared_and_deleted(story: Story, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).random((60, 3))
    booster = lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(rows, rows[:, 0]).booster_
    booster.save_model(tmp_path / "trees.txt")
    words = ("--file", str(tmp_path / "trees.txt"), "--served", "titanic:1", "--endpoint", "titanic")
    done = node("models.mjs", story.studio.url, "--login", login(story), *words)
    assert done.returncode == 0, done.stdout + done.stderr
