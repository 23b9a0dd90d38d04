"""MLflow's filter strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.grammar import Comparison, Order, parse, parse_order


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.auc > 0.9", [("metric", "auc", ">", 0.9)]),
        ("metric.auc>=-1e-3", [("metric", "auc", ">=", -0.001)]),
        ("params.depth = '3'", [("parameter", "depth", "=", "3")]),
        ('param.`a b` != "x"', [("parameter", "a b", "!=", "x")]),
        ("params.\"a b\" = 'it''s'", [("parameter", "a b", "=", "it's")]),
        ("tags.mlflow.parentRunId = 'x'", [("tag", "mlflow.parentRunId", "=", "x")]),
        ("tags.`mlflow.source.name` LIKE '%.py'", [("tag", "mlflow.source.name", "LIKE", "%.py")]),
        ("status = 'FINISHED'", [("attribute", "status", "=", "FINISHED")]),
        ("attributes.start_time > 1700000000000", [("attribute", "start_time", ">", 1.7e12)]),
        ("run_id IN ('a', 'b')", [("attribute", "run_id", "IN", ("a", "b"))]),
        ("attribute.run_id not in ('a')", [("attribute", "run_id", "NOT IN", ("a",))]),
        ("params.x IS NULL", [("parameter", "x", "IS NULL", None)]),
        ("tags.x is not null", [("tag", "x", "IS NOT NULL", None)]),
        ("dataset.name ILIKE 'a%'", [("dataset", "name", "ILIKE", "a%")]),
        ("a = '1' AND b = '2' and c = '3'", [("attribute", x, "=", str(n + 1)) for n, x in enumerate("abc")]),
        ("`run name` = 'x'", [("attribute", "run name", "=", "x")]),
        ("params.x = 'a AND b'", [("parameter", "x", "=", "a AND b")]),
        ("name='a stage' and tag.`mlflow.prompt.is_prompt` != 'true'", None),
        ("", []),
    ],
)
def test_a_filter_is_read(text: str, expected: list[tuple[object, ...]] | None) -> None:
    found = parse(text)
    if expected is not None:
        assert found == [Comparison(*item) for item in expected]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "metrics.auc > ",
        "metrics.auc",
        "> 3",
        "a = '1' OR b = '2'",
        "NOT a = '1'",
        "(a = '1')",
        "a = '1' AND",
        "AND a = '1'",
        "a = '1' b = '2'",
        "params.x = 3x",
        "params.x = unquoted",
        "metrics.x = y",
        "nonsense.x = '1'",
        "run_id IN 'a'",
        "run_id IN ()",
        "run_id IN (1, 2)",
        "run_id IN ('a'",
        "params.x = 'open",
        "a == '1'",
        "a IS '1'",
        "x = '1'; DROP TABLE runs",
        "x ~ '1'",
        "\x00",
    ],
)
def test_what_cannot_be_read_is_shown(text: str) -> None:
    with pytest.raises(MlflowError):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_but_never_breaks(text: str) -> None:
    for read in (parse, parse_order):
        try:
            read(text)
        except MlflowError:
            continue


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40))
def test_any_value_can_be_quoted(value: str) -> None:
    quoted = value.replace("'", "''")
    assert parse(f"params.x = '{quoted}'")[0].value == value


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("metrics.auc DESC", Order("metric", "auc", False)),
        ("metrics.`a b` asc", Order("metric", "a b", True)),
        ("start_time", Order("attribute", "start_time", True)),
        ("attributes.created   DESC", Order("attribute", "created", False)),
        ('params."a b"', Order("parameter", "a b", True)),
    ],
)
def test_an_order_is_read(clause: str, expected: Order) -> None:
    assert parse_order(clause) == expected


@pytest.mark.parametrize("clause", ["", "metrics.a b", "x y desc", "nonsense.x desc"])
def test_an_order_that_cannot_be_read_is_refused(clause: str) -> None:
    with pytest.raises(MlflowError):
        parse_order(clause)
