"""When a trigger fires: pure functions from a trigger and a moment to the next moment, right over changes of the clock."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from studiolo.studio.schedules import zones
from studiolo.studio.schedules.errors import BadSchedule
from studiolo.studio.schedules.schemas import WEEK_DAYS, Calendar, Cron, Recurrence

_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_YEARS = 50  # without any time in so many a trigger never fires
_HOURS = 24
_FIRST_YEAR, _LAST_YEAR = 1970, 2999  # of bounds: what is counted from them stays within the calendar of datetime
_TICK = timedelta(microseconds=1)
Timed = Cron | Recurrence


def settled(trigger: Timed, now: datetime) -> Timed:
    """Return a trigger with its zone by IANA's name and its bounds in UTC; raises BadSchedule, which names the field.

    A recurrence without a start begins now, at a whole minute.
    """
    changes: dict[str, Any] = bounds(trigger)
    if isinstance(trigger, Recurrence):
        _check(trigger)
        changes["start"] = changes["start"] or now.replace(second=0, microsecond=0)
    if isinstance(trigger, Cron):
        changes["expression"] = " ".join(trigger.expression.split())
    found = trigger.model_copy(update=changes)
    ordered(found)
    if after(found, now) is None:
        _never(found, now)
    return found


def bounds(trigger: Calendar) -> dict[str, Any]:
    """Return a trigger's zone by IANA's name, and its bounds in UTC; raises BadSchedule."""
    name = zones.iana(trigger.zone)
    where = ZoneInfo(name)
    start, end = _bound(trigger.start, where, "trigger.start"), _bound(trigger.end, where, "trigger.end")
    return {"zone": name, "start": start, "end": end}


def ordered(trigger: Calendar) -> None:
    """Refuse a trigger that ends before it starts."""
    if trigger.start and trigger.end and trigger.end <= trigger.start:
        raise BadSchedule("It ends before it starts.", "Let end_time be later.", field="trigger.end")


def _bound(moment: datetime | None, where: ZoneInfo, field: str) -> datetime | None:
    if moment is None:
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise BadSchedule(
            f"The year is {moment.year}.", f"Give one from {_FIRST_YEAR} to {_LAST_YEAR}, or leave it out.", field=field
        )
    return zones.aware(moment, where)


def after(trigger: Timed, moment: datetime) -> datetime | None:
    """Return the first time later than a moment, in UTC; None when there is none. trigger: settled."""
    if trigger.start and trigger.start > moment:
        moment = trigger.start - _TICK
    where = ZoneInfo(trigger.zone)
    found = _cron(trigger, moment, where) if isinstance(trigger, Cron) else _recurrence(trigger, moment, where)
    return None if found is None or (trigger.end and found > trigger.end) else found


def upcoming(trigger: Timed, moment: datetime, count: int) -> list[datetime]:
    """Return the next times after a moment, at most so many."""
    found: list[datetime] = []
    while len(found) < count and (due := after(trigger, found[-1] if found else moment)) is not None:
        found.append(due)
    return found


def _cron(trigger: Cron, moment: datetime, where: ZoneInfo) -> datetime | None:
    text = _line(trigger.expression)
    local = moment.astimezone(where)
    if text.split()[1] == "*":  # of every hour: the library counts real time
        return next((due for due in _dues(text, local) if due > moment), None)
    walls = _dues(text, local.replace(tzinfo=None, fold=0))
    return next((due for wall in walls if (due := zones.instant(wall, where)) > moment), None)


def _dues(text: str, begin: datetime) -> Iterator[datetime]:
    for due in CronSim(text, begin):
        yield due.astimezone(UTC) if due.tzinfo else due


def _line(expression: str) -> str:
    """Return five fields of cron; raises BadSchedule."""
    text = _MACROS.get(expression.strip().lower(), expression)
    fields = text.split()
    if len(fields) != 5:
        raise BadSchedule(
            f"'{expression[:80]}' has {len(fields)} fields; cron has five: minute, hour, day of month, month, day of week.",
            "Such as 30 2 * * 1-5, half past two on working days.",
            field="trigger.expression",
        )
    try:
        found = CronSim(text, datetime(2000, 1, 1))  # noqa: DTZ001 - nothing is asked of it but what it has read
    except CronSimError as error:
        if _impossible(fields):
            raise BadSchedule(*_no_such_day(expression), field="trigger.expression") from None
        raise BadSchedule(
            f"'{expression[:80]}' is no line of cron: {str(error).lower()}.",
            "Five fields: minute 0-59, hour 0-23, day of month 1-31, month 1-12, day of week 0-7; with * , - and /.",
            field="trigger.expression",
        ) from None
    if len(found.hours) == _HOURS:  # however it was written
        fields[1] = "*"
    return " ".join(fields)


def _impossible(fields: list[str]) -> bool:
    """Say whether each field can be read, and the library refuses the days for the months."""
    try:
        CronSim(" ".join([*fields[:3], "*", fields[4]]), datetime(2000, 1, 1))  # noqa: DTZ001
        CronSim(" ".join(["0", "0", "*", fields[3], "*"]), datetime(2000, 1, 1))  # noqa: DTZ001
    except CronSimError:
        return False
    return True


def _no_such_day(expression: str) -> tuple[str, str]:
    return (
        f"'{expression[:80]}' never fires: those months have no such day.",
        "Look at day of month and month; L stands for the last day of a month.",
    )


def _recurrence(trigger: Recurrence, moment: datetime, where: ZoneInfo) -> datetime | None:
    start = trigger.start
    assert start is not None, "a settled recurrence has a start"
    if trigger.frequency in ("minute", "hour"):
        step = (
            timedelta(minutes=trigger.interval) if trigger.frequency == "minute" else timedelta(hours=trigger.interval)
        )
        return start if moment < start else start + ((moment - start) // step + 1) * step
    local = start.astimezone(where)
    hours = sorted(set(trigger.hours)) or [local.hour]
    minutes = sorted(set(trigger.minutes)) or ([0] if trigger.hours else [local.minute])
    day = max(moment.astimezone(where).date() - timedelta(days=1), local.date())
    for _ in range(366 * _YEARS):
        if _fits(trigger, day, local.date()):
            for hour in hours:
                for minute in minutes:
                    wall = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - a time of the zone
                    due = zones.instant(wall, where)
                    if due > moment and due >= start:
                        return due
        day += timedelta(days=1)
    return None


def _fits(trigger: Recurrence, day: date, first: date) -> bool:
    """Say whether a recurrence of days, weeks or months has times on a day. first: that it counts from."""
    if trigger.frequency == "day":
        return (day - first).days % trigger.interval == 0
    if trigger.frequency == "week":
        weeks = ((day - timedelta(days=day.weekday())) - (first - timedelta(days=first.weekday()))).days // 7
        wanted = [WEEK_DAYS.index(name) for name in trigger.week_days] or [first.weekday()]
        return weeks % trigger.interval == 0 and day.weekday() in wanted
    months = (day.year - first.year) * 12 + day.month - first.month
    return months % trigger.interval == 0 and day.day in (trigger.month_days or [first.day])


def _check(trigger: Recurrence) -> None:
    """Refuse what has no meaning for the frequency."""
    given = {
        "hours": (trigger.hours, ("day", "week", "month")),
        "minutes": (trigger.minutes, ("day", "week", "month")),
        "week_days": (trigger.week_days, ("week",)),
        "month_days": (trigger.month_days, ("month",)),
    }
    for name, (values, fitting) in given.items():
        if values and trigger.frequency not in fitting:
            raise BadSchedule(
                f"A recurrence by {trigger.frequency} has no {name}.",
                f"Use a frequency of {' or '.join(fitting)}, or leave {name} out.",
                field=f"trigger.{name}",
            )


def _never(trigger: Timed, now: datetime) -> None:
    """Raise why a trigger has no time to come."""
    without = trigger.model_copy(update={"end": None})
    if trigger.end is not None and after(without, now) is not None:
        raise BadSchedule(
            f"It never fires: no time comes before its end, {trigger.end.isoformat()}.",
            "Let it end later.",
            field="trigger.end",
        )
    if isinstance(trigger, Cron):
        raise BadSchedule(*_no_such_day(trigger.expression), field="trigger.expression")
    raise BadSchedule(
        "It never fires: no month that it comes to has such a day.",
        "Look at month_days, interval and start.",
        field="trigger.month_days",
    )


def words(trigger: Timed) -> str:
    """Return a trigger in words.

    >>> words(Cron(expression="30 2 * * 1-5", zone="Europe/Berlin"))
    '30 2 * * 1-5'
    """
    if isinstance(trigger, Cron):
        return trigger.expression
    every = trigger.frequency if trigger.interval == 1 else f"{trigger.interval} {trigger.frequency}s"
    said = f"every {every}"
    if trigger.week_days:
        said += f" on {', '.join(day.capitalize() for day in sorted(trigger.week_days, key=WEEK_DAYS.index))}"
    if trigger.month_days:
        said += f" on day {', '.join(str(day) for day in sorted(trigger.month_days))}"
    if trigger.hours:
        clock = [f"{h:02}:{m:02}" for h in sorted(trigger.hours) for m in sorted(trigger.minutes or [0])]
        said += f" at {', '.join(clock[:6])}{' …' if len(clock) > 6 else ''}"
    elif trigger.minutes:
        said += f" at minute {', '.join(str(m) for m in sorted(trigger.minutes))}"
    return re.sub(r"\s+", " ", said)
