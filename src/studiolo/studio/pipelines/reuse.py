"""Takes the result of an earlier step, or says why there is none: what changed against the nearest one."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from studiolo.kernel.context import Context
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines import held, keys, plans, repository
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import Reuse, Step

# what each step that takes a result says alike
_REUSED = Reuse(outcome="reused", text="").model_dump(mode="json", exclude_none=True)


class Looked(NamedTuple):
    """values: of the row of a step that takes a result, with its outputs; waits: the same result is being computed."""

    values: dict[str, Any] | None = None
    outputs: Mapping[str, Held] | None = None
    waits: Reuse | None = None


def slot(row: Any, step: Step, path: str) -> str:
    """Return which step it is, whatever run it is of: the component that it runs, else its place in the pipeline of this name."""
    name = step.component.rpartition(":")[0] if step.component else f"{row.name}\n{path}"
    return hashlib.sha256(name.encode()).hexdigest()


def look(ctx: Context, key: str, now: datetime, flights: set[str]) -> Looked:
    """Look for a result; one whose bytes are gone is none."""
    with ctx.db.glance() as tx:
        found = repository.results(tx, ctx, key)
    if taken := _usable(ctx, found, now):  # most of what is looked for again and again is there
        return taken
    with ctx.db.glance() as tx:
        flying = repository.in_flight(tx, ctx, key)
        landed = repository.results(tx, ctx, key)  # after it: one that was in flight may have landed in between
    known = {row.run_id for row in found}
    if taken := _usable(ctx, [row for row in landed if row.run_id not in known], now):
        return taken
    if flying is not None or key in flights:
        where = f"{flying.path} of {flying.root_id[:8]}" if flying is not None else "another step of this pipeline"
        return Looked(waits=Reuse(outcome="waits", text=f"The same result is being computed by {where}."))
    return Looked()


def _usable(ctx: Context, found: Sequence[Any], now: datetime) -> Looked | None:
    """Return the first of some results whose bytes are there."""
    for row in found:
        outputs = {name: Held.model_validate(value) for name, value in (row.outputs or {}).items()}
        if not held.there(ctx.blobs, list(outputs.values())):
            continue
        text = f"Nothing that its result depends on has changed since {row.path} ran in {row.root_id[:8]}."
        origin = {"origin_run_id": row.run_id, "origin_pipeline_id": row.root_id, "origin_step": row.path}
        return Looked(_reused(row.outputs, row.run_id, {**_REUSED, "text": text, **origin}, now), outputs)
    return None


def _reused(outputs: Any, origin: str | None, why: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "state": "Reused",
        "outputs": outputs,
        "origin_run_id": origin,
        "reuse": why,
        "started_at": now,
        "ended_at": now,
    }


def take_over(ctx: Context, old: Any, now: datetime) -> tuple[dict[str, Any], None, None, Mapping[str, Held]] | None:
    """Return the fields of a step that takes over the finished one of the run that its pipeline goes on from; None: its bytes are gone."""
    outputs = {name: Held.model_validate(value) for name, value in (old.outputs or {}).items()}
    if not held.there(ctx.blobs, list(outputs.values())):
        return None
    origin = old.origin_run_id or old.run_id
    why = Reuse(
        outcome="taken",
        text=f"Finished in the run {old.root_id[:8]} that this one goes on from.",
        origin_run_id=origin,
        origin_pipeline_id=old.root_id,
        origin_step=old.path,
    )
    said = why.model_dump(mode="json", exclude_none=True)
    values = {**_reused(old.outputs, origin, said, now), "inputs": old.inputs, "parts": old.parts}
    return values, None, None, outputs


def missed(ctx: Context, step: Step, values: Mapping[str, Any]) -> Reuse:
    """Return why a step runs: what differs from the nearest of its earlier results."""
    with ctx.db.glance() as tx:
        found = repository.earlier(tx, ctx, values["slot"])
    after: dict[str, str] = values["parts"]
    if not found:
        return Reuse(outcome="missed", text="It has not run before.")
    if all(row.parts is None for row in found):
        return Reuse(outcome="missed", text="It has not run before with parts that can be compared.")
    nearest = min((row for row in found if row.parts is not None), key=lambda row: _distance(row.parts, after))
    if nearest.parts == after:
        return Reuse(
            outcome="missed",
            text="It has run before, but the bytes of its outputs are no longer in the store.",
            nearest_run_id=nearest.run_id,
        )
    labels = (_labels(nearest.inputs), _labels(values["inputs"]))
    code: tuple[list[InputFile], list[InputFile]] = ([], [])
    if nearest.parts.get("code") != after.get("code"):
        code = (_code_of(ctx, nearest), list(step.task.code) if step.task else [])
    changes = keys.differences(nearest.parts, after, labels, code)
    said = "; ".join(change.text for change in changes[:4])
    more = f"; and {len(changes) - 4} more" if len(changes) > 4 else ""
    text = f"{said[:1].upper()}{said[1:]}{more}."
    return Reuse(outcome="missed", text=text, nearest_run_id=nearest.run_id, changes=changes)


def _distance(before: Mapping[str, str], after: Mapping[str, str]) -> int:
    return sum(before.get(part) != after.get(part) for part in {*before, *after})


def _labels(inputs: Any) -> dict[str, str]:
    return {str(one["name"]): str(one.get("label", "")) for one in inputs or []}


def _code_of(ctx: Context, row: Any) -> list[InputFile]:
    """Return the code that an earlier result was computed with, none when its pipeline is gone."""
    with ctx.db.read() as tx:
        pipeline = repository.by_seq(tx, row.run_seq)
    if pipeline is None:
        return []
    step = plans.of(ctx, pipeline.definition).step(row.name)
    return list(step.task.code) if step.task else []
