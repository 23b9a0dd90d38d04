"""What can go wrong with schedules."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound


class BadSchedule(Invalid):
    """A schedule that cannot be kept as it is written; `field` names the part."""

    code, title = "schedules.bad_schedule", "The schedule cannot be used"


class ScheduleNotFound(NotFound):
    """No schedule has this name."""

    code, title = "schedules.not_found", "Schedule not found"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no schedule '{name[:100]}'.", "List them: studiolo schedules list", field="name")


class ScheduleExists(Conflict):
    """Another schedule has the name."""

    code, title = "schedules.exists", "Schedule exists"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a schedule '{name}' already.",
            "Take another name, change it, or write it again: studiolo apply -f schedule.yml",
            field="name",
        )


class ScheduleChanged(Conflict):
    """The schedule was changed, or fired, while it was being changed."""

    code, title = "schedules.changed", "Schedule changed meanwhile"

    def __init__(self, name: str) -> None:
        super().__init__(f"The schedule '{name}' has changed meanwhile.", "Look at it, and try again.", field="name")
