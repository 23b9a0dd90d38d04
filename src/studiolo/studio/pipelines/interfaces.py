"""What a step takes that was written where it is used: the type of an input is that of what it is bound to. Pure."""

from collections.abc import Mapping
from typing import Any

from studiolo.studio.pipelines import bindings, checking, typing_rules
from studiolo.studio.pipelines.schemas import Given, Graph, Port, Problem, Step


def inferred(graph: Graph) -> Graph:
    """Return a graph in which steps without a component declare all that they are given; what is not known stays undeclared."""
    steps = dict(graph.steps)
    found = graph.model_copy(update={"steps": steps})  # ours: each step that is known is put into it
    fans = bindings.bodies(graph)
    for name in _order(graph):
        step = steps[name]
        if step.component or step.kind in ("if_else", *bindings.WITH_BODY):
            continue
        ports = {
            port: one
            for port in _given(found, name, fans)
            if port not in step.declares and (one := _port(found, name, port, fans))
        }
        inner = step.graph
        if inner is not None:
            inner = inferred(inner.model_copy(update={"inputs": {**step.declares, **inner.inputs, **ports}}))
        changes: dict[str, Any] = {"declares": {**step.declares, **ports}, "graph": inner}
        if inner is not None and not step.makes:
            changes["makes"] = inner.outputs
        steps[name] = step.model_copy(update=changes)
    return found


def _order(graph: Graph) -> list[str]:
    return list(dict.fromkeys([*checking.order(graph)[0], *graph.steps]))


def _given(graph: Graph, name: str, fans: Mapping[str, str]) -> list[str]:
    """Return the inputs that a step is given, also by the items of a fan-out. fans: by body."""
    step = graph.steps[name]
    fan = fans.get(name)
    items = graph.steps[fan].items if fan else None
    of_items = [port for item in items if isinstance(item, dict) for port in item] if isinstance(items, list) else []
    return list(dict.fromkeys([*step.inputs, *of_items]))


def _port(graph: Graph, name: str, port: str, fans: Mapping[str, str]) -> Port | None:
    step = graph.steps[name]
    given = step.inputs.get(port)
    if given is None:
        return _of_items(graph.steps[fans[name]].items, port)
    text = bindings.text_of(given)
    if ref := bindings.whole(text):
        found = checking.type_of(graph, ref)
        return (
            None
            if isinstance(found, Problem)
            else Port.model_validate({"type": found, "optional": _optional(graph, step, given)})
        )
    if bindings.refs(text):
        begin = bindings.head(text)
        kind = checking.type_of(graph, begin[0]) if begin else "string"
        if begin and isinstance(kind, str) and kind not in typing_rules.LITERALS:
            return Port(type="uri_file" if "." in begin[1].rpartition("/")[2] else "uri_folder")
        return Port(type="string")
    if isinstance(given, str | int | float | bool):
        return Port(type=typing_rules.of(given))
    return Port(type=given.type)


def _optional(graph: Graph, step: Step, given: Given) -> bool:
    """An input that is bound to an optional input of the pipeline is optional itself."""
    ref = bindings.whole(bindings.text_of(given))
    return bool(
        ref and not ref.step and (outer := graph.inputs.get(ref.name)) and outer.optional and step.task is not None
    )


def _of_items(items: Any, port: str) -> Port | None:
    values = (
        [item[port] for item in items if isinstance(item, dict) and port in item] if isinstance(items, list) else []
    )
    kinds = {typing_rules.of(value) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else "number" if kinds <= {"number", "integer"} else "string"
    return Port.model_validate({"type": kind})
