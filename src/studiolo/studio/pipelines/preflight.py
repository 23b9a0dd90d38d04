"""Looks for all that a pipeline refers to when it is submitted: data are pinned to versions, environments locked, what no step could
get is refused then and not an hour later."""

from collections.abc import Mapping
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.job_schemas import DataInput, JobOutput
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.pipelines import bindings, giving, held, led_above, typing_rules
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import Given, Graph, Port, SentFiles, Settings, Step

_VERSIONED = ("dataset:", "model:")
_EMPTY, _KEPT = Graph(), JobOutput()


def values(ctx: Context, graph: Graph, given: Mapping[str, Given]) -> dict[str, Held]:
    """Return the inputs of a pipeline as its steps will get them; raises what is not there, with the field."""
    found: dict[str, Held] = {}
    for name, port in graph.inputs.items():
        value = _value(ctx, f"values.{name}", port, given.get(name))
        if value is not None:
            found[name] = value
    return found


def _value(ctx: Context, field: str, port: Port, given: Given | None) -> Held | None:
    if given is None:
        return held.literal(typing_rules.coerced(port.default, port), port.type) if port.default is not None else None
    if isinstance(given, SentFiles):
        return _there(ctx, given, field)
    if isinstance(given, DataInput):
        data, source, label = pinned(ctx, given, field)
        return Held(
            type=port.type if port.type not in typing_rules.LITERALS else given.type,
            data=data,
            source=source,
            label=label,
        )
    return held.literal(typing_rules.coerced(given, port), port.type)


def _there(ctx: Context, given: SentFiles, field: str) -> Held:
    spec = JobSpec(command=["true"], inputs={"data": given.files})
    try:
        experiments.check(ctx, spec)
    except StudioloError as error:
        error.field = field
        raise
    return giving.sent(given)


def pinned(ctx: Context, given: DataInput, field: str) -> tuple[DataInput, str, str]:
    """Return data that has versions at the version that it has now; its source as lineage names it; and a label."""
    if bindings.refs(given.path):
        return given, "", given.path
    try:
        found = experiments.check(ctx, JobSpec(command=["true"], data={"data": given}))
    except StudioloError as error:
        error.field = field
        raise
    source = str(found.context.get("sources", {}).get("data", ""))
    for prefix in _VERSIONED:
        if source.startswith(prefix):
            reference = source.removeprefix(prefix)
            return given.model_copy(update={"path": f"azureml:{reference}"}), source, reference
    return given, source, given.path


def steps(ctx: Context, graph: Graph, settings: Settings, at: str = "graph.") -> Graph:
    """Return a graph whose steps could be submitted, data and environments pinned; raises what is wrong, with the step and the field.

    It is the same one where nothing was to be pinned.
    """
    changed = {}
    for name, step in graph.steps.items():
        where = f"{at}steps.{name}."
        kept(
            ctx,
            {port: JobOutput(path=given.path) for port, given in step.outputs.items() if given.path},
            f"{where}outputs.",
        )
        if step.graph is not None:
            inner = settings.model_copy(update={"default_compute": step.compute or settings.default_compute})
            within = steps(ctx, step.graph, inner, f"{where}graph.")
            changed[name] = step if within is step.graph else step.model_copy(update={"graph": within})
        elif step.task is not None:
            changed[name] = _step(ctx, name, step, settings, where)
        elif step.automl is not None:
            led_above.must(ctx, step)
            changed[name] = step.model_copy(update={"inputs": _given(ctx, step, where)})
        else:
            changed[name] = step
    same = all(changed[name] is step for name, step in graph.steps.items())
    return graph if same else graph.model_copy(update={"steps": changed})


def kept(ctx: Context, outputs: Mapping[str, JobOutput], where: str) -> None:
    """Refuse places for outputs that the actor may not write to, or that are not there; raises what is wrong, with the output."""
    for name, given in outputs.items():
        if not given.path:
            continue
        try:
            experiments.check(ctx, JobSpec(command=["true"], outputs={name: given}))
        except StudioloError as error:
            error.field = f"{where}{name}"
            raise


def _given(ctx: Context, step: Step, where: str) -> dict[str, Given]:
    """Return what a step is given, data pinned; raises what is not there, with the input."""
    given: dict[str, Given] = {}
    for port, value in step.inputs.items():
        if isinstance(value, DataInput):
            given[port] = pinned(ctx, value, f"{where}inputs.{port}")[0]
        else:
            if isinstance(value, SentFiles):
                _there(ctx, value, f"{where}inputs.{port}")
            given[port] = value
    return given


def _step(ctx: Context, name: str, step: Step, settings: Settings, where: str) -> Step:
    task = step.task
    assert task is not None
    given = _given(ctx, step, where)
    nothing = giving.Around(ctx.blobs, _EMPTY, {}, {})
    where_to_run = "local" if bindings.refs(step.compute) else giving.compute(step, settings, nothing)
    tried = set(task.sweep.space) if task.sweep else set()
    changes: dict[str, Any] = {
        "params": {port: "" for port in step.declares if port not in tried},
        "outputs": dict.fromkeys(step.makes, _KEPT),
        "inputs": {},
        "data": {},
        "compute": where_to_run,
        "env": {**task.env, **step.env},
        "environment": step.environment or task.environment,
    }
    try:
        found = experiments.check(ctx, task.model_copy(update=changes))
    except StudioloError as error:
        error.detail = f"Step '{name}': {error.detail}"
        error.field = f"{where}{error.field or 'task'}"
        raise
    if found.secrets:
        ctx.actor.must("secrets.use")
    chosen = found.context.get("environment")
    pin = {"environment": f"azureml:{chosen['reference']}"} if chosen else {}
    same = not pin and all(given[port] is value for port, value in step.inputs.items())
    return step if same else step.model_copy(update={"inputs": given, **pin})
