"""A look at one pipeline: its rows as they were read, what has ended since, and what is decided about the rest. Nothing is written here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.studio.experiments import led
from studiolo.studio.experiments.job_schemas import JobOutput
from studiolo.studio.experiments.led import Seen
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, State
from studiolo.studio.pipelines import deciding, loops, plans, remembered, repository, settling, starting
from studiolo.studio.pipelines.deciding import End, Skip, Standing, Start, Stop
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import Settings
from studiolo.studio.pipelines.starting import Begun, Pipeline

AT_ONCE = 25  # jobs that are made in one transaction
NESTED = ("pipeline", "parallel_for", "do_while")  # kinds of steps that are pipelines themselves
_ROUNDS = 5000  # of decisions in one look; steps that are over at once are followed in one, as far as they are in order


def _scopes(row: Any) -> frozenset[str] | None:
    """Return what the token narrowed that a pipeline was started with; None: nothing."""
    return frozenset(row.scopes) if row.scopes is not None else None


class Look:
    """A pipeline as it was read, and what is to be recorded of it."""

    def __init__(self, ctx: Context, seq: int) -> None:
        with ctx.db.glance() as tx:
            # first the row with its version: what changes after it makes the version another one
            self.row: Any = repository.by_seq(tx, seq)
            self.steps = remembered.steps(tx, self.row) if self.row else {}
            under = [row for row in self.steps.values() if row.state == repository.UNDER_WAY and row.run_id]
            self.seen = led.seen(tx, [*(row.run_id for row in under), *([self.row.run_id] if self.row else [])])
            good = [name for name, row in self.steps.items() if row.state in repository.GOOD]
            self.outputs = starting.made_by(tx, self.row, good) if self.row else {}
            self.nested = repository.by_run_ids(tx, [row.run_id for row in under if row.kind in NESTED])
            who = auth.acting(tx, ctx.workspace_id, self.row.user, _scopes(self.row)) if self.row else ctx.actor
        self.ctx = ctx
        self.mine = replace(ctx, actor=who)  # steps start with the rights of who started the pipeline, as they are now
        self.states: dict[str, State] = {name: row.state for name, row in self.steps.items()}
        self.answers = {name: row.answer for name, row in self.steps.items() if row.answer is not None}
        self.ended: dict[str, dict[str, Any]] = {}  # steps that were under way
        self.moved: dict[str, dict[str, Any]] = {}  # steps that had not started
        self.jobs: dict[str, JobSpec] = {}
        self.children: dict[str, starting.Child] = {}
        self.making = ""  # the step whose run is being made
        self.stops: list[str] = []
        self.end: End | None = None
        self.waits = self.more = self.turns = False  # turns: a loop goes on
        self.notes: dict[str, dict[str, Any]] = {}  # of steps that stay where they are

    def prepare(self) -> bool:
        """Read what the row refers to; False when the pipeline is over or gone."""
        row = self.row
        if row is None or not row.live:
            return False
        self.plan = plans.of(self.ctx, row.definition, loops.turns(row.items, len(self.steps)))
        self.pipeline = Pipeline(
            ctx=self.mine,
            row=row,
            plan=self.plan,
            settings=Settings.model_validate(row.settings),
            held={name: Held.model_validate(value) for name, value in row.held.items()},
            kept={name: JobOutput.model_validate(value) for name, value in row.declared.items()},
            flights=set(),
        )
        return True

    @property
    def canceled(self) -> bool:
        """Whether somebody wants the pipeline to end."""
        own = self.seen.get(self.row.run_id)
        return own is None or own.desired == "canceled" or own.state in TERMINAL

    def settle(self) -> None:
        """See which steps have ended, and what they left."""
        for name, row in self.steps.items():
            if row.state != repository.UNDER_WAY:
                continue
            run = self.seen.get(row.run_id)
            if run is None:
                self._over(
                    name, {"state": "Lost", "failure": "lost", "error": "The run of the step was removed."}, None
                )
            elif run.state in TERMINAL:
                self._ended(name, row, run)

    def _ended(self, name: str, row: Any, run: Seen) -> None:
        if run.state != "Completed":
            self._over(name, {"state": run.state, "failure": run.failure, "error": run.error}, run)
            return
        try:
            if row.kind in NESTED:
                made = starting.outputs_of(self.nested[row.run_id])
            else:
                with self.ctx.db.glance() as tx:
                    files = led.files(tx, self.ctx, run)
                read = self.plan.read.get(name, frozenset())
                made = settling.outputs(self.ctx.blobs, self.plan.step(name), files, read, f"run:{run.id}")
        except settling.Missing as error:
            self._over(name, {"state": "Failed", "failure": "output_missing", "error": str(error)}, run)
            return
        self.outputs[name] = made
        kept = {port: value.model_dump(mode="json", exclude_defaults=True) for port, value in made.items()}
        self._over(name, {"state": "Completed", "failure": None, "error": None, "outputs": kept}, run)

    def _over(self, name: str, values: dict[str, Any], run: Seen | None) -> None:
        self.states[name] = values["state"]
        now = self.ctx.clock.now()
        times = {"started_at": run.started_at or now, "ended_at": run.ended_at or now} if run else {"ended_at": now}
        self.ended[name] = {**values, **times, "flight": None}

    def decide(self, taken: Mapping[str, Any]) -> None:
        """Decide and begin, again and again, until nothing more can be done now."""
        waiting: set[str] = set()
        for _ in range(_ROUNDS):
            standing = Standing(
                states=self.states,
                answers=self.answers,
                canceled=self.canceled,
                go_on=self.pipeline.settings.continue_on_step_failure,
                limit=self.row.at_once,
            )
            acted = False
            for act in deciding.acts(self.plan.nodes, standing):  # each sees what came of those before it
                if getattr(act, "name", None) in waiting:
                    continue
                acted = True
                match act:
                    case Start(name):
                        self._start(name, taken, waiting)
                    case Skip(name, why, state):
                        now = self.ctx.clock.now()
                        self.states[name] = state
                        failure = "canceled" if state == "Canceled" else None
                        self.moved[name] = {"state": state, "error": why, "failure": failure, "ended_at": now}
                    case Stop(name):
                        run = self.seen.get(self.steps[name].run_id)
                        waiting.add(name)
                        if run is not None and run.desired != "canceled":
                            self.stops.append(run.id)
                    case End():
                        good = act.state == "Completed" and not self.canceled
                        # the next turn starts in the next look, which knows what to take over for it
                        self.turns = good and loops.another(self.row.items, self.outputs, len(self.steps))
                        self.more, self.end = self.more or self.turns, None if self.turns else act
                        return
            if not acted:
                return

    def _start(self, name: str, taken: Mapping[str, Any], waiting: set[str]) -> None:
        if len(self.jobs) >= AT_ONCE:
            waiting.add(name)
            self.more = True
            return
        begun: Begun = starting.start(self.pipeline, name, self.outputs, taken)
        if begun.waits:
            waiting.add(name)
            self.waits = True
            if self.steps[name].reuse != begun.values["reuse"]:
                self.notes[name] = begun.values
            return
        self.states[name] = begun.values["state"]
        self.moved[name] = dict(begun.values)
        if begun.values.get("answer") is not None:
            self.answers[name] = begun.values["answer"]
        if begun.outputs is not None:
            self.outputs[name] = dict(begun.outputs)
        if begun.spec is not None:
            self.jobs[name] = begun.spec
        if begun.child is not None:
            self.children[name] = begun.child

    def remember(self) -> None:
        """Know in the next look how the steps stand, now that all is recorded."""
        if self.end is not None or self.turns:  # there is none, or there is another step
            remembered.forget(self.row)
        else:
            remembered.keep(self.row, self.row.version + 1, self.steps, {**self.ended, **self.notes, **self.moved})

    @property
    def changed(self) -> bool:
        """Whether there is anything to record."""
        own = self.seen.get(self.row.run_id)
        fresh = own is not None and own.state == "Queued"
        return bool(self.ended or self.moved or self.stops or self.end or self.notes or self.turns or fresh)
