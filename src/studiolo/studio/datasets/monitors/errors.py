"""What can go wrong with a drift monitor, each with what to do about it."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound


class MonitorNotFound(NotFound):
    """No drift monitor of this name."""

    code, title = "datasets.monitor_not_found", "Drift monitor not found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no drift monitor '{name[:100]}'.", "List them: studiolo datasets monitors list", field="name"
        )


class MonitorExists(Conflict):
    """A drift monitor of this name is there already."""

    code, title = "datasets.monitor_exists", "There is such a drift monitor"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a drift monitor '{name}' already.", "Change it, or choose another name.", field="name"
        )


class BadMonitor(Invalid):
    """Settings that do not fit the tables they name."""

    code, title = "datasets.bad_monitor", "The drift monitor cannot be made"


class WindowNotFound(NotFound):
    """The monitor has not looked at this window, or it has no result."""

    code, title = "datasets.window_not_found", "Window not found"


class WindowRunning(Conflict):
    """The window is being computed already."""

    code, title = "datasets.window_running", "The window is being computed"


class BackfillNotFound(NotFound):
    """No backfill of this id."""

    code, title = "datasets.backfill_not_found", "Backfill not found"
