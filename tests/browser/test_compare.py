"""Comparing runs in a browser."""

import pytest

from studiolo import Studio
from tests.browser.conftest import Story
from tests.browser.test_pages import login, node

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_runs_are_compared_and_the_address_holds_it(story: Story) -> None:
    trials = [run.id for run in Studio(home=story.studio.home).experiments.children(story.run_id)]
    done = node("compare.mjs", story.studio.url, "--login", login(story), ",".join(trials))
    assert done.returncode == 0, done.stdout + done.stderr
