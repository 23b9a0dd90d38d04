"""Quality rules: what each finds, what holds a version back, what is told, and when it is asked."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.events import outbox
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.quality import reconcile, service, yaml_form
from studiolo.studio.datasets.quality.errors import BadRule, NoRules
from studiolo.studio.datasets.quality.schemas import CheckReport, CheckRequest, QualitySettings
from studiolo.studio.workspace.notices import service as notices
from tests.kernel.test_yaml_text import bomb
from tests.studio.datasets.monitors.made import FIRST, clocked, dataset, fail, queued, run_all

GOOD = b"""id,name,age,kind,at
1,Ann,30,a,2026-01-01 10:00:00
2,Bob,41,b,2026-01-01 11:00:00
3,Cyd,25,a,2026-01-01 12:00:00
"""
BAD = b"""id,name,age,kind,at
1,Ann,30,a,2026-01-01 10:00:00
2,"two
lines",141,b,2026-01-01 11:00:00
2,,25,zz,2026-01-01 12:00:00
4,Dan,,a,2026-01-01 13:00:00
"""
RULES: list[dict[str, Any]] = [
    {"type": "not_null", "column": "name"},
    {"type": "unique", "columns": ["id"], "severity": "block"},
    {"type": "range", "column": "age", "min": 0, "max": 120, "severity": "block"},
    {"type": "set", "column": "kind", "values": ["a", "b"]},
    {"type": "regex", "column": "name", "pattern": "[A-Z][a-z]+"},
    {"type": "row_count", "min": 2, "max": 10},
    {"type": "schema", "columns": [{"name": "id", "type": "integer"}, {"name": "kind"}]},
    {"type": "freshness", "column": "at", "hours": 48},
]


def keep(ctx: Context, rules: list[dict[str, Any]] = RULES, **more: Any) -> None:
    service.keep(ctx, "sales", QualitySettings.model_validate({"rules": rules, **more}))


def settle(ctx: Context, folder: Path) -> None:
    while reconcile.tick(ctx) or run_all(ctx, "quality", folder):
        pass


def newest(ctx: Context) -> CheckReport:
    return service.report(ctx, "sales", service.history(ctx, "sales").items[0].id)


def test_each_rule_finds_what_breaks_it_and_where(ctx: Context, tmp_path: Path) -> None:
    ctx, _ = clocked(ctx, days=1)
    dataset(ctx, data=BAD)
    keep(ctx)
    service.check_now(ctx, "sales", CheckRequest())
    settle(ctx, tmp_path)
    found = newest(ctx)
    assert found.report is not None
    results = {one.type: one for one in found.report.results}
    outcomes = {kind: one.outcome for kind, one in results.items()}
    assert outcomes == {
        "not_null": "failed",
        "unique": "failed",
        "range": "failed",
        "set": "failed",
        "regex": "failed",
        "row_count": "passed",
        "schema": "passed",
        "freshness": "passed",
    }
    assert (found.check.state, found.check.broken) == ("failed", 5)
    high = results["range"]
    assert (high.checked, high.failed) == (3, 1)  # the missing one does not count
    assert (high.examples[0].values, high.examples[0].row, high.examples[0].line) == ({"age": 141}, 2, 3)
    assert results["set"].examples[0].line == 5  # a quoted value with a line end in it comes before
    assert results["unique"].examples[0].values == {"id": 2, "rows": 2}
    assert "11.0 hours" in results["freshness"].said


def test_a_version_that_breaks_a_blocking_rule_is_not_the_newest(any_ctx: Context, tmp_path: Path) -> None:
    ctx, _ = clocked(any_ctx, days=1)
    dataset(ctx, data=GOOD)
    keep(ctx, recipients=["ann@example.org"])
    made = dataset(ctx, data=BAD)
    assert (made.version, made.quality) == (2, "held")
    assert datasets.get(ctx, "sales").version == 1  # held back until it is checked
    assert datasets.get_dataset(ctx, "sales").version == 1
    settle(ctx, tmp_path)
    assert datasets.get(ctx, "sales", 2).quality == "rejected"
    assert datasets.get(ctx, "sales").version == 1
    told = notices.list_notices(ctx).items
    assert [(one.severity, one.title) for one in told] == [("problem", "sales:2 was held back")]
    assert [one.to for one in notices.outbox(ctx).items] == ["ann@example.org"]
    with ctx.db.read() as tx:
        said = [event for event in outbox.after(tx, 0, 1000) if event.kind == "quality.failed"]
    assert [event.data["severity"] for event in said] == ["block"]
    better = dataset(ctx, data=GOOD + b"4,Dan,33,b,2026-01-01 13:00:00\n")
    assert (better.version, better.quality) == (3, "held")
    settle(ctx, tmp_path)
    assert datasets.get(ctx, "sales").version == 3
    assert datasets.get_dataset(ctx, "sales").version == 3
    assert notices.list_notices(ctx).items[0].title == "sales:3 keeps its rules again"
    service.accept(ctx, "sales", 2)
    assert datasets.get(ctx, "sales", 2).quality == "accepted"


def test_a_check_that_cannot_be_done_lets_nothing_through(ctx: Context) -> None:
    dataset(ctx, data=GOOD)
    keep(ctx)
    dataset(ctx, data=BAD)
    reconcile.tick(ctx)
    fail(ctx, queued(ctx, "quality")[0], "out of memory")
    reconcile.tick(ctx)
    assert datasets.get(ctx, "sales", 2).quality == "rejected"
    assert datasets.get(ctx, "sales").version == 1
    assert notices.list_notices(ctx).items[0].text == "out of memory"
    assert not reconcile.tick(ctx)  # nor is it tried for ever


def test_rules_that_warn_hold_nothing_back(ctx: Context, tmp_path: Path) -> None:
    dataset(ctx, data=GOOD)
    keep(ctx, [{"type": "range", "column": "age", "max": 120}])
    assert dataset(ctx, data=BAD).quality == "due"
    assert datasets.get(ctx, "sales").version == 2
    settle(ctx, tmp_path)
    assert datasets.get(ctx, "sales").quality == "warned"


def test_a_first_version_is_there_even_when_it_is_refused(ctx: Context, tmp_path: Path) -> None:
    dataset(ctx, data=BAD)
    keep(ctx)
    service.check_now(ctx, "sales", CheckRequest())
    settle(ctx, tmp_path)
    assert datasets.get(ctx, "sales").quality == "failed"  # in use already: it stays in use


def test_tolerance_is_a_share_of_the_rows(ctx: Context, tmp_path: Path) -> None:
    dataset(ctx, data=BAD)
    keep(
        ctx,
        [
            {"type": "not_null", "column": "name", "tolerance": 0.25},
            {"type": "not_null", "column": "age", "tolerance": 0.2},
        ],
    )
    service.check_now(ctx, "sales", CheckRequest())
    settle(ctx, tmp_path)
    report = newest(ctx).report
    assert report is not None
    assert [(one.outcome, one.failed) for one in report.results] == [("passed", 1), ("failed", 1)]


def test_the_schedule_asks_each_window_once(ctx: Context, tmp_path: Path) -> None:
    ctx, clock = clocked(ctx)
    dataset(ctx, data=GOOD)
    keep(ctx, [{"type": "freshness", "column": "at", "hours": 24}], frequency="day")
    assert not reconcile.tick(ctx)
    assert service.get(ctx, "sales").next_at == FIRST + timedelta(days=1)
    clock.time = FIRST + timedelta(days=1, seconds=1)
    settle(ctx, tmp_path)
    assert service.get(ctx, "sales").next_at == FIRST + timedelta(days=2)  # the very next one: none is passed over
    clock.time = FIRST + timedelta(days=5)
    settle(ctx, tmp_path)
    assert service.get(ctx, "sales").next_at == FIRST + timedelta(days=6)
    assert [(one.state, one.origin) for one in service.history(ctx, "sales").items] == [
        ("warned", "schedule"),
        ("passed", "schedule"),
    ]


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "not_null", "column": "gone"},
        {"type": "range", "column": "age"},
        {"type": "range", "column": "age", "min": 5, "max": 1},
        {"type": "range", "column": "age", "min": "low"},
        {"type": "range", "column": "at", "min": "yesterday"},
        {"type": "set", "column": "age", "values": ["old"]},
        {"type": "regex", "column": "name", "pattern": "(a"},
        {"type": "regex", "column": "name", "pattern": "(?=a)b"},
        {"type": "unique", "columns": ["id", "id"]},
        {"type": "freshness", "column": "age", "hours": 3},
        {"type": "row_count"},
    ],
)
def test_a_rule_that_cannot_be_used_is_named(ctx: Context, rule: dict[str, Any]) -> None:
    dataset(ctx, data=GOOD)
    with pytest.raises(BadRule, match="Rule 2") as raised:
        keep(ctx, [{"type": "row_count", "min": 1}, rule])
    assert raised.value.field == "rules.1"
    assert service.get(ctx, "sales").rules == []


def test_rules_go_to_yaml_and_back(ctx: Context) -> None:
    settings = QualitySettings.model_validate({"rules": RULES, "frequency": "day", "recipients": ["a@b.example"]})
    assert yaml_form.load(yaml_form.dump(settings)) == settings
    for text in (
        "{",
        "rules: 3",
        "- {type: nothing}",
        "rules: [{type: row_count, min: -1}]",
        "a: &a [*a]",
        bomb("rules"),
        bomb("frequency"),
    ):
        with pytest.raises(BadRule):
            yaml_form.load(text)


@pytest.mark.parametrize(
    ("text", "field", "detail", "hint"),
    [
        ("- {type: rang, column: a}", "rules.0", "There is no type of rule 'rang'.", "Did you mean 'range'?"),
        ("- {type: nothing}", "rules.0", "There is no type of rule 'nothing'.", "There are: not_null, unique, range"),
        (
            "- {type: row_count, min: 1, severity: x}",
            "rules.0.row_count.severity",
            "Input should be 'warn'",
            "A rule of the type row_count has: ",
        ),
        (
            "- {kind: range, column: a}",
            "rules.0",
            "Rule 1 says no `type`.",
            "Write `type: not_null`; there are: not_null, unique",
        ),
        (
            "- {type: not_null, column: a}\n- {type: range, column: a, minimum: 3}",
            "rules.1.range.minimum",
            "Rule 2, of the type range, has no field 'minimum'.",
            "There are: severity, title, tolerance, type, column, min, max.",
        ),
        ("- {type: range}", "rules.0.range.column", "Rule 1 says no `column`, which the type range needs.", "Write it"),
        ("- 3", "rules.0", "Rule 1 has no fields.", "Compare it with"),
        ("{rules: {a: 1}}", "rules", "This is no list.", "Compare it with"),
        ("{rule: []}", "rule", "There is no 'rule'.", "Did you mean 'rules'?"),
        (
            "{recipients: [ann]}",
            "recipients.0",
            "'ann' is no mail address, such as ann@example.org.",
            "Compare it with",
        ),
    ],
)
def test_what_is_wrong_in_rules_is_said_plainly(text: str, field: str, detail: str, hint: str) -> None:
    with pytest.raises(BadRule) as raised:
        yaml_form.load(text)
    assert raised.value.field == field
    assert raised.value.detail.startswith(detail)
    assert raised.value.hint.startswith(hint)


def test_the_column_that_was_meant_is_named(ctx: Context) -> None:
    dataset(ctx, data=GOOD)
    with pytest.raises(BadRule, match=r"no column 'agee'; did you mean 'age'\?"):
        keep(ctx, [{"type": "not_null", "column": "agee"}])


def test_the_shell_says_that_a_new_version_is_held_back(ctx: Context, cli: Any, tmp_path: Path) -> None:
    dataset(ctx, data=GOOD)
    file = tmp_path / "sales.csv"
    file.write_bytes(GOOD + b"9,Eva,30,a,2026-01-01 13:00:00\n")
    assert "blocking" not in cli("datasets", "create", str(file), "--name", "sales").output
    keep(ctx)
    file.write_bytes(BAD)
    told = " ".join(cli("datasets", "create", str(file), "--name", "sales").output.split())
    assert "its blocking rules are being checked" in told
    assert "studiolo datasets quality report sales" in told


def test_there_is_nothing_to_check_without_rules(ctx: Context) -> None:
    dataset(ctx, data=GOOD)
    with pytest.raises(NoRules):
        service.check_now(ctx, "sales", CheckRequest())


def test_command_line(ctx: Context, cli: Any, tmp_path: Path) -> None:
    dataset(ctx, data=GOOD)
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n- {type: range, column: age, max: 40, severity: block}\n")
    assert cli("datasets", "quality", "set", "sales", str(file)).exit_code == 0
    assert "age is at most 40" in cli("datasets", "quality", "show", "sales").output
    assert "max: 40" in cli("datasets", "quality", "export", "sales").output
    assert cli("datasets", "quality", "check", "sales", "--no-wait").exit_code == 0
    settle(ctx, tmp_path)
    assert "41" in cli("datasets", "quality", "report", "sales").output
    assert "failed" in cli("datasets", "quality", "history", "sales").output
    assert cli("datasets", "quality", "accept", "sales:1").exit_code == 0
