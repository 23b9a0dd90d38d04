"""One trial, killed where it hurts."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studiolo.studio.automl import portfolio, trial
from studiolo.studio.automl.prepare import prepare
from studiolo.studio.automl.spec import FitSpec
from tests.studio.automl import tables


class Killed(BaseException):
    """What ends a trial in the middle of a write."""


@pytest.mark.parametrize("saved", [2, 3])  # which of its three writes of predictions it does not survive
def test_folds_that_were_done_count_when_a_trial_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: int
) -> None:
    train = tables.write(tmp_path / "a.csv", tables.without(tables.people(200), "spent"))
    prepare(FitSpec(train=train, target="bought", task="classification", work=tmp_path), tmp_path / "data")
    data, place, writes = trial.Data.load(tmp_path / "data"), tmp_path / "trial", []
    place.mkdir()
    plain = np.save

    def save(path: Path, values: Any) -> None:
        writes.append(path)
        if len(writes) == saved:
            path.write_bytes(b"")
            raise Killed
        plain(path, values)

    monkeypatch.setattr(np, "save", save)
    config = asdict(portfolio.FROZEN[0])
    order = {"config": config, "folds": 3, "until": None, "threads": 1, "seed": 0, "salvage": True}
    with pytest.raises(Killed):
        trial.run(data, place, order)
    partial = json.loads((place / "partial.json").read_text())
    assert partial["folds"] == saved - 1
    there = ~np.isnan(np.load(place / partial["oof"])[:, 0])
    assert there.tolist() == (data.folds < partial["folds"]).tolist()
