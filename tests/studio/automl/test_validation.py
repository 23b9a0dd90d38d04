"""A table of its own that checks the models: how it is put beside the training table, and what cannot be."""

import pyarrow as pa
import pytest

from studiolo.studio.automl import target, validation
from studiolo.studio.automl.errors import ColumnAbsent, TargetUnusable
from studiolo.studio.automl.reading import of_arrow


def table(**columns: list[object]) -> object:
    return of_arrow(pa.table(columns), "t")


def test_its_rows_stand_behind_in_the_columns_of_the_training_table() -> None:
    found = validation.joined(table(a=[1, 2], y=["n", "y"]), table(b=[9], y=["n"], a=[0.5]), "v")  # type: ignore[arg-type]
    assert {name: column.to_pylist() for name, column in found.columns.items()} == {
        "a": [1, 2, 0.5],
        "y": ["n", "y", "n"],
    }
    assert found.rows == 3
    mixed = validation.joined(table(a=[1, 2]), table(a=["x"]), "v")  # type: ignore[arg-type]
    assert mixed.columns["a"].to_pylist() == ["1", "2", "x"]
    with pytest.raises(ColumnAbsent, match="'v' lacks"):
        validation.joined(table(a=[1], y=[1]), table(y=[1]), "v")  # type: ignore[arg-type]


def of(training: list[object], checking: list[object]) -> tuple[target.Target, int]:
    both = validation.joined(table(y=training), table(y=checking), "v")  # type: ignore[arg-type]
    return target.read(both, "y", "classification"), len(training)


def test_only_its_rows_are_held_out_and_rows_without_a_target_are_in_neither() -> None:
    found, rows = of(["a", None, "b"] * 4, ["b", None, "a"])
    assert validation.held_out(found, "y", rows).tolist() == [-1] * 8 + [0, 0]


@pytest.mark.parametrize(
    ("training", "checking", "said"),
    [
        (["a", "b"] * 6, [None, None], "every row of the validation table"),
        ([None] * 4, ["a", "b"] * 6, "every row of the training table"),
        (["a", "b"] * 6, ["c", "c", "a"], "the class 'c' in the validation table alone"),
    ],
)
def test_a_target_that_one_of_them_lacks_is_named(training: list[object], checking: list[object], said: str) -> None:
    found, rows = of(training, checking)
    with pytest.raises(TargetUnusable, match=said):
        validation.held_out(found, "y", rows)
