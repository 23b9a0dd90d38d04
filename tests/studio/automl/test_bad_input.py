"""What cannot be learned is refused at once, with the field and the fix."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studiolo.studio.automl import fit
from studiolo.studio.automl.errors import (
    AutoMLError,
    BudgetTooSmall,
    ColumnAbsent,
    NoFeatures,
    TableEmpty,
    TableUnreadable,
    TargetMissing,
    TargetUnusable,
    TooFewRows,
    UnknownMetric,
    UnknownTask,
)
from studiolo.studio.automl.prepare import encode, prepare, read_test
from studiolo.studio.automl.spec import FitSpec
from tests.studio.automl import tables

GOOD = tables.without(tables.people(60), "spent")


def refuse(tmp_path: Path, table: dict[str, list[Any]] | str, error: type[AutoMLError], **more: Any) -> AutoMLError:
    """Fit and return the error, after checking that it says what to do."""
    train = tmp_path / "train.csv"
    if isinstance(table, str):
        train.write_text(table, encoding="utf-8")
    else:
        tables.write(train, table)
    options: dict[str, Any] = {"target": "bought", "task": "classification", "time_limit": 10.0} | more
    with pytest.raises(error) as caught:
        fit.run(FitSpec(train=train, work=tmp_path / "work", **options))
    assert caught.value.hint
    assert caught.value.field
    return caught.value


def test_a_target_that_is_no_column(tmp_path: Path) -> None:
    found = refuse(tmp_path, GOOD, TargetMissing, target="Bought")
    assert found.field == "target"
    assert "'age'" in found.hint


def test_a_constant_target(tmp_path: Path) -> None:
    assert "always 'earth'" in refuse(tmp_path, GOOD, TargetUnusable, target="planet").detail


def test_a_constant_number_as_target(tmp_path: Path) -> None:
    assert "always 4" in refuse(tmp_path, GOOD | {"z": [4] * 60}, TargetUnusable, target="z", task="regression").detail


def test_a_target_without_two_equal_values(tmp_path: Path) -> None:
    assert "60 different values" in refuse(tmp_path, GOOD, TargetUnusable, target="key").detail


def test_a_target_with_classes_of_one_row(tmp_path: Path) -> None:
    table = GOOD | {"bought": ["maybe", "never", *GOOD["bought"][2:]]}
    found = refuse(tmp_path, table, TargetUnusable)
    assert "'maybe', 'never'" in found.detail
    assert "merge" in found.hint


def test_a_target_that_is_missing_everywhere(tmp_path: Path) -> None:
    assert "missing in every row" in refuse(tmp_path, GOOD | {"z": [""] * 60}, TargetUnusable, target="z").detail


def test_text_as_the_target_of_a_regression(tmp_path: Path) -> None:
    assert "not a number" in refuse(tmp_path, GOOD, TargetUnusable, task="regression").detail


@pytest.mark.parametrize("value", ["inf", "-inf"])
def test_an_infinite_target(tmp_path: Path, value: str) -> None:
    table = GOOD | {"z": [value, *range(59)]}
    assert (
        "infinite in 1 row(s), first in row 1"
        in refuse(tmp_path, table, TargetUnusable, target="z", task="regression").detail
    )


def test_rows_with_a_nan_target_are_left_out_and_counted(tmp_path: Path) -> None:
    train = tables.write(tmp_path / "a.csv", GOOD | {"z": ["NaN", "", *range(58)]})
    spec = FitSpec(train=train, target="z", task="regression", work=tmp_path)
    assert prepare(spec, tmp_path / "data").target.unlabelled == 2


def test_an_unknown_metric_lists_the_known_ones(tmp_path: Path) -> None:
    assert "AUC_weighted" in refuse(tmp_path, GOOD, UnknownMetric, metric="beauty").hint


def test_a_metric_of_the_other_task(tmp_path: Path) -> None:
    assert refuse(tmp_path, GOOD, UnknownMetric, metric="rmse").field == "metric"


def test_an_unknown_task(tmp_path: Path) -> None:
    assert refuse(tmp_path, GOOD, UnknownTask, task="clustering").field == "task"


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1.0, float("nan")])
def test_a_time_limit_without_room_for_a_model(tmp_path: Path, seconds: float) -> None:
    assert refuse(tmp_path, GOOD, BudgetTooSmall, time_limit=seconds).field == "time_limit"


def test_a_header_without_rows(tmp_path: Path) -> None:
    refuse(tmp_path, "a,b,bought\n", TableEmpty)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,bought\n1,yes\n2,no,3\n", "Expected 2 columns"),
        ("a,a,bought\n1,2,yes\n", "twice"),
        ("a,,bought\n1,2,yes\n", "column 2 has no name"),
        ("a,bought\n1,\0\n", "NUL"),
    ],
)
def test_a_file_that_is_no_table(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refuse(tmp_path, text, TableUnreadable).detail


def test_an_empty_file(tmp_path: Path) -> None:
    refuse(tmp_path, "", TableEmpty)


def test_too_few_rows(tmp_path: Path) -> None:
    refuse(tmp_path, {name: values[:8] for name, values in GOOD.items()} | {"bought": list("ababbaab")}, TooFewRows)


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    found = refuse(tmp_path, {"key": GOOD["key"], "planet": GOOD["planet"], "bought": GOOD["bought"]}, NoFeatures)
    assert "'planet' always 'earth'" in found.detail


def test_a_test_table_without_a_column(tmp_path: Path) -> None:
    test = tables.write(tmp_path / "test.csv", tables.without(GOOD, "job"))
    assert "'job'" in refuse(tmp_path, GOOD, ColumnAbsent, test=test).detail


def test_unseen_levels_and_odd_values_in_the_test_table_encode(tmp_path: Path) -> None:
    train = tables.write(tmp_path / "train.csv", GOOD)
    odd = GOOD | {"job": ["astronaut"] * 60, "pay": ["much"] * 60, "since": ["soon"] * 60}
    spec = FitSpec(
        train=train, test=tables.write(tmp_path / "t.csv", odd), target="bought", task="classification", work=tmp_path
    )
    prepared = prepare(spec, tmp_path / "data")
    found = read_test(spec, prepared)
    assert found is not None
    places = {name: place for place, name in enumerate(prepared.plan["features"])}
    assert set(found.x[:, places["job"]].tolist()) == {4.0}
    assert found.rows == 60
    table = prepared.table
    values = {name: table.columns[name].to_pylist() for name in prepared.plan["features"] if name in table.columns}
    values |= {"since": table.columns["since"].to_pylist()}
    np.testing.assert_array_equal(encode(prepared.encoder, table), prepared.encoder.encode_columns(values))


def test_two_thousand_columns(tmp_path: Path) -> None:
    table = {f"c{place}": [(place * row) % 7 for row in range(40)] for place in range(2000)} | {"y": [0, 1] * 20}
    train = tables.write(tmp_path / "wide.csv", table)
    result = fit.run(
        FitSpec(train=train, target="y", task="classification", work=tmp_path / "w", time_limit=None, max_trials=2)
    )
    assert result.leaderboard["rows"][0]["score"] is not None
