"""What Databricks says of a run, in plain words; pure.

The words are those of "Get a single job run" in the reference of the Jobs API: `state` (life_cycle_state, result_state,
state_message), and `status` (state, termination_details), which version 2.2 has beside it and means to keep.
"""

from collections.abc import Mapping
from typing import Any

_WAITS = {
    "QUEUED": "waits in the queue of Databricks",
    "PENDING": "waits for its cluster",
    "BLOCKED": "is blocked in Databricks",
    "WAITING": "waits in Databricks",
    "WAITING_FOR_RETRY": "waits to be tried again in Databricks",
}
_OVER = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")
_CANCELS = ("CANCELED", "USER_CANCELED")
_TIMES = ("TIMEDOUT", "TIMED_OUT", "RUN_EXECUTION_TIMEOUT")
_THEIRS = ("INTERNAL_ERROR", "CLOUD_FAILURE")  # of termination_details.type: not the job's doing


def life(run: Mapping[str, Any]) -> str:
    """Return where a run is in its life."""
    return str((run.get("state") or {}).get("life_cycle_state") or (run.get("status") or {}).get("state") or "PENDING")


def over(run: Mapping[str, Any]) -> bool:
    """Say whether a run has ended.

    >>> over({"state": {"life_cycle_state": "RUNNING"}}), over({"status": {"state": "TERMINATED"}})
    (False, True)
    """
    return life(run) in _OVER


def waits(run: Mapping[str, Any]) -> str:
    """Say what a run waits for, empty when it waits for nothing."""
    word = _WAITS.get(life(run), "")
    said = _message(run)
    return f"{word}: {said}" if word and said else word


def said(run: Mapping[str, Any]) -> str:
    """Say how a run stands."""
    if word := waits(run):
        return word
    return {"RUNNING": "runs", "TERMINATING": "ends"}.get(life(run), f"is over ({result(run)})")


def result(run: Mapping[str, Any]) -> str:
    """Return the word of Databricks for how a run ended."""
    details = (run.get("status") or {}).get("termination_details") or {}
    return str((run.get("state") or {}).get("result_state") or details.get("code") or life(run))


def verdict(run: Mapping[str, Any], error: str = "") -> tuple[str, str]:
    """Return the class of a failure and a sentence; both empty when the run succeeded. error: of its output.

    >>> verdict({"state": {"life_cycle_state": "TERMINATED", "result_state": "SUCCESS"}})
    ('', '')
    """
    word, kind = result(run), str(((run.get("status") or {}).get("termination_details") or {}).get("type", ""))
    why = f": {told}" if (told := (error or _message(run)).strip().rstrip(".")) else ""
    if word == "SUCCESS":
        return "", ""
    if word in _CANCELS:
        return "canceled", f"It was canceled in Databricks{why}."
    if word in _TIMES:
        return "timeout", f"It ran longer than Databricks allows it{why}."
    if life(run) == "INTERNAL_ERROR" or kind in _THEIRS:
        return "lost", f"Databricks could not run it{why}."
    if life(run) == "SKIPPED" or word == "MAXIMUM_CONCURRENT_RUNS_REACHED":
        return "lost", f"Databricks did not run it, since too much runs there already{why}."
    return "user_error", f"It failed in Databricks{why}."


def _message(run: Mapping[str, Any]) -> str:
    status = run.get("status") or {}
    told = (status.get("termination_details") or {}).get("message") or (status.get("queue_details") or {}).get(
        "message"
    )
    return str((run.get("state") or {}).get("state_message") or told or "").strip().rstrip(".")
