"""Advances one pipeline: what has ended becomes outputs, what can start is started, and all of it is recorded in one transaction.

Level-triggered and safe to repeat: the rows are read, looked at and decided upon; then one transaction, which first takes the version that
was read, makes the jobs *and* says of their steps that they were started. Killed before it, nothing has happened; after it, all has. Two
controllers that read the same rows both decide, and one of them records.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.experiments import at_once, led, lineage
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.job_schemas import JobOutput
from studiolo.studio.experiments.led import Led, Seen
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, State
from studiolo.studio.pipelines import creating, deciding, loops, plans, repository, settling, starting, typing_rules
from studiolo.studio.pipelines.deciding import End, Skip, Standing, Start, Stop
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import Settings
from studiolo.studio.pipelines.starting import Begun, Pipeline

log = logging.getLogger(__name__)
Files = list[tuple[str, Blob]]  # of a run, by path
AT_ONCE = 25  # jobs that are made in one transaction
NESTED = ("pipeline", "parallel_for", "do_while")  # kinds of steps that are pipelines themselves
_ROUNDS = 5000  # of decisions in one look; steps that are over at once are followed in one, as far as they are in order


@dataclass(slots=True)
class Outcome:
    """What came of a look. parent: number of the pipeline that waits for this one, when it has ended; begun: nested ones."""

    changed: bool = False
    waits: bool = False
    again: bool = False
    conflict: bool = False
    parent: int | None = None
    begun: list[int] = field(default_factory=list)


class _Stale(Exception):
    """Somebody else has changed the pipeline since it was read: nothing of this look is recorded."""


class Look:
    """A pipeline as it was read, and what is to be recorded of it."""

    def __init__(self, ctx: Context, seq: int) -> None:
        with ctx.db.glance() as tx:
            # first the row with its version: what changes after it makes the version another one
            self.row: Any = repository.by_seq(tx, seq)
            self.steps = {row.name: row for row in repository.steps(tx, seq)}
            under = [row for row in self.steps.values() if row.state == repository.UNDER_WAY and row.run_id]
            self.seen = led.seen(tx, [*(row.run_id for row in under), *([self.row.run_id] if self.row else [])])
            good = [name for name, row in self.steps.items() if row.state in repository.GOOD]
            self.outputs = starting.made_by(tx, self.row, good) if self.row else {}
            self.nested = repository.by_run_ids(tx, [row.run_id for row in under if row.kind in NESTED])
            who = auth.acting(tx, ctx.workspace_id, self.row.user) if self.row else ctx.actor
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

    @property
    def changed(self) -> bool:
        """Whether there is anything to record."""
        own = self.seen.get(self.row.run_id)
        fresh = own is not None and own.state == "Queued"
        return bool(self.ended or self.moved or self.stops or self.end or self.notes or self.turns or fresh)


def advance(ctx: Context, seq: int) -> Outcome:
    """Take a pipeline as far as it goes now."""
    with ctx.blobs.beside() as through:
        return _advance(ctx, seq, through)


def _advance(ctx: Context, seq: int, through: Callable[[], None]) -> Outcome:
    """through: waits for the blobs that were stored meanwhile."""
    look = Look(ctx, seq)
    if not look.prepare():
        return Outcome()
    look.settle()
    look.decide(_taken(look))
    if not look.changed:
        return Outcome(waits=look.waits)
    outcome = Outcome(changed=True, waits=look.waits, again=look.more)
    made = {}
    if look.end is not None and look.end.state == "Completed":
        made = settling.of_pipeline(ctx.blobs, look.plan.graph, look.outputs, look.row.items)
    files = _files(look, made)
    try:
        with ctx.db.begin() as tx:
            _record(tx, look, made, files, outcome)
            begun = _begun(tx, look)
            through()
        at_once.hand_on(begun)
    except (_Stale, IntegrityError):  # another controller, or another pipeline that computes the same result
        return Outcome(changed=True, again=True, conflict=True)
    except StudioloError as error:  # of a run that could not be made after all: that step fails, in a look of its own
        return _refused(look, error)
    if look.end is not None:
        log.info("pipeline %s: %s", look.row.run_id, look.end.state)
    return outcome


def _taken(look: Look) -> Mapping[str, Any]:
    """Return the finished steps of the run that this one goes on from, of those that have not started."""
    if not look.row.rerun_of:
        return {}
    paths = [look.pipeline.path(name) for name, state in look.states.items() if state == repository.WAITING]
    with look.ctx.db.read() as tx:
        return repository.finished(tx, look.ctx, look.row.rerun_of, paths) if paths else {}


def _files(look: Look, made: Mapping[str, Held]) -> dict[str, Files]:
    """Return the files of the pipeline's outputs, by the empty name, and of its reused steps; manifests are read before the transaction."""
    named = {name: look.outputs[name] for name, values in look.moved.items() if values["state"] == "Reused"}
    return {name: settling.named(look.ctx.blobs, outputs) for name, outputs in {**named, "": made}.items()}


