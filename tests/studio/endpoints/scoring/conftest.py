"""Scorers that several tests share: starting one costs a second, with pandas more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studio.endpoints.scoring.running import Scorer


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
