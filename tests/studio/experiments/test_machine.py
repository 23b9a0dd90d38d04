"""The state machine: no job is lost, no terminal state is left, whatever happens in whatever order."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studiolo.studio.experiments.machine import Act, Job, Seen, Sight, decide
from studiolo.studio.experiments.schemas import TERMINAL

FAILURES = ["user_error", "oom", "timeout", "environment", "preempted"]
STATES = ["NotStarted", "Queued", "Preparing", "Starting", "Running", "Finalizing"]


class World(RuleBasedStateMachine):
    """A job, the machine that it runs on, a user, and a reconciler that looks whenever it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.job = Job("Queued", retries={"lost": 1, "oom": 2})
        self.attempt = 0
        self.reality = "none"  # none, owned, up, over, gone, barred
        self.end: str | None = None
        self.stop_asked = False
        self.starts = 0
        self.final: str | None = None
        self.canceled_after_the_end = False
        self.prepared = False

    def see(self) -> Seen:
        if self.job.state == "Preparing":
            return Seen(Sight.prepared)
        if self.job.state == "Finalizing":
            return Seen(Sight.kept)
        return {
            "none": Seen(Sight.absent),
            "owned": Seen(Sight.starting),
            "up": Seen(Sight.running),
            "over": Seen(Sight.ended, self.end),
            "gone": Seen(Sight.lost),
            "barred": Seen(Sight.barred),
        }[self.reality]

    def apply(self, seen: Seen) -> None:
        decision = decide(self.job, seen)
        if decision.again:
            self.job = replace(
                self.job, spent={**self.job.spent, decision.failure: self.job.spent.get(decision.failure, 0) + 1}
            )
        if decision.state == "Preparing" and self.job.state == "Queued":
            self.attempt += 1
            self.reality, self.end, self.stop_asked = "none", None, False
        if decision.act is Act.launch and self.reality == "none":
            self.reality = "owned"
            self.starts += 1
        if decision.act is Act.bar and self.reality == "none":
            self.reality = "barred"
        if decision.act is Act.stop:
            self.stop_asked = True
        self.job = replace(self.job, state=decision.state, failure=decision.failure)

    @rule()
    def reconcile(self) -> None:
        self.apply(self.see() if self.job.state != "Queued" else Seen(Sight.fits))

    @rule()
    def reconcile_while_the_compute_is_full(self) -> None:
        if self.job.state == "Queued":
            self.apply(Seen(Sight.waits))

    @rule(sight=st.sampled_from(list(Sight)))
    def a_sight_that_does_not_belong_to_the_state(self, sight: Sight) -> None:
        if self.job.state in TERMINAL:
            self.apply(Seen(sight, "oom"))

    @rule()
    def cancel(self) -> None:
        self.canceled_after_the_end |= self.job.state in TERMINAL
        self.job = replace(self.job, desired="canceled")

    @precondition(lambda self: self.reality == "owned")
    @rule()
    def the_job_comes_up(self) -> None:
        self.reality = "over" if self.stop_asked else "up"
        self.end = "canceled" if self.stop_asked else None

    @precondition(lambda self: self.reality in ("owned", "up"))
    @rule(end=st.sampled_from([None, *FAILURES]))
    def the_job_ends(self, end: str | None) -> None:
        self.reality, self.end = "over", end

    @precondition(lambda self: self.reality == "up" and self.stop_asked)
    @rule()
    def the_runner_obeys(self) -> None:
        self.reality, self.end = "over", "canceled"

    @precondition(lambda self: self.reality in ("owned", "up"))
    @rule()
    def the_runner_or_the_machine_dies(self) -> None:
        self.reality = "gone"

    @invariant()
    def a_terminal_state_is_never_left(self) -> None:
        if self.final is not None:
            assert self.job.state == self.final
        if self.job.state in TERMINAL:
            self.final = self.job.state

    @invariant()
    def each_attempt_starts_at_most_once(self) -> None:
        assert self.starts <= self.attempt

    @invariant()
    def nothing_runs_of_a_job_that_has_ended(self) -> None:
        if self.job.state in TERMINAL:
            assert self.reality not in ("owned", "up")

    @invariant()
    def attempts_stay_within_the_budget(self) -> None:
        assert self.attempt <= 1 + sum(self.job.retries.values())

    @invariant()
    def a_cancel_that_was_in_time_is_no_failure(self) -> None:
        if self.job.state in TERMINAL and self.job.desired == "canceled" and not self.canceled_after_the_end:
            assert self.job.state in ("Canceled", "Completed", "Failed")

    @invariant()
    def success_is_only_what_succeeded(self) -> None:
        if self.job.state == "Completed":
            assert (self.reality, self.end) == ("over", None)

    def teardown(self) -> None:
        """However it stands: with a reconciler that looks and a machine that works, the job ends."""
        for _ in range(60):
            if self.job.state in TERMINAL:
                return
            if self.reality == "owned":
                self.the_job_comes_up()
            elif self.reality == "up":
                self.reality, self.end = "over", "canceled" if self.stop_asked else None
            self.reconcile()
        raise AssertionError(f"the job never ends: {self.job}, {self.reality}")


