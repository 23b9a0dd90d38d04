"""What the kinds of triggers share: how one is settled, when it is next looked at, what it says. Pure."""

from datetime import datetime
from typing import TypeVar

from studiolo.studio.schedules import times
from studiolo.studio.schedules.errors import BadSchedule
from studiolo.studio.schedules.globs import Glob
from studiolo.studio.schedules.schemas import Calendar, Cron, NewVersion, Recurrence, Trigger

T = TypeVar("T", bound=Calendar)


def kind(trigger: Trigger) -> str:
    """Return how the controller looks after a trigger: time, dataset or files."""
    return "time" if isinstance(trigger, Cron | Recurrence) else trigger.kind


def settled(trigger: Trigger, now: datetime) -> Trigger:
    """Return a trigger as it is kept; raises BadSchedule, which names the field."""
    if isinstance(trigger, Cron | Recurrence):
        return times.settled(trigger, now)
    if isinstance(trigger, NewVersion):
        return _bounded(trigger, now)
    Glob(trigger.path)
    return _bounded(trigger, now).model_copy(update={"datastore": trigger.datastore.strip().lower()})


def _bounded(trigger: T, now: datetime) -> T:
    found = trigger.model_copy(update=times.bounds(trigger))
    times.ordered(found)
    if found.end and found.end <= now:
        raise BadSchedule("Its end has passed.", "Let it end later, or leave the end out.", field="trigger.end")
    return found


def due(trigger: Trigger, now: datetime) -> datetime | None:
    """Return when a trigger is next looked after, None when it has ended."""
    if isinstance(trigger, Cron | Recurrence):
        return times.after(trigger, now)
    first = max(trigger.start, now) if trigger.start else now
    return None if trigger.end and first > trigger.end else first


def upcoming(trigger: Trigger, now: datetime, count: int) -> list[datetime]:
    """Return the next times of a trigger; what arrives has none."""
    return times.upcoming(trigger, now, count) if isinstance(trigger, Cron | Recurrence) else []


def words(trigger: Trigger) -> str:
    """Return a trigger in words.

    >>> words(NewVersion(dataset="titanic"))
    'new version of titanic'
    """
    if isinstance(trigger, Cron | Recurrence):
        return times.words(trigger)
    if isinstance(trigger, NewVersion):
        return f"new version of {trigger.dataset}"
    place = f"{trigger.datastore}/{trigger.path.strip('/')}".rstrip("/")
    return f"{'files, together,' if trigger.batch else 'each file'} in {place}"
