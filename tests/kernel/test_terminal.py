"""Tables of the command line: what a person reads of a moment."""

import json
from datetime import UTC, datetime

import pytest

from studiolo.kernel.terminal import Output, show

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
SHOWN = f"{MOMENT.astimezone():%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    "value",
    [MOMENT, MOMENT.isoformat(), "2026-03-01T12:30:15.123456Z", {"since": MOMENT.isoformat()}, [{"since": MOMENT}]],
)
@pytest.mark.parametrize("many", [True, False], ids=["table", "noun"])
def test_a_moment_is_shown_in_seconds(value: object, many: bool, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"name": "a", "at": value}
    show([row] if many else row, output=Output.table)
    printed = capsys.readouterr().out
    assert SHOWN in printed
    assert "123456" not in printed


def test_scripts_get_the_whole_moment(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"at": MOMENT.isoformat()}], output=Output.json)
    assert json.loads(capsys.readouterr().out) == [{"at": MOMENT.isoformat()}]
