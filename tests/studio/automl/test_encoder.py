"""The encoder of the bundled predictor."""

import math
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from studiolo.studio.automl.predictor.encoder import BadInput, Encoder, pack

PLAN = {
    "format": "studiolo.plan/1",
    "task": "classification",
    "target": "income",
    "labels": ["no", "yes"],
    "threshold": None,
    "columns": [
        {"name": "age", "kind": "number", "dtype": "double", "required": True},
        {"name": "member", "kind": "boolean", "dtype": "boolean", "required": False},
        {"name": "grade", "kind": "category", "dtype": "string", "required": False, "levels": ["3", "A b", "1.5"]},
    ],
    "features": ["age", "member", "grade"],
}


def encode(columns: dict, **options: bool) -> list:
    return Encoder.from_plan(PLAN).encode_columns(columns, **options).tolist()


def test_one_row_and_many_rows_encode_alike() -> None:
    rows = [
        (1, True, 3),
        ("2.5", "no", "A b "),
        (None, None, 1.5),
        (float("nan"), "", "never seen"),
        ("x", "perhaps", 3.0),
    ]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("age", "member", "grade"))}
    many = Encoder.from_plan(PLAN).encode_columns(columns)
    ones = [
        Encoder.from_plan(PLAN).encode_columns({name: [v[i]] for name, v in columns.items()})[0]
        for i in range(len(rows))
    ]
    np.testing.assert_array_equal(many, np.array(ones))
    np.testing.assert_array_equal(
        many,
        np.array(
            [[1, 1, 0], [2.5, 0, 1], [math.nan, math.nan, 2], [math.nan, math.nan, 3], [math.nan, math.nan, 0]], "f4"
        ),
    )


def test_numpy_columns_encode_like_lists() -> None:
    columns = {
        "age": np.array([1.5, np.nan]),
        "member": np.array([True, False]),
        "grade": np.array(["A b", None], dtype=object),
    }
    np.testing.assert_array_equal(encode(columns), encode({name: list(values) for name, values in columns.items()}))


def test_an_absent_optional_column_is_missing_and_a_required_one_is_named() -> None:
    assert math.isnan(encode({"age": [1], "member": [True]})[0][2])
    with pytest.raises(BadInput, match=r"column 'age'.*absent"):
        encode({"member": [True], "grade": ["3"]})


@pytest.mark.parametrize(
    ("column", "value"), [("age", "old"), ("age", math.inf), ("member", "perhaps"), ("grade", [1])]
)
def test_strict_names_the_column_of_a_value_it_cannot_read(column: str, value: object) -> None:
    with pytest.raises(BadInput, match=f"column '{column}'"):
        encode({"age": [1], "member": [True], "grade": ["3"], column: [value]}, strict=True)


def test_strict_accepts_missing_and_unseen_values() -> None:
    assert encode({"age": [1], "member": [None], "grade": ["new"]}, strict=True)[0][2] == 3


def test_infinite_and_too_large_numbers_are_missing_when_not_strict() -> None:
    found = encode({"age": [math.inf, -math.inf, 1e300], "member": [1, 1, 1], "grade": [3, 3, 3]})
    assert all(math.isnan(row[0]) for row in found)


def test_dates_become_parts_and_text_becomes_a_projection() -> None:
    plan = {
        "task": "regression",
        "columns": [
            {"name": "when", "kind": "date", "format": None, "parts": ["year", "month", "weekday", "days"]},
            {"name": "note", "kind": "text", "terms": ["good", "bad"], "idf": pack(np.array([1, 1])), "size": 1,
             "projection": pack(np.array([[1], [-1]]))},
        ],
        "features": ["when.year", "when.month", "when.weekday", "when.days", "note.0"],
    }  # fmt: skip
    encoder = Encoder.from_plan(plan)
    found = encoder.encode_columns(
        {"when": ["1970-01-02T12:00:00", datetime(1971, 2, 1, tzinfo=UTC), "soon"], "note": ["Good!", "bad", None]}
    )
    assert found[0].tolist() == [1970, 1, 4, 1.5, 1]
    assert found[1].tolist() == [1971, 2, 0, 396, -1]
    assert np.isnan(found[2]).all()


def test_decode_uses_the_threshold_of_two_classes() -> None:
    scores = np.array([[0.7, 0.3], [0.4, 0.6]])
    assert Encoder.from_plan(PLAN).decode(scores) == ["no", "yes"]
    assert Encoder.from_plan({**PLAN, "threshold": 0.25}).decode(scores) == ["yes", "yes"]
    assert Encoder.from_plan(PLAN).answers(scores)[0] == {"prediction": "no", "proba_no": 0.7, "proba_yes": 0.3}


def test_one_row_of_fifteen_columns_encodes_in_microseconds() -> None:
    columns = [{"name": f"n{i}", "kind": "number"} for i in range(7)]
    columns += [{"name": f"c{i}", "kind": "category", "levels": list("abcdefgh")} for i in range(8)]
    encoder = Encoder.from_plan({"task": "regression", "columns": columns, "features": [c["name"] for c in columns]})
    row = {c["name"]: [1.0 if c["kind"] == "number" else "c"] for c in columns}
    best = math.inf
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(100):
            encoder.encode_columns(row, strict=True)
        best = min(best, (time.perf_counter() - start) / 100)
    assert best < 200e-6  # 6 µs on an idle core; the bound leaves room for a busy machine
