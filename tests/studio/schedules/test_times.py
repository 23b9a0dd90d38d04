"""When triggers fire: cron and recurrences in zones whose clocks change, compared with a walk minute by minute."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from studiolo.studio.schedules import times, zones
from studiolo.studio.schedules.errors import BadSchedule
from studiolo.studio.schedules.schemas import Cron, Recurrence

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def cron(expression: str, zone: str = "UTC", **rest: object) -> Cron:
    found = times.settled(Cron.model_validate({"expression": expression, "zone": zone, **rest}), NOW)
    assert isinstance(found, Cron)
    return found


def recurrence(**given: object) -> Recurrence:
    found = times.settled(Recurrence.model_validate(given), NOW)
    assert isinstance(found, Recurrence)
    return found


def shown(trigger: Cron | Recurrence, begin: str, count: int) -> list[str]:
    where = ZoneInfo(trigger.zone)
    return [due.astimezone(where).isoformat()[5:] for due in times.upcoming(trigger, moment(begin), count)]


def fits(fields: list[str], wall: datetime) -> bool:
    """Read a line of cron in the plainest way: stars, lists, ranges, steps."""

    def holds(text: str, value: int, first: int) -> bool:
        for part in text.split(","):
            body, _, step = part.partition("/")
            low, _, high = (str(first), "-", "99") if body == "*" else body.partition("-")
            if int(low) <= value <= int(high or low) and (value - int(low)) % int(step or 1) == 0:
                return True
        return False

    values = (wall.minute, wall.hour, wall.day, wall.month, (wall.weekday() + 1) % 7)
    return all(holds(text, value, first) for text, value, first in zip(fields, values, (0, 0, 1, 1, 0), strict=True))


# zone, a moment before the clock is put forward, a time of the day that does not come, what is fired instead
GAPS = [
    ("America/New_York", "2026-03-07T12:00-05:00", "30 2", "03-08T03:00:00-04:00"),
    ("Europe/Berlin", "2026-03-28T12:00+01:00", "30 2", "03-29T03:00:00+02:00"),
    ("Australia/Lord_Howe", "2026-10-03T12:00+10:30", "15 2", "10-04T02:30:00+11:00"),
]
# zone, a moment before it is put back, a time that comes twice, the first of the two
OVERLAPS = [
    ("America/New_York", "2026-10-31T12:00-04:00", "30 1", "11-01T01:30:00-04:00"),
    ("Europe/Berlin", "2026-10-24T12:00+02:00", "30 2", "10-25T02:30:00+02:00"),
    ("Australia/Lord_Howe", "2026-04-04T12:00+11:00", "45 1", "04-05T01:45:00+11:00"),
]


@pytest.mark.parametrize(("zone", "before", "clock", "expected"), GAPS + OVERLAPS)
@pytest.mark.parametrize("kind", ["cron", "recurrence"])
def test_a_time_that_does_not_come_or_comes_twice_fires_once(
    zone: str, before: str, clock: str, expected: str, kind: str
) -> None:
    minute, hour = clock.split()
    if kind == "cron":
        trigger: Cron | Recurrence = cron(f"{minute} {hour} * * *", zone)
    else:
        trigger = recurrence(frequency="day", hours=[int(hour)], minutes=[int(minute)], zone=zone)
    found = shown(trigger, before, 2)
    assert found[0] == expected
    assert found[1][:5] == (moment(before) + timedelta(days=2)).astimezone(ZoneInfo(zone)).isoformat()[5:10]
    assert f"T{int(hour):02}:{int(minute):02}" in found[1]


@pytest.mark.parametrize(("zone", "before"), [(zone, before) for zone, before, _, _ in GAPS + OVERLAPS])
@pytest.mark.parametrize("expression", ["0,30 1,2 * * *", "*/20 1-3 * * *", "15 */2 * * 0", "0 0 * * *"])
def test_times_of_day_are_those_of_a_walk_by_the_minute(zone: str, before: str, expression: str) -> None:
    """Each wall time of two days at its first moment; those that no clock shows at the change."""
    trigger, where = cron(expression, zone), ZoneInfo(zone)
    begin = moment(before)
    minutes = [begin + timedelta(minutes=n) for n in range(1, 3 * 24 * 60)]
    first: dict[datetime, datetime] = {}
    for one in minutes:
        first.setdefault(one.astimezone(where).replace(tzinfo=None, fold=0), one)
    change = next(
        (b for a, b in pairwise(minutes) if a.astimezone(where).utcoffset() != b.astimezone(where).utcoffset()),
        None,
    )
    fields = expression.split()
    wall, last = min(first), max(first)
    expected = set()
    while (wall := wall + timedelta(minutes=1)) <= last:
        if not fits(fields, wall):
            continue
        due = first.get(wall, change)
        assert due is not None
        expected.add(due)
    found = times.upcoming(trigger, begin, len(expected))
    assert found == sorted(expected)


@pytest.mark.parametrize(("zone", "before"), [(zone, before) for zone, before, _, _ in GAPS + OVERLAPS])
@pytest.mark.parametrize("hours", ["*", "0-23", "*/1"])
def test_a_line_for_every_hour_counts_real_time(zone: str, before: str, hours: str) -> None:
    found = times.upcoming(cron(f"*/30 {hours} * * *", zone), moment(before), 96)
    assert {b - a for a, b in pairwise(found)} == {timedelta(minutes=30)}


@pytest.mark.parametrize(
    ("given", "begin", "expected"),
    [
        (
            {"frequency": "minute", "interval": 90, "start": "2026-01-01T00:00Z"},
            "2026-01-01T01:29Z",
            ["01:30", "03:00"],
        ),
        ({"frequency": "hour", "interval": 5, "start": "2026-01-01T00:10Z"}, "2026-01-01T00:10Z", ["05:10", "10:10"]),
        (
            {"frequency": "day", "interval": 3, "start": "2026-01-01T06:15Z"},
            "2026-01-01T06:15Z",
            ["04T06:15", "07T06:15"],
        ),
        (
            {"frequency": "day", "hours": [4], "start": "2026-01-01T06:15Z"},
            "2026-01-01T06:15Z",
            ["02T04:00", "03T04:00"],
        ),
        (
            {
                "frequency": "week",
                "interval": 2,
                "week_days": ["monday", "thursday"],
                "hours": [9],
                "start": "2026-01-01T00:00Z",
            },
            "2026-01-01T00:00Z",
            ["01-01T09:00", "01-12T09:00", "01-15T09:00", "01-26T09:00"],
        ),
        (
            {"frequency": "month", "month_days": [31], "hours": [0], "minutes": [5, 1], "start": "2026-01-01T00:00Z"},
            "2026-01-01T00:00Z",
            ["01-31T00:01", "01-31T00:05", "03-31T00:01"],
        ),
        (
            {"frequency": "month", "interval": 3, "start": "2026-01-30T08:00Z"},
            "2026-01-30T08:00Z",
            ["04-30T08:00", "07-30T08:00"],
        ),
    ],
)
def test_recurrences(given: dict[str, object], begin: str, expected: list[str]) -> None:
    found = shown(recurrence(**given), begin, len(expected))
    assert all(part in one for part, one in zip(expected, found, strict=True)), found


def test_windows_names_and_bounds_without_an_offset_are_of_the_zone() -> None:
    trigger = cron("0 9 * * *", "Pacific Standard Time", start="2026-06-01T00:00:00", end="2026-06-02T09:00:00")
    assert trigger.zone == "America/Los_Angeles"
    assert shown(trigger, "2026-01-01T00:00Z", 5) == ["06-01T09:00:00-07:00", "06-02T09:00:00-07:00"]
    assert zones.iana("w. europe standard time") == "Europe/Berlin"


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"expression": "0 0 31 2 *"}, "trigger.expression", "never fires"),
        ({"expression": "0 0 30 2 *"}, "trigger.expression", "never fires"),
        ({"expression": "0 0 31 4,6 *"}, "trigger.expression", "never fires"),
        ({"expression": "61 0 * * *"}, "trigger.expression", "bad minute"),
        ({"expression": "* * * *"}, "trigger.expression", "4 fields"),
        ({"expression": "0 0 0 * * *"}, "trigger.expression", "6 fields"),
        ({"expression": "0 0 * * *", "zone": "Mars/Base"}, "trigger.zone", "no time zone"),
        ({"expression": "0 0 * * *", "zone": "../../etc/passwd"}, "trigger.zone", "no time zone"),
        ({"expression": "0 0 1 1 *", "end": "2026-06-01T00:00Z"}, "trigger.end", "never fires"),
        (
            {"expression": "0 0 * * *", "start": "2026-03-01T00:00Z", "end": "2026-02-01T00:00Z"},
            "trigger.end",
            "ends before",
        ),
        ({"expression": "0 0 * * *", "start": "0001-01-01T00:00", "zone": "Asia/Tokyo"}, "trigger.start", "year is 1."),
        ({"expression": "0 0 * * *", "end": "9999-12-31T23:59", "zone": "America/New_York"}, "trigger.end", "9999"),
    ],
)
def test_a_line_that_cannot_be_or_never_fires_is_refused_with_its_field(
    given: dict[str, str], field: str, says: str
) -> None:
    with pytest.raises(BadSchedule) as caught:
        times.settled(Cron.model_validate(given), NOW)
    assert caught.value.field == field
    assert says in caught.value.detail


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (
            {"frequency": "month", "interval": 12, "month_days": [30], "start": "2026-02-01T00:00Z"},
            "trigger.month_days",
        ),
        ({"frequency": "hour", "minutes": [5]}, "trigger.minutes"),
        ({"frequency": "day", "week_days": ["monday"]}, "trigger.week_days"),
        ({"frequency": "day", "end": "2025-01-01T00:00Z"}, "trigger.end"),
        ({"frequency": "day", "start": "9999-12-31T00:00"}, "trigger.start"),
        ({"frequency": "month", "interval": 10_000, "start": "9000-12-31T00:00"}, "trigger.start"),
    ],
)
def test_a_recurrence_without_meaning_is_refused_with_its_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(BadSchedule) as caught:
        times.settled(Recurrence.model_validate(given), NOW)
    assert caught.value.field == field


@pytest.mark.parametrize("frequency", ["minute", "hour", "day", "week", "month"])
def test_the_longest_recurrence_from_the_last_year_stays_in_the_calendar(frequency: str) -> None:
    far = recurrence(frequency=frequency, interval=10_000, start="2999-12-31T23:59Z")
    assert times.upcoming(far, NOW, 5)[0] == moment("2999-12-31T23:59Z")
