"""Quality rules in SQL: what they find, where they run, and what is said of SQL that cannot be run."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.quality import custom, exchange, service, yaml_form
from studiolo.studio.datasets.quality.errors import BadRule
from studiolo.studio.datasets.quality.rules import RuleResult
from studiolo.studio.datasets.quality.schemas import CheckReport, CheckRequest, QualitySettings
from studiolo.studio.experiments import service as experiments
from tests.studio.datasets.monitors.made import clocked, dataset
from tests.studio.datasets.quality.test_quality import GOOD, keep, newest, settle
from tests.studio.experiments.jobs import ended

ROWS = b"""id,name,age,kind
1,Ann,30,a
2,Bob,141,b
3,Cyd,,a
4,Dan,-2,b
5,Eve,150,a
"""


def checked(ctx: Context, folder: Path, *rules: dict[str, Any]) -> list[RuleResult]:
    ctx, _ = clocked(ctx, days=1)
    dataset(ctx, data=ROWS)
    keep(ctx, [{"type": "sql", **rule} for rule in rules])
    service.check_now(ctx, "sales", CheckRequest())
    settle(ctx, folder)
    found: CheckReport = newest(ctx)
    assert found.report is not None, found.check
    return found.report.results


def test_a_condition_counts_the_rows_for_which_it_does_not_hold(any_ctx: Context, tmp_path: Path) -> None:
    [found] = checked(any_ctx, tmp_path, {"condition": "age BETWEEN 0 AND 120 -- years", "severity": "block"})
    assert (found.outcome, found.checked, found.failed) == ("failed", 5, 3), "NULL counts as good"
    assert [(one.row, one.line, one.values) for one in found.examples] == [
        (2, 3, {"age": 141}),
        (4, 5, {"age": -2}),
        (5, 6, {"age": 150}),
    ]
    assert found.title == "age BETWEEN 0 AND 120 -- years"
    assert "3 of 5 rows break it" in found.said


def test_a_query_returns_the_rows_that_break_the_rule(ctx: Context, tmp_path: Path) -> None:
    query = (
        "WITH old AS (SELECT * FROM data WHERE age > 100) SELECT kind, count(*) AS n FROM old GROUP BY kind ORDER BY 1;"
    )
    named = {"query": "SELECT * FROM sales WHERE id > (SELECT avg(id) FROM data)", "title": "ids are low"}
    first, second, none = checked(ctx, tmp_path, {"query": query}, named, {"query": "FROM data WHERE id < 0"})
    assert (first.outcome, first.failed) == ("failed", 2)
    assert [one.values for one in first.examples] == [{"kind": "a", "n": 1}, {"kind": "b", "n": 1}]
    assert (second.title, second.failed) == ("ids are low", 2)
    assert second.examples[0].values == {"id": 4, "name": "Dan", "age": -2, "kind": "b"}
    assert (none.outcome, none.failed, none.examples) == ("passed", 0, [])


@pytest.mark.parametrize(
    ("threshold", "outcome"),
    [
        ({"max_failed": 3}, "passed"),
        ({"max_failed": 2}, "failed"),
        ({"max_failed": 0}, "failed"),
        ({"tolerance": 0.6}, "passed"),
        ({"tolerance": 0.59}, "failed"),
    ],
)
def test_so_many_rows_or_such_a_share_may_break_it(
    ctx: Context, tmp_path: Path, threshold: dict[str, Any], outcome: str
) -> None:
    [found] = checked(ctx, tmp_path, {"condition": "age BETWEEN 0 AND 120", **threshold})
    assert (found.outcome, found.failed) == (outcome, 3)


@pytest.mark.parametrize(
    ("rule", "field", "says"),
    [
        ({"condition": "agee > 0"}, "condition", r'agee.*Fare >= 0\. Columns: "id", "name", "age", "kind"'),
        ({"condition": "age >"}, "condition", "condition: .*Write what holds"),
        ({"condition": "sum(age) > 3"}, "condition", "condition: .*aggregate"),
        ({"query": "SELECT * FROM other"}, "query", "query: .*other.*FROM data"),
        ({"query": "DELETE FROM data"}, "query", "query: "),
        ({"query": "SELECT 1) ; DROP TABLE data; SELECT (1"}, "query", "query: "),
        ({"query": "SELECT * FROM read_csv('/etc/passwd')"}, "query", "query: "),
        ({"query": "SELECT * FROM query('SELECT 1')"}, "query", "query: .*not available"),
    ],
)
def test_sql_that_cannot_be_run_is_refused_with_the_field_and_the_fix(
    ctx: Context, rule: dict[str, Any], field: str, says: str
) -> None:
    dataset(ctx, data=ROWS)
    with pytest.raises(BadRule, match=says) as error:
        keep(ctx, [{"type": "not_null", "column": "id"}, {"type": "sql", **rule}])
    assert error.value.field == f"rules.1.{field}"
    assert "Rule 2" in error.value.detail
    assert service.get(ctx, "sales").rules == []


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({}, "either a `condition`"),
        ({"condition": " ", "query": ""}, "either a `condition`"),
        ({"condition": "true", "query": "SELECT 1"}, "either a `condition`"),
        ({"condition": "true", "max_failed": 1, "tolerance": 0.1}, "either `max_failed`"),
    ],
)
def test_a_rule_says_one_thing(ctx: Context, rule: dict[str, Any], says: str) -> None:
    dataset(ctx, data=ROWS)
    with pytest.raises(BadRule, match=says):
        keep(ctx, [{"type": "sql", **rule}])


def test_what_takes_too_long_or_too_much_is_ended_and_the_other_rules_are_checked(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom, "check", lambda *_: None)  # what a table with rows does a table without does not
    small = custom.Bounds(dataset="sales", seconds=2, memory=300 << 20)
    monkeypatch.setattr(custom.Bounds, "of_job", lambda: small)
    endless = "SELECT sum(r.range % 7) FROM range(1000000000000) r"
    huge = "SELECT repeat(name, 400000000 + id) AS x FROM data"
    slow, big, fine = checked(
        ctx, tmp_path, {"query": f"SELECT * FROM data WHERE ({endless}) < 0"},
        {"query": f"SELECT x FROM ({huge}) WHERE x LIKE '%never%'"}, {"condition": "id > 0"},
    )  # fmt: skip
    assert slow.outcome == "error"
    assert "STUDIOLO_SQL_SECONDS" in slow.said
    assert big.outcome == "error"
    assert fine.outcome == "passed"


def test_a_rule_that_no_longer_fits_says_so_in_the_report(ctx: Context, tmp_path: Path) -> None:
    ctx, _ = clocked(ctx, days=1)
    dataset(ctx, data=GOOD)
    keep(ctx, [{"type": "sql", "condition": "id > 0", "severity": "block"}])
    made = dataset(ctx, data=b"number\n1\n")
    settle(ctx, tmp_path)
    found = newest(ctx)
    assert found.report is not None
    [result] = found.report.results
    assert result.outcome == "error"
    assert "condition: " in result.said
    assert 'Columns: "number".' in result.said
    assert datasets.get(ctx, "sales", made.version).quality == "rejected"


def test_a_real_job_checks_it(ctx: Context) -> None:
    dataset(ctx, data=ROWS)
    keep(ctx, [{"type": "sql", "condition": "age < 120", "title": "nobody is that old"}])
    check = service.check_now(ctx, "sales", CheckRequest())
    assert check.run_id
    done = ended(ctx, experiments.get(ctx, check.run_id))
    assert done.state == "Completed", done.error
    spec = experiments.spec(ctx, done.id)
    assert spec is not None
    bounds = custom.Bounds.model_validate_json(spec.env[custom.BOUNDS])
    assert (bounds.dataset, bounds.seconds) == ("sales", ctx.settings.sql_seconds)
    log = (ctx.settings.attempts / done.id / "1" / "log.txt").read_text()
    assert "failed warn  nobody is that old. 2 of 5 rows break it" in log
    assert exchange.RESULT_FILE == "quality.json"


def test_the_rule_is_written_in_yaml_python_http_and_by_the_command_line(
    ctx: Context, studio: Studio, client: TestClient, cli: Callable[..., Result], tmp_path: Path
) -> None:
    dataset(ctx, data=ROWS)
    rule = {"type": "sql", "title": "young", "condition": "age < 120", "max_failed": 1}
    assert studio.datasets.quality.set("sales", [rule]).titles == ["young"]
    text = yaml_form.dump(QualitySettings.model_validate({"rules": [rule]}))
    assert yaml_form.load(text).rules == studio.datasets.quality.get("sales").rules
    file = tmp_path / "rules.yaml"
    file.write_text(
        "rules:\n- {type: sql, query: SELECT * FROM data WHERE age > 100, tolerance: 0.1, severity: block}\n"
    )
    answer = cli("datasets", "quality", "set", "sales", str(file), "-o", "json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["titles"] == ["no rows of SELECT * FROM data WHERE age > 100 in 90% of the rows"]
    file.write_text("rules:\n- {type: sql, condition: agee > 1}\n")
    refused = cli("datasets", "quality", "set", "sales", str(file))
    assert refused.exit_code != 0
    body = {"rules": [{"type": "sql", "condition": "agee > 1"}]}
    reply = client.put("/w/default/api/datasets/sales/quality", json=body)
    assert (reply.status_code, reply.json()["field"]) == (422, "rules.0.condition")
    assert os.environ.get(custom.BOUNDS) is None
