"""Tables of the command line: what a person reads of a moment."""

import json
from datetime import UTC, datetime

import pytest

from studiolo.kernel.terminal import Output, show, size

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


@pytest.mark.parametrize("many", [True, False], ids=["table", "noun"])
def test_bytes_are_shown_as_people_read_them(many: bool, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"memory_bytes": 25_275_924_480, "used_bytes": 1_826_816, "cores": 1_048_576}
    show([row] if many else row, output=Output.table)
    words = capsys.readouterr().out.split()
    assert {"25.3", "GB", "1.8", "MB", "1048576", "memory"} <= {*words}
    show(row, output=Output.json)
    assert json.loads(capsys.readouterr().out) == row


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (250_000, "250 kB"),
        (999_900, "1.0 MB"),
        (3_974_305, "4.0 MB"),
        (5e17, "500 PB"),
    ],
)
def test_bytes_are_written_as_the_pages_write_them(count: float, written: str) -> None:
    """The same figures stand in ui/src/kernel/format.test.ts."""
    assert size(count) == written
