"""Everything that can be said against a graph before it runs, each time with the step and the field. Pure.

Components must have been filled in: each step has its task or graph and its interface.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from studiolo.studio.experiments.job_schemas import DataInput
from studiolo.studio.pipelines import bindings, loops, typing_rules
from studiolo.studio.pipelines.bindings import Ref
from studiolo.studio.pipelines.schemas import (
    MAX_STEPS,
    Checked,
    Given,
    Graph,
    OutputPort,
    Port,
    Problem,
    SentFiles,
    Step,
)

DEEPEST = 8
RUN = ("command", "sweep", "parallel", "notebook", "spark", "automl")  # kinds of steps that are jobs themselves
_NAME = re.compile(r"[A-Za-z_][\w-]{0,254}")
IMPLICIT = ("artifacts", "default")  # outputs that every job has: all that it left


def check(graph: Graph, values: Mapping[str, Given]) -> Checked:
    """Return all problems of a pipeline with the values of its inputs, and an order of its steps."""
    ordered, around = order(graph)
    return Checked(problems=[*of_values(graph, values), *of_graph(graph, around=around)], order=ordered)


def of_values(graph: Graph, values: Mapping[str, Given]) -> list[Problem]:
    """Return the problems of the values of a pipeline's inputs."""
    problems: list[Problem] = []
    for name, port in graph.inputs.items():
        problems += [
            one.model_copy(update={"field": f"inputs.{name}"})
            for one in _given(Graph(), f"Input '{name}' of the pipeline", name, port, values.get(name))
        ]
    for name in values.keys() - graph.inputs.keys():
        has = f"It has: {', '.join(graph.inputs)}." if graph.inputs else "It has none."
        problems.append(Problem(field=f"inputs.{name}", message=f"The pipeline has no input '{name}'.", hint=has))
    return problems


def of_graph(graph: Graph, at: str = "", depth: int = 0, around: list[str] | None = None) -> list[Problem]:
    """Return the problems of a graph and of those nested in it. at: path of the step that it is in; around: a circle in it, if that is known."""
    problems: list[Problem] = []
    if not graph.steps:
        problems.append(
            Problem(step=at, field="jobs", message="The pipeline has no steps.", hint="Add one under `jobs:`.")
        )
    if len(graph.steps) > MAX_STEPS:
        problems.append(
            Problem(
                step=at,
                field="jobs",
                message=f"The pipeline has {len(graph.steps)} steps; at most {MAX_STEPS} are run.",
            )
        )
    if depth > DEEPEST:
        return [*problems, Problem(step=at, field="jobs", message=f"Pipelines are nested more than {DEEPEST} deep.")]
    fans = bindings.bodies(graph)
    for name, step in graph.steps.items():
        path = f"{at}/{name}" if at else name
        found = [
            *_form(name, step),
            *_inputs(graph, name, step, fans.get(name)),
            *_outputs(graph, name, step),
            *_flow(graph, name, step),
        ]
        problems += [one.model_copy(update={"step": path}) for one in found]
        if step.graph is not None:
            problems += of_graph(step.graph, path, depth + 1)
    problems += [one.model_copy(update={"step": at}) for one in _ends(graph)]
    around = order(graph)[1] if around is None else around
    if around:
        circle = " → ".join([*around, around[0]])
        said = f"The steps wait for each other in a circle: {circle}."
        where = f"{at}/{around[0]}" if at else around[0]
        problems.append(Problem(step=where, field="inputs", message=said, hint="One of them must not need the other."))
    return problems


def order(graph: Graph) -> tuple[list[str], list[str]]:
    """Return the steps, each after those that it needs, as written where that is free; and the steps of a circle, if there is one."""
    wiring = bindings.Wiring(graph)
    waits = {name: {o for o in wiring.needs(name) if o in graph.steps} for name in graph.steps}
    place = {name: number for number, name in enumerate(graph.steps)}
    sorter = TopologicalSorter(waits)
    with suppress(CycleError):  # what is not in a circle, or behind one, still comes
        sorter.prepare()
    found: list[str] = []
    while layer := sorted(sorter.get_ready(), key=place.__getitem__):
        found += layer
        sorter.done(*layer)
    done = {*found}
    left = {name: needs for name, needs in waits.items() if name not in done}
    return found, _circle(left) if left else []


