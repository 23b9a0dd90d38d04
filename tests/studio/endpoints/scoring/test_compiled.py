"""The quick way to encode a row gives what the encoder gives, for every kind of column."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.kernel.errors import StudioloError
from studiolo.studio.automl.predictor import encoder as predictor
from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.tiers.compiled import Compiled

SIMPLE: list[dict[str, Any]] = [
    {"name": "age", "kind": "number", "required": True},
    {"name": "hours", "kind": "number", "required": False},
    {"name": "job", "kind": "category", "levels": ["cook", "3"], "required": False},
    {"name": "member", "kind": "boolean", "required": False},
]
WIDE: list[dict[str, Any]] = [
    *SIMPLE,
    {"name": "day", "kind": "date", "format": None, "parts": ["year", "month", "days"], "required": False},
    {
        "name": "note", "kind": "text", "terms": ["good", "bad"], "size": 2, "required": False,
        "idf": predictor.pack(np.array([1.0, 2.0])), "projection": predictor.pack(np.array([[1.0, 0.5], [-1.0, 0.25]])),
    },
]  # fmt: skip


class Session:
    """Answers the sum of each row; stands for ONNX Runtime, which the other tests have."""

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="features")]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="scores")]

    def run(self, _: list[str], feed: dict[str, Any]) -> list[Any]:
        return [np.nansum(feed["features"], axis=1, keepdims=True)]


def a_tier(columns: list[dict[str, Any]], extra: str = "reject") -> Compiled:
    width = sum({"date": 3, "text": 2}.get(column["kind"], 1) for column in columns)
    plan = {
        "task": "regression", "labels": [], "target": "y", "columns": columns, "dropped": {"id": "numbers each row"},
        "features": [f"f{place}" for place in range(width)], "threshold": None,
    }  # fmt: skip
    return Compiled(predictor.Encoder.from_plan(plan), Session(), plan, "", extra, predictor.is_missing)


TIERS = {"simple": a_tier(SIMPLE), "wide": a_tier(WIDE)}
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.just(1e300), st.just([1]), st.just({"a": 1}),
    st.sampled_from(["", " ", "3", "3.5", "cook", "pilot", "good bad", "true", "no", "NA", "NaN", "Infinity", "2024-03-01", "x"]),
)  # fmt: skip
NAMES = st.sampled_from(["age", "hours", "job", "member", "day", "note", "id", "y", "other"])


@pytest.mark.parametrize("kind", TIERS)
@given(record=st.dictionaries(NAMES, VALUES, max_size=8))
def test_a_row_alone_is_encoded_as_in_a_table(kind: str, record: dict[str, Any]) -> None:
    tier = TIERS[kind]
    quick, slow = _outcome(tier, [record], few=True), _outcome(tier, [record], few=False)
    if isinstance(slow, type) or isinstance(quick, type):
        assert quick == slow
    else:
        np.testing.assert_array_equal(np.array(quick, dtype=np.float32), slow)


def _outcome(tier: Compiled, records: list[dict[str, Any]], *, few: bool) -> Any:
    table = Table("data", len(records), records=records)
    try:
        return tier.rows(table) if few else tier._matrix(table)
    except StudioloError as error:
        return type(error)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"day": "tomorrow"}, "day"), ({"day": [1]}, "day"), ({"note": ["good"]}, "note"), ({"note": {"a": 1}}, "note")],
)
def test_dates_and_texts_are_checked(change: dict[str, Any], field: str) -> None:
    row = {"age": 3, "hours": 1, "job": "cook", "member": True, "day": "2024-03-01", "note": "good"}
    for rows in ([row | change], [row] * 20 + [row | change]):
        with pytest.raises(StudioloError) as caught:
            TIERS["wide"].predict(Table("data", len(rows), records=rows))
        assert caught.value.field == (field if len(rows) == 1 else f"data[20].{field}")


def test_extra_columns_may_be_ignored() -> None:
    tier = a_tier(SIMPLE, extra="ignore")
    rows = tier.rows(Table("data", 1, records=[{"age": 3, "other": 1}]))
    assert rows is not None
    assert rows[0][0] == 3.0