World.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestWorld = World.TestCase


@pytest.mark.parametrize("state", sorted(TERMINAL))
@pytest.mark.parametrize("sight", list(Sight))
@pytest.mark.parametrize("desired", ["completed", "canceled"])
def test_a_cancel_or_a_sight_after_the_end_changes_nothing(state: str, sight: Sight, desired: str) -> None:
    job = Job(state, desired, "oom" if state == "Failed" else None)
    decision = decide(job, Seen(sight, "timeout"))
    assert (decision.state, decision.failure, decision.act, decision.again) == (state, job.failure, None, False)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("sight", list(Sight))
def test_every_sight_in_every_state_has_an_answer(state: str, sight: Sight) -> None:
    for desired in ("completed", "canceled"):
        decide(Job(state, desired), Seen(sight, "oom"))


@pytest.mark.parametrize("state", ["NotStarted", "Queued", "Preparing"])
def test_cancel_before_the_start_needs_no_runner(state: str) -> None:
    decision = decide(Job(state, "canceled"), Seen(Sight.waits))
    assert (decision.state, decision.failure) == ("Canceled", "canceled")


def test_cancel_of_an_unclaimed_attempt_bars_it_first() -> None:
    assert decide(Job("Starting", "canceled"), Seen(Sight.absent)).act is Act.bar
    assert decide(Job("Starting", "canceled"), Seen(Sight.absent)).state == "Starting"
    assert decide(Job("Starting", "canceled"), Seen(Sight.barred)).state == "Canceled"


def test_cancel_of_a_running_job_asks_and_waits() -> None:
    decision = decide(Job("Running", "canceled"), Seen(Sight.running))
    assert (decision.state, decision.act) == ("Running", Act.stop)


def test_a_job_that_finished_before_the_cancel_reached_it_completed() -> None:
    assert decide(Job("Finalizing", "canceled"), Seen(Sight.kept)).state == "Completed"


def test_lost_without_a_budget_is_lost() -> None:
    decision = decide(Job("Running"), Seen(Sight.lost))
    assert (decision.state, decision.failure) == ("Lost", "lost")


def test_each_class_has_its_own_budget() -> None:
    job = Job("Running", retries={"lost": 1})
    assert decide(job, Seen(Sight.lost)).state == "Queued"
    assert decide(replace(job, spent={"lost": 1}), Seen(Sight.lost)).state == "Lost"
    assert decide(Job("Finalizing", failure="oom", retries={"lost": 1}), Seen(Sight.kept)).state == "Failed"
    assert decide(Job("Finalizing", failure="oom", retries={"oom": 1}), Seen(Sight.kept)).again


def test_a_running_job_whose_directory_vanished_is_lost() -> None:
    assert decide(Job("Running"), Seen(Sight.absent)).state == "Lost"
