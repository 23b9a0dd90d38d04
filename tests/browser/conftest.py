"""A live studio in which the main job has run, for the tests that look at its pages."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studiolo import Studio
from studiolo.testing.studio import Started, started

ROOT = Path(__file__).resolve().parent.parent.parent
TITANIC = ROOT / "src/studiolo/studio/datasets/samples/titanic.csv"


@dataclass(frozen=True)
class Story:
    """A studio with a dataset, an AutoML run, a model and an endpoint, and their names."""

    studio: Started
    run_id: str
    trial_id: str


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    if not shutil.which("chromium"):
        pytest.skip("Chromium is not installed (Debian: chromium)")
    if not (ROOT / "src/studiolo/server/static/index.html").exists():
        pytest.skip("the UI is not built (make ui)")
    with started(tmp_path_factory.mktemp("browser") / "home") as studio:
        studio.command("datasets", "create", str(TITANIC), "--name", "titanic")
        submitted = studio.command(
            "automl",
            "submit",
            "--dataset",
            "titanic",
            "--target",
            "Survived",
            "--max-trials",
            "3",
            "--wait",
            "-o",
            "json",
        )
        run_id = json.loads(submitted.stdout)["run"]["id"]
        studio.command("endpoints", "deploy", "titanic", "--name", "titanic", "--wait")
        children = Studio(home=studio.home).experiments.children(run_id)
        yield Story(studio, run_id, children[0].id)
        studio.command("endpoints", "delete", "titanic", "--wait")
