"""Where windows begin and end: hours, days, weeks and months of a time zone, right over changes of the clock. Pure functions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from studiolo.kernel.errors import Invalid

Frequency = Literal["hour", "day", "week", "month"]
FREQUENCIES: tuple[Frequency, ...] = ("hour", "day", "week", "month")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
}


class Window(NamedTuple):
    """From `start` up to, and without, `end`; both in UTC."""

    start: datetime
    end: datetime


def zone(name: str) -> ZoneInfo:
    """Return a time zone; raises Invalid for a name that the machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            f"There is no time zone '{name[:60]}'.", "Use a name such as UTC or Europe/Prague.", field="zone"
        ) from None


def containing(moment: datetime, frequency: Frequency, where: ZoneInfo) -> Window:
    """Return the window that a moment lies in."""
    if frequency == "hour":
        start = moment.astimezone(UTC) - (moment.astimezone(UTC) + _minutes(where) - _EPOCH) % timedelta(hours=1)
        return Window(start, start + timedelta(hours=1))
    day = moment.astimezone(where).replace(hour=0, minute=0, second=0, microsecond=0, fold=0, tzinfo=None)
    if frequency == "week":
        day -= timedelta(days=day.weekday())
    elif frequency == "month":
        day = day.replace(day=1)
    return Window(_instant(day, where), _instant(_following(day, frequency), where))


def following(window: Window, frequency: Frequency, where: ZoneInfo) -> Window:
    """Return the window after one."""
    return containing(window.end, frequency, where)


def preceding(window: Window, frequency: Frequency, where: ZoneInfo) -> Window:
    """Return the window before one."""
    return containing(window.start - timedelta(microseconds=1), frequency, where)


def between(start: datetime, end: datetime, frequency: Frequency, where: ZoneInfo) -> Iterator[Window]:
    """Yield the windows that begin at or after `start`'s own window and before `end`, oldest first."""
    window = containing(start, frequency, where)
    while window.start < end:
        yield window
        window = following(window, frequency, where)


def count(start: datetime, end: datetime, frequency: Frequency, where: ZoneInfo) -> int:
    """Return how many windows `between` yields, without walking them one by one."""
    first = containing(start, frequency, where)
    if first.start >= end:
        return 0
    last = containing(end - timedelta(microseconds=1), frequency, where)
    if frequency == "month":
        a, b = first.start.astimezone(where), last.start.astimezone(where)
        return (b.year - a.year) * 12 + b.month - a.month + 1
    return (
        round((last.start - first.start) / _LONGEST[frequency]) + 1
    )  # a change of the clock moves less than half a day


def written(moment: datetime, where: ZoneInfo) -> datetime:
    """Return a moment as a column without zones has it."""
    return moment.astimezone(where).replace(tzinfo=None)


def _minutes(where: ZoneInfo) -> timedelta:
    """Return by how much the zone's hours begin beside those of UTC; the same all year, also where clocks move by half an hour."""
    return _EPOCH.astimezone(where).utcoffset() or timedelta()


def _following(day: datetime, frequency: Frequency) -> datetime:
    if frequency == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day + timedelta(days=7 if frequency == "week" else 1)


def _instant(local: datetime, where: ZoneInfo) -> datetime:
    """Return when a clock of the zone shows this; where it is skipped, when the clock was put forward."""
    return local.replace(tzinfo=where).astimezone(UTC)
