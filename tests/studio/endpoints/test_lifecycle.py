"""What the controller does next, as a function of plain values."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.runner.observe import Absent, Ended, Lost, Running
from studiolo.runner.observe import Starting as RunnerStarting
from studiolo.studio.endpoints.lifecycle import Seen, Step, decide, pause

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = timedelta(seconds=60)
RUNNING = Running(1, 2, 0.0)
ENDED = Ended(1, None, "user_error", "it broke", 0.0, 1.0, {})
LOST = Lost("Its runner was killed.")
FAILED = {"stage": "load", "error": "ValueError: no", "traceback": "Traceback …"}


def row(state: str = "Starting", **values: Any) -> Any:
    return SimpleNamespace(
        **{"state": state, "attempt": 1, "not_before": None, "live_at": None, "started_at": NOW, **values}
    )


@pytest.mark.parametrize(
    ("found", "wanted", "seen", "step"),
    [
        (row("Queued", attempt=0), "Live", Seen(Absent()), Step.begin),
        (row("Queued", attempt=0), "Stopped", Seen(Absent()), Step.end),
        (row(), "Live", Seen(Absent()), Step.launch),
        (row(), "Live", Seen(RUNNING), Step.wait),
        (row(), "Live", Seen(RUNNING, ready={}), Step.release),
        (row(), "Live", Seen(RUNNING, ready={}, released=True), Step.wait),
        (row(), "Live", Seen(RUNNING, ready={}, released=True, serving={}), Step.serve),
        (row(), "Live", Seen(RUNNING, failed=FAILED), Step.fail),
        (row(), "Live", Seen(ENDED), Step.fail),
        (row(), "Live", Seen(LOST), Step.fail),
        (row(started_at=NOW - timedelta(seconds=61)), "Live", Seen(RUNNING), Step.fail),
        (row("Live", live_at=NOW), "Live", Seen(RUNNING), Step.wait),
        (row("Live", live_at=NOW), "Live", Seen(LOST), Step.retry),
        (row("Live", live_at=NOW), "Stopped", Seen(RUNNING), Step.stop),
        (row("Restarting", live_at=NOW, not_before=NOW), "Live", Seen(LOST), Step.begin),
        (row("Restarting", live_at=NOW, not_before=NOW + PATIENCE), "Live", Seen(LOST), Step.wait),
        (row("Restarting", live_at=NOW), "Live", Seen(ENDED, failed=FAILED), Step.retry),
        (row("Stopping"), "Stopped", Seen(RUNNING), Step.wait),
        (row("Stopping"), "Live", Seen(RUNNING, failed=FAILED), Step.wait),
        (row("Stopping"), "Stopped", Seen(ENDED), Step.end),
        (row("Stopping"), "Stopped", Seen(LOST), Step.end),
    ],
)
def test_the_next_step(found: Any, wanted: str, seen: Seen, step: Step) -> None:
    assert decide(found, wanted, seen, NOW, PATIENCE).step is step


def test_a_failure_tells_what_the_scorer_wrote() -> None:
    failure = decide(row(), "Live", Seen(ENDED, failed=FAILED), NOW, PATIENCE).failure
    assert failure is not None
    assert failure.model_dump() == FAILED
    failure = decide(row(), "Live", Seen(ENDED), NOW, PATIENCE).failure
    assert failure is not None
    assert "code 1" in failure.error


@given(
    st.sampled_from(["Queued", "Starting", "Live", "Restarting", "Stopping"]),
    st.sampled_from([Absent(), RunnerStarting(1), RUNNING, ENDED, LOST]),
    st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_what_is_wanted_stopped_never_starts(
    state: str, process: Any, ready: bool, failed: bool, serving: bool, released: bool, lived: bool
) -> None:
    seen = Seen(process, {} if ready else None, FAILED if failed else None, {} if serving else None, released)
    found = row(state, attempt=0 if state == "Queued" else 1, live_at=NOW if lived else None)
    step = decide(found, "Stopped", seen, NOW, PATIENCE).step
    assert step in (Step.wait, Step.stop, Step.end)
    if isinstance(process, Ended | Lost):
        assert step is Step.end


def test_pauses_grow_and_end() -> None:
    pauses = [pause(restarts, timedelta(0)) for restarts in range(12)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 60.0
    assert pause(11, timedelta(hours=1)) == 0.0
