"""Scorers that several tests share: starting one costs a second, with pandas more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studio.endpoints.sample_models import automl_model, python_model
from tests.studio.endpoints.scoring.running import Scorer


@pytest.fixture(scope="session")
def compiled_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return automl_model(tmp_path_factory.mktemp("models") / "compiled")


@pytest.fixture(scope="session")
def doubling_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers twice `a`; fails for a negative one; its example has two rows."""
    body = "assert (model_input['a'] >= 0).all(), 'no negative numbers'\n        return model_input['a'] * 2"
    return python_model(
        tmp_path_factory.mktemp("models") / "doubling", body, {"columns": ["a"], "data": [[1.0], [2.0]]}
    )


@pytest.fixture(scope="module")
def compiled(compiled_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scorer]:
    scorer = Scorer(tmp_path_factory.mktemp("scorer") / "s", compiled_model, body_limit=200_000)
    yield scorer
    assert scorer.end() == 0, scorer.text()


@pytest.fixture(scope="module")
def original(doubling_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scorer]:
    scorer = Scorer(tmp_path_factory.mktemp("scorer") / "s", doubling_model)
    yield scorer
    assert scorer.end() == 0, scorer.text()
