"""Where windows begin and end, also when the clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets.monitors import windows
from studiolo.studio.datasets.monitors.windows import FREQUENCIES, Frequency

PRAGUE = windows.zone("Europe/Prague")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_days_are_23_and_25_hours_long_when_the_clocks_change() -> None:
    spring = windows.containing(at("2026-03-29T12:00"), "day", PRAGUE)
    autumn = windows.containing(at("2026-10-25T12:00"), "day", PRAGUE)
    assert (spring.start, spring.end) == (at("2026-03-28T23:00"), at("2026-03-29T22:00"))
    assert autumn.end - autumn.start == timedelta(hours=25)


def test_hours_that_happen_twice_are_two_windows() -> None:
    found = list(windows.between(at("2026-10-24T22:00"), at("2026-10-25T23:00"), "hour", PRAGUE))
    assert len(found) == 25
    assert all(one.end - one.start == timedelta(hours=1) for one in found)


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    week = windows.containing(at("2026-11-25T10:00"), "week", PRAGUE)
    assert week.start.astimezone(PRAGUE).isoformat() == "2026-11-23T00:00:00+01:00"
    month = windows.containing(at("2026-03-31T23:30"), "month", PRAGUE)  # it is April in Prague
    assert month.start.astimezone(PRAGUE).isoformat() == "2026-04-01T00:00:00+02:00"


def test_a_zone_of_half_hours_and_a_midnight_that_does_not_exist() -> None:
    india = windows.containing(at("2026-01-01T10:10"), "hour", windows.zone("Asia/Kolkata"))
    assert india.start == at("2026-01-01T09:30")
    # in Beirut, clocks went from 00:00 to 01:00 on 2021-03-28
    beirut = windows.containing(at("2021-03-28T12:00"), "day", windows.zone("Asia/Beirut"))
    assert beirut.end - beirut.start == timedelta(hours=23)


@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Prague", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_windows_follow_each_other_without_gaps_and_are_counted_right(frequency: Frequency, zone: str) -> None:
    where = windows.zone(zone)
    start, end = at("2018-01-17T13:40"), at("2018-12-03T05:10") if frequency == "hour" else at("2021-12-03T05:10")
    found = list(windows.between(start, end, frequency, where))
    assert all(a.end == b.start for a, b in pairwise(found))
    assert found[0].start <= start < found[0].end
    assert found[-1].start < end <= found[-1].end
    assert windows.count(start, end, frequency, where) == len(found)
    assert windows.preceding(found[3], frequency, where) == found[2]


def test_a_zone_that_is_none_is_refused_by_name() -> None:
    for name in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(Invalid, match="no time zone"):
            windows.zone(name)
