"""Every learner: it fits, keeps its time, and its compiled form equals the native one, on cuts and gaps too."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studiolo.studio.automl import export_onnx, gate, portfolio
from studiolo.studio.automl.learners.base import Effort, Part
from studiolo.studio.automl.predictor import members
from studiolo.studio.automl.trees import floor32

LEARNERS = sorted(portfolio.family())
LEVELS = 8


def part(classes: int, rows: int = 600) -> Part:
    """Numbers with gaps, one column of level codes, a target that needs both."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=(rows, 6)).astype(np.float32)
    x[:, 4] = draw.integers(0, LEVELS, rows)
    x[draw.random(x.shape) < 0.08] = np.nan
    x[:, 5] = np.nan_to_num(x[:, 5])
    known = np.nan_to_num(x)
    z = known[:, 0] + known[:, 1] * known[:, 5] + 2 * (known[:, 4] == 3) + draw.normal(0, 0.3, rows)
    y: Any = z * 1000 + 500_000 if not classes else np.digitize(z, np.quantile(z, np.linspace(0, 1, classes + 1)[1:-1]))
    half = rows * 2 // 3
    return Part(x[:half], y[:half], classes, (4,), (LEVELS + 1,), x[half:], y[half:], "")


def fitted(
    name: str, data: Part, folder: Path, effort: Effort | None = None, **params: Any
) -> tuple[Any, list[members.Scorer]]:
    module = portfolio.family()[name]
    reason = module.SPEC.missing()
    if reason:
        pytest.skip(reason)
    chosen = {name: value for name, value in params.items() if name in dict(module.SPEC.params)}
    model = module.fit(data, dict(module.SPEC.params) | chosen, effort or Effort(), folder, "m")
    return model, [members.load(folder, {**model.member, "files": [model.file]})[0]]


@pytest.mark.parametrize("classes", [0, 2, 4])
@pytest.mark.parametrize("name", LEARNERS)
def test_the_compiled_form_equals_the_native_one(tmp_path: Path, name: str, classes: int) -> None:
    data = part(classes)
    _, scorers = fitted(name, data, tmp_path, rounds=60, trees=20)
    ensemble = [(name, 1.0, scorers)]
    forms = export_onnx.compile_members(ensemble)
    opened = export_onnx.session(export_onnx.export(forms, data.x.shape[1], classes))
    edges = gate.edge_rows(data.x, [4], [LEVELS + 1], forms)
    rows = np.vstack([data.x, data.valid_x, edges])  # type: ignore[list-item]
    native = np.asarray(scorers[0].scores(rows))
    found = gate.compare(native, export_onnx.scores(opened, rows), len(edges))
    assert found.passed, found
    assert found.max_difference < 1e-5
    assert native.shape[1] == (classes or 1)


@pytest.mark.parametrize("name", [name for name in LEARNERS if name != "linear"])
def test_a_fit_ends_with_what_it_has_when_its_time_is_over(tmp_path: Path, name: str) -> None:
    model, scorers = fitted(name, part(2), tmp_path, Effort(until=time.monotonic()))
    assert model.capped
    assert model.rounds < 60
    assert np.isfinite(scorers[0].scores(part(2).x)).all()


def test_thresholds_round_down_so_that_no_row_changes_sides() -> None:
    cuts = np.array([0.1, 1 / 3, 1e-40, 16777217.0, 1e37, -0.1])
    rounded = floor32(cuts)
    assert (rounded.astype(np.float64) <= cuts).all()
    for cut, near in zip(cuts, rounded, strict=True):
        for value in (near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))):
            if np.isfinite(value):
                assert (float(value) <= cut) == bool(value <= near)
