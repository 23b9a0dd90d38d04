"""Time, as something that a test can hold still."""

from datetime import UTC, datetime, timedelta


class Clock:
    """The wall clock, always aware and in UTC."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)


class FakeClock(Clock):
    """A clock that moves only when told to."""

    def __init__(self, start: datetime | None = None) -> None:
        self.time = start or datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the set time."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Move on by so many seconds."""
        self.time += timedelta(seconds=seconds)


def millis(moment: datetime) -> int:
    """Return milliseconds since 1970, as MLflow's protocol wants them."""
    return int(moment.timestamp() * 1000)
