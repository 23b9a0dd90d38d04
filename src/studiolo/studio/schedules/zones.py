"""Time zones by the names of IANA or of Windows, and when their clocks show something."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from studiolo.studio.schedules.errors import BadSchedule

_PRECISE = timedelta(seconds=1)


def iana(name: str, field: str = "trigger.zone") -> str:
    """Return the IANA name of a zone; raises BadSchedule for a name that nobody knows.

    >>> iana("Europe/Berlin"), iana("Pacific Standard Time"), iana("utc")
    ('Europe/Berlin', 'America/Los_Angeles', 'UTC')
    """
    from tzlocal.windows_tz import win_tz  # CLDR's table

    plain = name.strip()
    if plain.upper() in ("UTC", "Z", "GMT"):
        return "UTC"
    found = {windows.lower(): one for windows, one in win_tz.items()}.get(plain.lower(), plain)
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSchedule(
            f"There is no time zone '{plain[:60]}'.",
            "Use a name such as UTC, Europe/Prague or 'Pacific Standard Time'.",
            field=field,
        ) from None
    return found


def instant(wall: datetime, where: ZoneInfo) -> datetime:
    """Return when the clocks of a zone show a time: the first time where it comes twice, and where it does not come the change itself.

    wall: without a zone. Returns UTC.
    """
    found = wall.replace(tzinfo=where, fold=0).astimezone(UTC)
    if found.astimezone(where).replace(tzinfo=None, fold=0) == wall.replace(fold=0):
        return found
    low, high = wall.replace(tzinfo=where, fold=1).astimezone(UTC), found  # the change lies between the two readings
    before = low.astimezone(where).utcoffset()
    while high - low > _PRECISE:
        middle = low + (high - low) / 2
        if middle.astimezone(where).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def aware(moment: datetime, where: ZoneInfo) -> datetime:
    """Return a moment in UTC; one without an offset is a time of the zone."""
    return instant(moment, where) if moment.tzinfo is None else moment.astimezone(UTC)
