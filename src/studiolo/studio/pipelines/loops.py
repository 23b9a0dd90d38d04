"""Loops (`do_while`): the body runs, and again as long as an output of it is true, given what it made the time before. Pure.

The run of a loop is a pipeline of its own, like that of a fan-out: its steps `0`, `1`, … are the turns. There is a row for a turn only
once the one before it has ended and asked for it, so a loop that may turn a thousand times is no longer than it was.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from studiolo.studio.pipelines import bindings, typing_rules
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import Graph, Problem, Step

KIND = "do_while"


def named(step: Step, text: Any) -> str:
    """Return the output of the body that is meant: by its name, or as `${{parent.jobs.<body>.outputs.<name>}}`; empty for another text."""
    given = str(text or "").strip()
    if not bindings.expressions(given):
        return given
    ref = bindings.whole(given)
    return ref.name if ref and ref.family == "outputs" and ref.step == step.body else ""


def given_to(step: Step, text: str) -> str:
    """Return the input of the body that is meant: by its name, or as `${{parent.jobs.<body>.inputs.<name>}}`; empty for another text."""
    given = text.strip()
    if not bindings.expressions(given):
        return given
    ref = bindings.whole(given)
    return ref.name if ref and ref.family == "inputs" and ref.step == step.body else ""


def plan(step: Step) -> dict[str, Any]:
    """Return what the run of a loop keeps of it. mapping: inputs of the next turn, by the output of the one before."""
    mapping = {named(step, out): [given_to(step, one) for one in ports] for out, ports in step.mapping.items()}
    return {"condition": named(step, step.condition), "mapping": mapping, "most": step.max_iterations}


def is_one(items: Any) -> bool:
    """Say whether what the run of a pipeline keeps as items is the plan of a loop."""
    return isinstance(items, dict)


def turns(items: Any, there: int) -> int | None:
    """Return how many steps a run has that is made of one body; None for a pipeline that is not. there: its rows."""
    return None if items is None else there if is_one(items) else len(items)


def another(items: Any, made: Mapping[str, Mapping[str, Held]], there: int) -> bool:
    """Say whether the last turn of a loop, which has ended well, asks for one more. made: outputs, by turn."""
    if not is_one(items):
        return False
    told = made.get(str(there - 1), {}).get(items["condition"])
    return there < items["most"] and told is not None and told.value is True


def brought(items: Mapping[str, Any], made: Mapping[str, Mapping[str, Held]], turn: int) -> dict[str, Held]:
    """Return what a turn is given by the one before it, by the name of the input."""
    before, found = str(turn - 1), {}
    for output, ports in items["mapping"].items() if turn else ():
        value = made.get(before, {}).get(output)
        if value is None:
            continue
        label = typing_rules.text(value.value)[:200] if value.literal else f"output '{output}' of turn {before}"
        for port in ports:
            found[port] = value.model_copy(update={"label": label, "step": before, "output": output})
    return found


def problems(graph: Graph, name: str, step: Step) -> Iterable[Problem]:
    """Yield what is wrong with a loop."""
    body = graph.steps.get(step.body)
    if body is None or body.kind in ("if_else", "parallel_for", KIND):
        yield Problem(
            field="body",
            message=f"Step '{name}' runs '{step.body}' again and again, and there is no such step.",
            hint="Name a step that runs something: a command, or a pipeline component.",
        )
        return
    condition = named(step, step.condition)
    told = body.makes.get(condition)
    if told is None or told.type != "boolean":
        booleans = [out for out, port in body.makes.items() if port.type == "boolean"]
        has = f"It has: {', '.join(booleans)}." if booleans else "It has none: declare `type: boolean`."
        said = f"is a {told.type}" if told else "is none of its outputs"
        yield Problem(
            field="condition",
            message=f"'{step.condition}', by which '{name}' goes on, must be a boolean output of '{step.body}', and {said}.",
            hint=has,
        )
    for out, ports in step.mapping.items():
        made = body.makes.get(named(step, out))
        if made is None:
            yield Problem(
                field=f"mapping.{out}",
                message=f"Step '{step.body}' has no output '{out}'.",
                hint=f"It has: {', '.join(body.makes)}." if body.makes else "It has none.",
            )
        for one in ports:
            declared = body.declares.get(given_to(step, one))
            if declared is None:
                has = f"It has: {', '.join(body.declares)}." if body.declares else "It has none."
                yield Problem(field=f"mapping.{out}", message=f"Step '{step.body}' has no input '{one}'.", hint=has)
            elif made is not None and not typing_rules.fits(made.type, declared.type):
                said = f"Output '{out}' of '{step.body}' is a {made.type}, and its input '{one}' is a {declared.type}."
                yield Problem(field=f"mapping.{out}", message=said)