def _circle(left: Mapping[str, set[str]]) -> list[str]:
    """Return one circle among steps each of which waits for another of them."""
    path: list[str] = []
    name = next(iter(left))
    while name not in path:
        path.append(name)
        name = min(left[name] & left.keys())
    return path[path.index(name) :]


def _form(name: str, step: Step) -> Iterable[Problem]:
    if not _NAME.fullmatch(name):
        yield Problem(
            field="name",
            message=f"'{name[:80]}' cannot be the name of a step.",
            hint="Begin with a letter or '_', then letters, digits, '_' and '-'.",
        )
    if (step.automl is None) == (step.kind == "automl"):
        yield Problem(field="automl", message=f"Step '{name}': AutoML steps say what they ask, and no others do.")
    if step.kind in RUN and step.kind != "automl" and step.task is None:
        yield Problem(
            field="component",
            message=f"Step '{name}' has nothing to run.",
            hint="Name a component, or write a command.",
        )
    if step.kind == "pipeline" and step.graph is None:
        yield Problem(
            field="component", message=f"Step '{name}' is a pipeline without steps.", hint="Name a pipeline component."
        )
    if step.task is not None and (
        step.task.kind != step.kind or step.kind == "automl"
    ):  # another kind would be taken for a job of the studio's own
        yield Problem(field="type", message=f"Step '{name}' is a {step.kind}, and what it runs is a {step.task.kind}.")


def _inputs(graph: Graph, name: str, step: Step, fan: str | None) -> Iterable[Problem]:
    """fan: the fan-out or loop whose body the step is."""
    itemized = _from_items(graph, name, fan)
    for port, declared in step.declares.items():
        if port in itemized and port not in step.inputs:
            continue
        for one in _given(graph, f"Input '{port}' of step '{name}'", port, declared, step.inputs.get(port)):
            yield one.model_copy(update={"field": f"inputs.{port}"})
    if step.kind in ("if_else", *bindings.WITH_BODY):
        return
    for port in step.inputs.keys() - step.declares.keys():
        if not step.component and (lost := _lost(graph, f"Input '{port}' of step '{name}'", step.inputs[port])):
            yield lost.model_copy(update={"field": f"inputs.{port}"})  # its type would have come from what is not there
            continue
        has = f"It has: {', '.join(step.declares)}." if step.declares else "It has none."
        yield Problem(field=f"inputs.{port}", message=f"Step '{name}' has no input '{port}'.", hint=has)


def _from_items(graph: Graph, name: str, fan: str | None) -> set[str]:
    """Return the inputs of the body of a fan-out that its items give it."""
    if fan is None or graph.steps[fan].kind == loops.KIND:  # whose first turn has what the body is given
        return set()
    items, body = graph.steps[fan].items, graph.steps[name]
    if not isinstance(items, list):
        return set(body.declares)  # known when it runs
    each = [set(item) if isinstance(item, dict) else {only(body)} for item in items]
    return set.intersection(*each) if each else set()


def _given(graph: Graph, who: str, name: str, port: Port, given: Given | None) -> Iterable[Problem]:
    if given is None:
        if port.default is not None:
            yield from _literal(who, port, port.default)
        elif not port.optional:
            yield Problem(
                message=f"{who} is given nothing.", hint=f"Write `{name}:` under `inputs:`, or make it optional."
            )
        return
    text = bindings.text_of(given)
    strange = [inside for inside in bindings.expressions(text) if bindings.parse(inside) is None]
    for inside in strange:
        yield Problem(
            message=f"{who} has ${{{{{inside}}}}}, which means nothing here.",
            hint="Use ${{parent.inputs.<name>}} or ${{parent.jobs.<step>.outputs.<name>}}.",
        )
    refs = bindings.refs(text)
    if refs:
        yield from _bound(graph, who, port, text, refs)
    elif not strange and isinstance(given, DataInput | SentFiles):
        if port.type in typing_rules.LITERALS:
            yield Problem(message=f"{who} is a {port.type}, and is given data.", hint="Give a value.")
        elif not typing_rules.fits(given.type, port.type):
            yield Problem(message=f"{who} is a {port.type}, and is given a {given.type}.")
    elif not strange:
        yield from _literal(who, port, given)  # type: ignore[arg-type]


def _literal(who: str, port: Port, value: str | int | float | bool) -> Iterable[Problem]:
    if port.type not in typing_rules.LITERALS:
        yield Problem(
            message=f"{who} is a {port.type}, and is given '{typing_rules.text(value)[:80]}'.",
            hint="Write a mapping with `type:` and `path:`, or bind it to an output.",
        )
        return
    try:
        typing_rules.coerced(value, port)
    except typing_rules.Misfit as error:
        yield Problem(message=f"{who}: {error}", hint=error.hint)


