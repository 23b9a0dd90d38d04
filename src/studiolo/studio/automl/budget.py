"""The time of a run: counted from submission, with a part kept for the end."""

import time
from dataclasses import dataclass, field

from studiolo.studio.automl.errors import BudgetTooSmall

SMALLEST = 3.0


@dataclass
class Budget:
    """seconds: the whole, None = no limit (a number of trials decides). started: monotonic second of submission."""

    seconds: float | None
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds >= SMALLEST:
            raise BudgetTooSmall(self.seconds, SMALLEST)

    @property
    def reserve(self) -> float:
        """Seconds kept for ensemble, export, explanation and files: 10 %, at least 5, never above 40 %.

        >>> Budget(60.0).reserve, Budget(5.0).reserve, Budget(600.0).reserve
        (6.0, 2.0, 60.0)
        """
        return 0.0 if self.seconds is None else min(max(5.0, 0.1 * self.seconds), 0.4 * self.seconds)

    def used(self) -> float:
        return time.monotonic() - self.started

    def left(self) -> float:
        """Seconds until the end; infinite without a limit."""
        return float("inf") if self.seconds is None else self.seconds - self.used()

    @property
    def end(self) -> float | None:
        """Monotonic second of the end."""
        return None if self.seconds is None else self.started + self.seconds

    @property
    def trials_end(self) -> float | None:
        """Monotonic second by which trials should have ended."""
        return None if self.seconds is None else self.started + self.seconds - self.reserve
