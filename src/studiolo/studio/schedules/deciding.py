"""What is to be done about the times of a schedule that have come. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from studiolo.studio.schedules import times
from studiolo.studio.schedules.schemas import MOST_CAUGHT_UP, CatchUp
from studiolo.studio.schedules.times import Timed

ON_TIME = timedelta(minutes=5)  # a controller that was started again makes up for so much, whatever the policy
_COUNTED = 1000
_SPANS = tuple(timedelta(hours=hours) for hours in (1, 6, 30, 200, 1000, 9000, 90_000, 900_000))


@dataclass(frozen=True, slots=True)
class Fire:
    """Make the run of a time. next: the time after it."""

    due: datetime
    next: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Miss:
    """Pass over times that came while nothing looked. count: how many, at most 1000; more: and further ones."""

    first: datetime
    last: datetime
    count: int
    more: bool
    next: datetime | None


@dataclass(frozen=True, slots=True)
class Reset:
    """The clock was set back: look from now on; times that fired already do not fire again."""

    next: datetime | None


Step = Fire | Miss | Reset


def step(trigger: Timed, due: datetime | None, looked: datetime, now: datetime, catch_up: CatchUp) -> Step | None:
    """Return what to do next, None when it is time for nothing. due: the time that is waited for; looked: when that was found out."""
    if now < looked - ON_TIME:
        again = times.after(trigger, now)
        return Reset(again) if again != due else None
    if due is None or due > now:
        return None
    newest = _newest(trigger, due, now, MOST_CAUGHT_UP if catch_up == "all" else 1)
    current = now - newest[-1] <= ON_TIME
    if catch_up == "all":
        keep: datetime | None = newest[0]
    else:
        keep = newest[-1] if current or catch_up == "one" else None
    if keep is not None and due >= keep:
        return Fire(due, times.after(trigger, due), late=not (current and due == newest[-1]))
    return _missed(trigger, due, keep, now)


def _missed(trigger: Timed, due: datetime, keep: datetime | None, now: datetime) -> Miss:
    last, count, more = due, 1, False
    while (following := times.after(trigger, last)) is not None and following <= now and following != keep:
        if count >= _COUNTED:
            more = True
            last = _newest(trigger, due, (keep or now + timedelta(microseconds=1)) - timedelta(microseconds=1), 1)[-1]
            break
        last, count = following, count + 1
    return Miss(due, last, count, more, keep or times.after(trigger, now))


def _newest(trigger: Timed, due: datetime, now: datetime, many: int) -> list[datetime]:
    """Return the newest times from `due` up to now, oldest first, without walking through all of them."""
    for span in _SPANS:
        begin = max(now - span, due - timedelta(microseconds=1))
        found: list[datetime] = []
        at = begin
        while (following := times.after(trigger, at)) is not None and following <= now:
            found.append(following)
            at = following
        if len(found) >= many or begin < due:
            return found[-many:]
    return found[-many:] or [due]


def reason(missed: Miss) -> str:
    """Say what was passed over.

    >>> reason(Miss(datetime(2026, 1, 1), datetime(2026, 1, 1), 1, False, None))
    'The studio did not run then.'
    """
    if missed.count == 1:
        return "The studio did not run then."
    said = f"{missed.count} or more" if missed.more else str(missed.count)
    return f"{said} times were missed: the studio did not run."


Late = Literal["time", "catch_up"]