def _lost(graph: Graph, who: str, given: Given) -> Problem | None:
    """Return what is wrong with the first binding that leads nowhere."""
    for ref in bindings.refs(bindings.text_of(given)):
        if isinstance(found := type_of(graph, ref), Problem):
            return _nowhere(who, ref, found)
    return None


def _nowhere(who: str, ref: Ref, why: Problem) -> Problem:
    return why.model_copy(update={"message": f"{who} is bound to ${{{{{ref.shown}}}}}: {why.message}"})


def _bound(graph: Graph, who: str, port: Port, text: str, refs: Sequence[Ref]) -> Iterable[Problem]:
    for ref in refs:
        found = type_of(graph, ref)
        if isinstance(found, Problem):
            yield _nowhere(who, ref, found)
            return
        alone = bindings.whole(text) is not None
        if alone and not typing_rules.fits(found, port.type) and not _coercible(ref, found, port):
            yield Problem(
                message=f"{who} is a {port.type}, and ${{{{{ref.shown}}}}} is a {found}.",
                hint="Bind it to something of that type, or declare another one.",
            )
        if not alone and found not in typing_rules.LITERALS and bindings.head(text) is None:
            yield Problem(
                message=f"{who}: ${{{{{ref.shown}}}}} is data, and stands within a longer text.",
                hint="Write it alone, or a path behind it: ${{parent.inputs.<name>}}/file.csv",
            )


def _coercible(ref: Ref, found: str, port: Port) -> bool:
    """A literal of the pipeline may be written in another form than the step wants it: its value is looked at when it runs."""
    return ref.family == "inputs" and found in typing_rules.LITERALS and port.type in typing_rules.LITERALS


def type_of(graph: Graph, ref: Ref) -> str | Problem:
    """Return the type of what a binding names, or why there is no such thing."""
    if not ref.step:
        port = graph.inputs.get(ref.name)
        known = f"It has: {', '.join(graph.inputs)}." if graph.inputs else "It has none."
        return port.type if port else Problem(message=f"the pipeline has no input '{ref.name}'.", hint=known)
    step = graph.steps.get(ref.step)
    if step is None:
        return Problem(message=f"there is no step '{ref.step}'.", hint=f"The steps are: {', '.join(graph.steps)}.")
    ports: Mapping[str, Port | OutputPort] = step.declares if ref.family == "inputs" else makes(graph, ref.step)
    if ref.name in ports:
        return ports[ref.name].type
    if ref.family == "outputs" and ref.name in IMPLICIT and step.kind in RUN:
        return "uri_folder"
    known = f"It has: {', '.join(ports)}." if ports else "It has none."
    return Problem(message=f"step '{ref.step}' has no {ref.family[:-1]} '{ref.name}'.", hint=known)


def makes(graph: Graph, name: str) -> Mapping[str, OutputPort]:
    """Return the outputs of a step; those of a fan-out are folders with one entry for each item."""
    step = graph.steps[name]
    if step.kind == "parallel_for" and step.body in graph.steps:
        return {out: OutputPort(type="uri_folder") for out in graph.steps[step.body].makes}
    if step.kind == loops.KIND and step.body in graph.steps:
        return graph.steps[step.body].makes
    return step.makes


def _outputs(graph: Graph, name: str, step: Step) -> Iterable[Problem]:
    known = makes(graph, name)
    for port, given in step.outputs.items():
        if port not in known and port not in IMPLICIT:
            has = f"It has: {', '.join(known)}." if known else "It has none."
            yield Problem(field=f"outputs.{port}", message=f"Step '{name}' has no output '{port}'.", hint=has)
        if given.bind and given.bind not in graph.outputs:
            has = f"It has: {', '.join(graph.outputs)}." if graph.outputs else "It has none."
            said = f"Output '{port}' of step '{name}' is bound to '{given.bind}', which is no output of the pipeline."
            yield Problem(field=f"outputs.{port}", message=said, hint=has)


def _flow(graph: Graph, name: str, step: Step) -> Iterable[Problem]:
    for other in step.after:
        if bindings.step_named(other) not in graph.steps:
            yield Problem(field="after", message=f"Step '{name}' comes after '{other}', and there is no such step.")
    if step.kind == "if_else":
        yield from _condition(graph, name, step)
    elif step.kind == "parallel_for":
        yield from _fan(graph, name, step)
    elif step.kind == loops.KIND:
        yield from loops.problems(graph, name, step)


