"""What to do with a deployment, decided from what is wanted and what is seen; no side effects."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from studiolo.runner.observe import Absent, Ended, Lost, Observation
from studiolo.studio.endpoints.schemas import Failure

STABLE = timedelta(seconds=60)  # a scorer that served so long starts again at once when it dies
_LONGEST = 60.0


class Step(StrEnum):
    """What the controller does next."""

    wait = "wait"
    begin = "begin"  # a new attempt
    launch = "launch"  # the attempt that was begun
    release = "release"  # let the loaded scorer take the port
    serve = "serve"  # it answers: it is live now
    fail = "fail"  # it never went live: give up
    retry = "retry"  # it was live: start it again
    stop = "stop"  # ask it to end
    end = "end"  # it has ended: clean up


@dataclass(frozen=True, slots=True)
class Seen:
    """What the attempt's folder says. files: of ready.json, failed.json, serving.json, live; None where absent."""

    process: Observation
    ready: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None
    serving: dict[str, Any] | None = None
    released: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A step, and for `fail` and `retry` why."""

    step: Step
    failure: Failure | None = None


def decide(row: Any, wanted: str, seen: Seen, now: datetime, patience: timedelta) -> Decision:
    """Choose the next step of a deployment row. wanted: Live or Stopped; patience: longest time of a start."""
    gone = isinstance(seen.process, Ended | Lost)
    if wanted == "Stopped" or row.state == "Stopping":
        return _towards_the_end(row, seen, gone)
    if row.state == "Queued" or (row.state == "Restarting" and row.not_before is not None):
        due = row.not_before is None or now >= row.not_before
        return Decision(Step.begin if due else Step.wait)
    if row.state == "Live":
        return Decision(Step.retry, _why(seen)) if gone else Decision(Step.wait)
    return _towards_serving(row, seen, now, patience)


def _towards_serving(row: Any, seen: Seen, now: datetime, patience: timedelta) -> Decision:
    give_up = Step.retry if row.live_at else Step.fail
    if isinstance(seen.process, Absent):
        return Decision(Step.launch)
    if seen.failed is not None or isinstance(seen.process, Ended | Lost):
        return Decision(give_up, _why(seen))
    if seen.serving is not None:
        return Decision(Step.serve)
    if row.started_at is not None and now - row.started_at > patience:
        late = Failure(stage="timeout", error=f"The model was not ready after {patience.total_seconds():g} s.")
        return Decision(give_up, late)
    return Decision(Step.release if seen.ready is not None and not seen.released else Step.wait)


def _towards_the_end(row: Any, seen: Seen, gone: bool) -> Decision:
    if row.attempt == 0 or gone or (isinstance(seen.process, Absent) and row.state == "Stopping"):
        return Decision(Step.end)
    return Decision(Step.wait if row.state == "Stopping" else Step.stop)


def _why(seen: Seen) -> Failure:
    if seen.failed is not None:
        found = {key: str(seen.failed.get(key) or "") for key in ("stage", "error", "traceback")}
        return Failure(**found)
    match seen.process:
        case Ended(error=error, signal=number, code=code):
            how = f"signal {number}" if number else f"code {code}"
            return Failure(stage="start", error=f"The scorer ended with {how}.{f' {error}' if error else ''}")
        case Lost(reason=reason):
            return Failure(stage="lost", error=reason)
        case _:
            return Failure(stage="start", error="The scorer ended.")


def pause(restarts: int, lived: timedelta) -> float:
    """Return the seconds before the next start of a scorer that died: none for one that served well, then doubling.

    >>> pause(0, timedelta(hours=1)), pause(0, timedelta(0)), pause(3, timedelta(0)), pause(30, timedelta(0))
    (0.0, 0.5, 4.0, 60.0)
    """
    return 0.0 if lived >= STABLE else min(_LONGEST, 0.5 * 2 ** min(restarts, 10))
