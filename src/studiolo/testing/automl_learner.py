"""The conformance suite of learners: subclass it, name the module, and a new learner gets all these tests."""

import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from studiolo.studio.automl.learners.base import Effort, Fitted, LearnerSpec, Part
from studiolo.studio.automl.predictor import members

Array = Any  # a numpy array
ROWS = 400
CASES = {"two classes": 2, "three classes": 3, "values": 0}


class LearnerChecks:
    """What every learner keeps. Set `learner` to its module in the subclass."""

    learner: ClassVar[Any]
    quick: ClassVar[dict[str, Any]] = {}  # parameters that make it fast enough for a test

    @pytest.fixture(autouse=True)
    def _there(self) -> None:
        if self.learner.SPEC.missing():
            pytest.skip(self.learner.SPEC.missing())

    def part(self, classes: int, seed: int = 0) -> Part:
        """Return a table with a signal, missing values, a constant and a column of levels."""
        random = np.random.default_rng(seed)
        x = random.normal(size=(ROWS, 5)).astype(np.float32)
        x[:, 3] = 1.0
        x[:, 4] = random.integers(0, 4, ROWS)
        signal = 2.0 * x[:, 0] - x[:, 1] + (x[:, 4] == 2)
        x[random.random(ROWS) < 0.1, 2] = np.nan
        y: Array = np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes)) if classes else signal
        whole, held = slice(0, 300), slice(300, ROWS)
        return Part(x[whole], y[whole], classes, (4,), (5,), x[held], y[held], "")

    def fit(self, part: Part, folder: Path, **effort: Any) -> tuple[Fitted, Array]:
        """Fit, load what was written as the bundled predictor does, and score the held rows."""
        spec: LearnerSpec = self.learner.SPEC
        params = dict(spec.params) | self.quick
        fitted: Fitted = self.learner.fit(part, params, Effort(**effort), folder, "member")
        (model,) = members.load(folder, {**fitted.member, "files": [fitted.file]})
        assert part.valid_x is not None
        return fitted, model.scores(part.valid_x)

    @pytest.mark.parametrize("classes", CASES.values(), ids=CASES.keys())
    def test_scores_have_the_shape_and_the_sense_of_the_task(self, tmp_path: Path, classes: int) -> None:
        """Probabilities sum to one; a signal this clear is found."""
        part = self.part(classes)
        _, scores = self.fit(part, tmp_path)
        assert scores.shape == (100, classes or 1)
        assert np.isfinite(scores).all()
        assert part.valid_y is not None
        if classes:
            np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
            assert (scores.argmax(axis=1) == part.valid_y).mean() > 1.3 / classes
        else:
            residual = part.valid_y - scores[:, 0]
            assert residual.var() < 0.6 * part.valid_y.var()

    @pytest.mark.parametrize("classes", CASES.values(), ids=CASES.keys())
    def test_the_same_seed_gives_the_same_model(self, tmp_path: Path, classes: int) -> None:
        """On one thread: what a leaderboard needs to be repeatable."""
        folders = [tmp_path / "a", tmp_path / "b"]
        for folder in folders:
            folder.mkdir()
        first, second = (self.fit(self.part(classes), folder, seed=3)[1] for folder in folders)
        np.testing.assert_array_equal(first, second)

    @pytest.mark.parametrize("classes", CASES.values(), ids=CASES.keys())
    def test_with_no_time_left_it_ends_with_what_it_has(self, tmp_path: Path, classes: int) -> None:
        """A deadline is kept and the model still answers."""
        begun = time.monotonic()
        _, scores = self.fit(self.part(classes), tmp_path, until=time.monotonic())
        assert np.isfinite(scores).all()
        assert time.monotonic() - begun < 30

    def test_the_models_of_all_folds_are_read_by_what_one_of_them_says(self, tmp_path: Path) -> None:
        """A trial keeps one `member` for the files of its folds, which stop at rounds of their own."""
        part = self.part(2)
        longer, _ = self.fit(part, tmp_path)
        shorter: Fitted = self.learner.fit(
            part, dict(self.learner.SPEC.params) | self.quick, Effort(rounds=3), tmp_path, "other"
        )
        assert longer.member == shorter.member
        for model in members.load(tmp_path, {**longer.member, "files": [longer.file, shorter.file]}):
            assert np.isfinite(model.scores(part.x)).all()

    def test_it_writes_into_its_folder_only_what_it_names(self, tmp_path: Path) -> None:
        """Files of trials are moved and deleted by name."""
        fitted, _ = self.fit(self.part(2), tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [fitted.file]
        assert fitted.gains is None or len(fitted.gains) == 5