def _condition(graph: Graph, name: str, step: Step) -> Iterable[Problem]:
    if step.condition is None:
        yield Problem(field="condition", message=f"Step '{name}' has no condition.", hint="Bind it to a boolean.")
    elif isinstance(step.condition, str):
        who = f"The condition of step '{name}'"
        yield from (
            p.model_copy(update={"field": "condition"})
            for p in _given(graph, who, "condition", Port(type="boolean"), step.condition)
        )
    if not step.if_true and not step.if_false:
        yield Problem(
            field="true_block", message=f"Step '{name}' chooses between nothing.", hint="Name a step in `true_block`."
        )
    for field, names in (("true_block", step.if_true), ("false_block", step.if_false)):
        for other in names:
            if other not in graph.steps or other == name:
                yield Problem(field=field, message=f"'{name}' names '{other}', and there is no such step.")
    for other in set(step.if_true) & set(step.if_false):
        yield Problem(field="false_block", message=f"'{other}' is in both branches of '{name}'.")


def _fan(graph: Graph, name: str, step: Step) -> Iterable[Problem]:
    body = graph.steps.get(step.body)
    if body is None or body.kind not in (*RUN, "pipeline"):
        yield Problem(
            field="body",
            message=f"Step '{name}' runs '{step.body}' for each item, and there is no such step.",
            hint="Name a step.",
        )
        return
    if step.items is None or step.items == []:
        yield Problem(
            field="items", message=f"Step '{name}' has no items.", hint="Write a list of mappings, or bind it."
        )
    if isinstance(step.items, list):
        for number, item in enumerate(step.items):
            given = item if isinstance(item, dict) else {only(body): item}
            for port, value in given.items():
                if port not in body.declares:
                    has = f"It has: {', '.join(body.declares)}."
                    yield Problem(
                        field=f"items.{number}", message=f"Step '{step.body}' has no input '{port}'.", hint=has
                    )
                else:
                    who = f"Input '{port}' of item {number}"
                    for one in _literal(who, body.declares[port], value):
                        yield one.model_copy(update={"field": f"items.{number}"})
    elif isinstance(step.items, str) and bindings.refs(step.items):
        for ref in bindings.refs(step.items):
            found = type_of(graph, ref)
            if isinstance(found, Problem):
                yield found.model_copy(update={"field": "items", "message": f"The items of '{name}': {found.message}"})


def only(body: Step) -> str:
    """Return the input that literal items are given to: the one that nothing else is given to, else the first."""
    free = [name for name in body.declares if name not in body.inputs]
    return free[0] if free else next(iter(body.declares), "item")


def _ends(graph: Graph) -> Iterable[Problem]:
    """Each output of the pipeline is made by one step."""
    made: dict[str, list[str]] = {}
    for name, step in graph.steps.items():
        for port, given in step.outputs.items():
            if given.bind:
                made.setdefault(given.bind, []).append(f"{name}.{port}")
    for name, declared in graph.outputs.items():
        by = made.get(name, [])
        if not by:
            yield Problem(
                field=f"outputs.{name}",
                message=f"No step makes the output '{name}' of the pipeline.",
                hint=f"Bind a step's output to it: ${{{{parent.outputs.{name}}}}}",
            )
        elif len(by) > 1 and not _exclusive(graph, by):
            yield Problem(
                field=f"outputs.{name}", message=f"Output '{name}' is made by several steps: {', '.join(by)}."
            )
        for one in by:
            maker, _, out = one.rpartition(".")
            found = type_of(graph, Ref("outputs", maker, out))
            if isinstance(found, str) and not typing_rules.fits(found, declared.type):
                said = f"Output '{name}' of the pipeline is a {declared.type}, and {one} is a {found}."
                yield Problem(field=f"outputs.{name}", message=said)


def _exclusive(graph: Graph, makers: list[str]) -> bool:
    """Say whether no two of some steps can run both: they are in different branches of one condition."""
    wiring = bindings.Wiring(graph)
    under = [dict(wiring.gates(one.rpartition(".")[0])) for one in makers]
    return all(
        any(gate in b and a[gate] != b[gate] for gate in a)
        for number, a in enumerate(under)
        for b in under[number + 1 :]
    )
