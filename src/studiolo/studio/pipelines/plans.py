"""A graph as the engine wants it: its steps in order with what they need, and which outputs somebody reads."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.pipelines import bindings, checking, repository
from studiolo.studio.pipelines.deciding import Node
from studiolo.studio.pipelines.schemas import Graph, OutputPort, Step

BODY = "body"  # the one step of the graph that a fan-out runs
_graphs: dict[tuple[str, str], "Plan"] = {}
_MANY = 256


@dataclass(frozen=True)
class Plan:
    """nodes: in the order in which they start; read: outputs of each step that something reads, or that are the pipeline's.

    follows: by step, the longest chain of steps behind it.
    """

    digest: str
    graph: Graph
    nodes: tuple[Node, ...]
    read: Mapping[str, frozenset[str]] = field(default_factory=dict)
    follows: Mapping[str, int] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        """Return a step; of a fan-out each has the same."""
        return self.graph.steps[name] if name in self.graph.steps else self.graph.steps[BODY]


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the name of a graph: of the JSON that is kept."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def document(graph: Graph) -> dict[str, Any]:
    """Return a graph as it is kept."""
    return graph.model_dump(mode="json", exclude_defaults=True)


def of(ctx: Context, digest: str, items: int | None = None) -> Plan:
    """Return the plan of a graph that is kept. items: of a fan-out, how many; of a loop, its turns so far."""
    plan = _graphs.get((ctx.workspace_id, digest))
    if plan is None:
        with ctx.db.read() as tx:
            graph = Graph.model_validate(repository.definition(tx, ctx, digest))
        plan = _remembered(ctx, made(digest, graph))
    return plan if items is None else _fanned(plan, items)


def keep(ctx: Context, digest: str, graph: Graph) -> Plan:
    """Return the plan of a graph that is being kept."""
    found = _graphs.get((ctx.workspace_id, digest))
    return found or _remembered(ctx, made(digest, graph))


def _remembered(ctx: Context, plan: Plan) -> Plan:
    if len(_graphs) >= _MANY:
        _graphs.clear()
    _graphs[ctx.workspace_id, plan.digest] = plan
    return plan


def made(digest: str, graph: Graph) -> Plan:
    """Make a plan."""
    bodies, wiring = bindings.bodies(graph), bindings.Wiring(graph)
    nodes = tuple(
        Node(name, wiring.needs(name), tuple(wiring.gates(name)))
        for name in checking.order(graph)[0]
        if name not in bodies
    )
    read: dict[str, set[str]] = {
        name: {o for o, given in s.outputs.items() if given.bind} for name, s in graph.steps.items()
    }
    for step in graph.steps.values():
        refs = [ref for _, ref in wiring.sources(step)]
        for text in (step.condition, step.items, step.compute):
            if isinstance(text, str):
                refs += [one for ref in bindings.refs(text) for one in wiring.followed(ref)]
        for ref in refs:
            if ref.step in read and ref.family == "outputs":
                read[ref.step].add(ref.name)
    for body, fan in bodies.items():
        read[body] |= read[fan]
    return Plan(
        digest, graph, nodes, {name: frozenset(outputs) for name, outputs in read.items()}, _follows(graph, nodes)
    )


def _follows(graph: Graph, nodes: Sequence[Node]) -> dict[str, int]:
    """Return the longest chain of jobs behind each step: what is behind it decides when the whole can end."""
    found = dict.fromkeys((node.name for node in nodes), 0)
    for node in reversed(nodes):
        behind = found[node.name] + _length(graph.steps[node.name])
        for before in {*node.needs, *(gate for gate, _ in node.gates)} & found.keys():
            found[before] = max(found[before], behind)
    return found


def _length(step: Step) -> int:
    """Return how many jobs of a step come one after the other."""
    if step.kind == "if_else":
        return 0
    if step.graph is None:
        return 1
    inner = made("", step.graph)
    return max((inner.follows[node.name] + _length(step.graph.steps[node.name]) for node in inner.nodes), default=0)


def _fanned(plan: Plan, items: int) -> Plan:
    nodes, read = _items(items), plan.read.get(BODY, frozenset())
    return Plan(plan.digest, plan.graph, nodes, {node.name: read for node in nodes})


@lru_cache(64)
def _items(count: int) -> tuple[Node, ...]:
    return tuple(Node(str(number)) for number in range(count))


def fan_out(graph: Graph, step: Step) -> Graph:
    """Return the graph that a fan-out or a loop runs: its body alone, each input of which is an input of the whole."""
    body = graph.steps[step.body]
    inner = body.model_copy(
        update={
            "inputs": {name: f"${{{{parent.inputs.{name}}}}}" for name in body.declares},
            "outputs": {},
            "after": [],
            "compute": "" if bindings.refs(body.compute) else body.compute,
        }
    )
    optional = {name: port.model_copy(update={"optional": True}) for name, port in body.declares.items()}
    gathers = step.kind == "parallel_for"  # a loop has what its last turn made
    outputs = {name: OutputPort(type="uri_folder") if gathers else port for name, port in body.makes.items()}
    return Graph(inputs=optional, outputs=outputs, steps={BODY: inner})
