"""Dates as numbers: the calendar parts of one value."""

from datetime import date, datetime, timezone
from typing import Any

PARTS = ("year", "month", "day", "weekday", "hour", "minute", "yearday", "days")
_EPOCH = date(1970, 1, 1).toordinal()


def parse(value: Any, pattern: str | None) -> datetime | None:
    """Read one value as a date and time; None when it is not one. A time zone is turned to UTC and dropped."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - all dates here are naive UTC
    elif hasattr(value, "astype"):  # numpy.datetime64
        found = value.astype("datetime64[us]").item()
        return found if isinstance(found, datetime) else None
    else:
        try:
            text = str(value).strip()
            moment = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)  # noqa: UP017 - the package also runs on 3.10
    return moment


def calendar(moment: datetime) -> dict[str, float]:
    """Split a moment into numbers; `days` are days since 1970-01-01 with the time as fraction.

    >>> calendar(datetime(1970, 1, 2, 12))["days"]
    1.5
    """
    ordinal = moment.toordinal()
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return {
        "year": moment.year,
        "month": moment.month,
        "day": moment.day,
        "weekday": moment.weekday(),
        "hour": moment.hour,
        "minute": moment.minute,
        "yearday": ordinal - date(moment.year, 1, 1).toordinal() + 1,
        "days": ordinal - _EPOCH + seconds / 86400,
    }