def _record(tx: Connection, look: Look, made: Mapping[str, Held], files: Mapping[str, Files], outcome: Outcome) -> None:
    """Write down all of a look; raises _Stale when the pipeline is not as it was read.

    made: the pipeline's outputs, when it has completed; files: theirs, and those of reused steps, by name (`_files`).
    """
    ctx, row, mine = look.ctx, look.row, look.mine
    kept = {name: value.model_dump(mode="json", exclude_defaults=True) for name, value in made.items()}
    closing = {"live": False, "outputs": kept} if look.end is not None else {}
    if not repository.bump(tx, row.run_seq, row.version, **closing):
        raise _Stale
    for name, spec in _in_turn(look):
        look.making = name
        follows = look.plan.follows.get(name)
        look.moved[name]["run_id"] = experiments.add(tx, mine, spec, of_parent=True, follows=follows)
    for name, child in look.children.items():
        look.making = name
        look.moved[name]["run_id"], begun = creating.nested(tx, mine, look.pipeline, name, child)
        outcome.begun.append(begun)
    look.making = ""
    _reused(tx, look, files)
    good = repository.settle(tx, row.run_seq, repository.UNDER_WAY, look.ended)
    good = good and repository.settle(tx, row.run_seq, repository.WAITING, {**look.notes, **look.moved})
    if not good:
        raise _Stale
    for run_id in look.stops:
        led.stop(tx, ctx, run_id)
    if look.turns:
        creating.turn(tx, row, look.plan.graph, len(look.steps))
    if look.end is not None:
        _end(tx, look, made, files[""])
        outcome.parent = row.parent_seq
    else:
        _progress(tx, look)
    changed = [look.pipeline.path(name) for name in {**look.ended, **look.moved, **look.notes}]
    changed += [look.pipeline.path(str(len(look.steps)))] if look.turns else []
    if changed:
        ctx.events.emit(tx, "pipeline.step", row.root_id, {"paths": changed[:500]})


def _begun(tx: Connection, look: Look) -> list[at_once.Begun]:
    """Begin the jobs that were made, as long as there is room for the next: who ends the step before is who starts them."""
    found = []
    for name, _ in _in_turn(look):
        one = at_once.begin(tx, look.ctx, look.moved[name]["run_id"])
        if one is None:
            break
        found.append(one)
    return found


def _in_turn(look: Look) -> list[tuple[str, JobSpec]]:
    """Return the jobs to be made, first those that most comes after."""
    follows = look.plan.follows
    return sorted(look.jobs.items(), key=lambda one: -follows.get(one[0], 0))


def _reused(tx: Connection, look: Look, files: Mapping[str, Files]) -> None:
    """Make the runs of steps that took an earlier result: they stand among the others, with its files."""
    made = {}
    for name, values in look.moved.items():
        if values["state"] != "Reused":
            continue
        step = look.plan.step(name)
        values["run_id"] = new_id()
        made[name] = Led(
            id=values["run_id"],
            kind=step.kind,
            name=step.title or name,
            experiment=look.row.experiment,
            parent_id=look.row.run_id,
            state="Reused",
            sources=[f"run:{values['origin_run_id']}"] if values.get("origin_run_id") else (),
            files=files[name],
        )
    seqs = led.begin(tx, look.mine, list(made.values()))
    for name, one in made.items():
        step = look.plan.step(name)
        wanted = {
            port: JobOutput.model_validate(
                {"type": step.makes[port].type, "name": given.name, "version": given.version}
            )
            for port, given in step.outputs.items()
            if given.name and port in step.makes and step.makes[port].type not in typing_rules.LITERALS
        }
        if wanted:
            led.declare(tx, look.mine, seqs[one.id], one.id, wanted)
            led.settle(tx, seqs[one.id], completed=True)


def _progress(tx: Connection, look: Look) -> None:
    over = sum(state in TERMINAL for state in look.states.values())
    own = look.seen.get(look.row.run_id)
    started = look.ctx.clock.now() if own is not None and own.started_at is None else None
    progress = {"done": over, "total": len(look.states), "label": "Steps"}
    led.move(tx, look.ctx, look.row.run_id, "Running", progress=progress, started_at=started)


def _end(tx: Connection, look: Look, made: Mapping[str, Held], files: Files) -> None:
    row, end = look.row, look.end
    assert end is not None
    own = look.seen.get(row.run_id)
    failure, error = None, None
    if end.state == "Failed":
        values = look.ended.get(end.at) or look.moved.get(end.at) or look.steps[end.at]._asdict()
        failure = values.get("failure") or "user_error"
        error = f"Step '{end.at}' {'failed' if look.states[end.at] == 'Failed' else 'was ' + look.states[end.at].lower()}: {values.get('error') or ''}"
    elif end.state == "Canceled":
        failure, error = "canceled", None
    started = look.ctx.clock.now() if own is not None and own.started_at is None else None
    over = {"done": len(look.states), "total": len(look.states), "label": "Steps"}
    led.move(tx, look.ctx, row.run_id, end.state, failure=failure, error=error, progress=over, started_at=started)
    if own is not None:
        led.publish(tx, look.ctx, own, files)
        led.settle(tx, own.seq, completed=end.state == "Completed")
    for value in made.values():
        if value.source:
            lineage.link(tx, look.ctx, value.source, f"run:{row.run_id}")
    if row.parent_seq is None:
        look.ctx.events.emit(tx, "pipeline.ended", row.run_id, {"state": end.state})


def _refused(look: Look, error: StudioloError) -> Outcome:
    """Fail the step whose run could not be made; the others are begun in the next look."""
    name = look.making
    if not name:
        raise error
    log.warning("pipeline %s: step %s could not be started: %s", look.row.run_id, name, error)
    values = starting.failed(look.ctx.clock.now(), "user_error", str(error)).values
    with look.ctx.db.begin() as tx:
        if repository.bump(tx, look.row.run_seq, look.row.version):
            repository.settle(tx, look.row.run_seq, repository.WAITING, {name: values})
            look.ctx.events.emit(tx, "pipeline.step", look.row.root_id, {"paths": [look.pipeline.path(name)]})
    return Outcome(changed=True, again=True)
