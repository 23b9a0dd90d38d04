"""Advances one pipeline: what has ended becomes outputs, what can start is started, and all of it is recorded in one transaction.

Level-triggered and safe to repeat: the rows are read, looked at and decided upon; then one transaction, which first takes the version that
was read, makes the jobs *and* says of their steps that they were started. Killed before it, nothing has happened; after it, all has. Two
controllers that read the same rows both decide, and one of them records.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.experiments import at_once, led, lineage
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.job_schemas import JobOutput
from studiolo.studio.experiments.led import Led
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec
from studiolo.studio.pipelines import (
    creating,
    repository,
    settling,
    starting,
    typing_rules,
)
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.looking import Look

log = logging.getLogger(__name__)
Files = list[tuple[str, Blob]]  # of a run, by path


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
        look.remember()
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
