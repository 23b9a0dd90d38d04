"""Steps whose jobs a slice above makes, such as AutoML: what is wrong with one, and the job that it is once its data is there.

Imports only point down, so such a slice is found by its module `pipeline_steps`; its KIND is the kind of its steps.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio import slices
from studiolo.studio.experiments.job_schemas import DataInput
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.pipelines import bindings
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import Given, Graph, Problem, Step

PART = "pipeline_steps"
KINDS = frozenset({"automl"})


def problems(ctx: Context, graph: Graph, values: Mapping[str, Given], at: str = "") -> Iterator[Problem]:
    """Yield what is wrong with such steps of a graph and of those nested in it. values: of its inputs, as far as they are known."""
    for name, step in graph.steps.items():
        path = f"{at}/{name}" if at else name
        if step.graph is not None:
            inner = {port: known for port, given in step.inputs.items() if (known := _known(given, values)) is not None}
            yield from problems(ctx, step.graph, inner, path)
        elif step.kind in KINDS and step.automl is not None:
            data = {
                port: known
                for port, given in step.inputs.items()
                if isinstance(known := _known(given, values), DataInput)
            }
            for field, message, hint in _part(step.kind).problems(ctx, step.automl, step.inputs, data):
                yield Problem(step=path, field=field, message=f"Step '{name}': {message}", hint=hint)


def _known(given: Given, values: Mapping[str, Given]) -> Given | None:
    """Return what an input is given when that can be told before anything has run."""
    text = bindings.text_of(given)
    if not bindings.refs(text):
        return given
    ref = bindings.whole(text)
    return values.get(ref.name) if ref is not None and not ref.step else None


def template(step: Step) -> JobSpec:
    """Return the job of a step before it has inputs: of its task, or an empty one that `made` completes."""
    return step.task or JobSpec(kind=step.kind, command=["-"])


def made(ctx: Context, step: Step, spec: JobSpec, given: Mapping[str, Held]) -> JobSpec:
    """Return the job of a step whose inputs are there; of other kinds the spec as it is. Raises what is wrong with it."""
    if step.kind not in KINDS:
        return spec
    labels = {name: value.label for name, value in given.items()}
    job: JobSpec = _part(step.kind).job(ctx, step.automl or {}, spec, labels)
    return job


def decisive(step: Step) -> dict[str, Any]:
    """Return what of such a step's settings its result depends on."""
    found: dict[str, Any] = _part(step.kind).decisive(step.automl or {})
    return found


def must(ctx: Context, step: Step) -> None:
    """Refuse such a step to an actor who may not start what it starts."""
    if step.kind in KINDS:
        ctx.actor.must(_part(step.kind).NEEDED)


def _part(kind: str) -> Any:
    found = {module.KIND: module for _, module in slices.parts(PART)}.get(kind)
    if found is None:
        raise BadPipeline(f"Nothing here runs steps of the kind '{kind}'.", field="type")
    return found
