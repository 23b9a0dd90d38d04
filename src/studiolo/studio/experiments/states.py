"""MLflow's five words for the states of runs."""

STATUS = {
    "Running": "RUNNING",
    "Finalizing": "RUNNING",
    "Completed": "FINISHED",
    "Reused": "FINISHED",
    "Skipped": "FINISHED",
    "Failed": "FAILED",
    "Lost": "FAILED",
    "Canceled": "KILLED",
}  # every other state is before the start: SCHEDULED
STATE = {"RUNNING": "Running", "SCHEDULED": "Queued", "FINISHED": "Completed", "FAILED": "Failed", "KILLED": "Canceled"}


def status(state: str) -> str:
    """Return MLflow's word for a state."""
    return STATUS.get(state, "SCHEDULED")
