"""What is to be done about a pipeline, as a pure function of its graph and of how its steps stand.

The states are the whole truth: no counter is kept that could be wrong after a crash, and the same states always give the same acts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from studiolo.studio.experiments.schemas import TERMINAL, State

WAITING = "NotStarted"
_GOOD = frozenset({"Completed", "Reused"})
_BAD = frozenset({"Failed", "Lost", "Canceled"})


@dataclass(frozen=True, slots=True)
class Node:
    """A step as the decision sees it. needs: steps that must have ended; true for one whose absence it can bear.

    gates: conditions that it stands under, with the answer that lets it run.
    """

    name: str
    needs: Mapping[str, bool] = field(default_factory=dict)
    gates: Sequence[tuple[str, bool]] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """states: by step; answers: of conditions that have ended. limit: most steps under way at once, 0: any."""

    states: Mapping[str, State]
    answers: Mapping[str, bool] = field(default_factory=dict)
    canceled: bool = False
    go_on: bool = False
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """Start a step."""

    name: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave a step out: it ends in this state without having run. why: a sentence."""

    name: str
    why: str
    state: State = "Skipped"


@dataclass(frozen=True, slots=True)
class Stop:
    """Tell a step that is under way to end."""

    name: str


@dataclass(frozen=True, slots=True)
class End:
    """End the pipeline; at: the step that it failed by."""

    state: State
    at: str = ""


Act = Start | Skip | Stop | End


def decide(nodes: Sequence[Node], standing: Standing) -> list[Act]:
    """Return what is to be done now; nothing while all that could be done is under way.

    nodes: in the order in which they are to start. A step is started when every step that it needs has ended well; left out when
    one of them never will; an end comes alone, when no step is left.
    """
    return list(acts(nodes, standing))


def acts(nodes: Sequence[Node], standing: Standing) -> Iterator[Act]:
    """Yield the same one by one, for who acts at once and writes into the states what came of it.

    A step that took an earlier result is then over when those after it are asked about: a chain of them is one pass, not one each. When
    a step has failed meanwhile, and that ends the pipeline, no more is yielded: what is left is to be asked about anew.
    """
    states = standing.states
    live: list[Node] = []
    waiting: list[Node] = []
    failed: str | None = None
    for node in nodes:
        state = states[node.name]
        if state == WAITING:
            waiting.append(node)
        elif state not in TERMINAL:
            live.append(node)
        elif failed is None and state in _BAD:
            failed = node.name
    if not live and not waiting:
        yield _end(nodes, standing)
        return
    if standing.canceled:
        yield from [Skip(node.name, "The pipeline was canceled.", "Canceled") for node in waiting]
        yield from [Stop(node.name) for node in live]
        return
    if failed is not None and not standing.go_on:
        yield from [Skip(node.name, f"Not started: {failed} {_word(states[failed])}.") for node in waiting]
        return
    yield from _onward(waiting, standing, standing.limit - len(live) if standing.limit else len(nodes))


def _onward(waiting: Sequence[Node], standing: Standing, room: int) -> Iterator[Act]:
    """Yield which steps are to start, and which never will; room: how many may start that are not over at once."""
    states = standing.states
    for node in waiting:
        why, ready = _prospect(node, standing)
        if why:
            yield Skip(node.name, why)
        elif room > 0 and ready:
            yield Start(node.name)
            state = states[node.name]
            if state in _BAD and not standing.go_on:
                return
            if state not in TERMINAL:
                room -= 1


def _prospect(node: Node, standing: Standing) -> tuple[str, bool]:
    """Return why a step will never run, empty while it may; and whether it may run now. Asked of every step that waits, at every step."""
    states = standing.states
    for gate, wanted in node.gates:
        if states[gate] in _GOOD and standing.answers.get(gate) is not wanted:
            return f"Not chosen: the condition {gate} is {str(standing.answers.get(gate)).lower()}.", False
    ready = True
    for other, soft in node.needs.items():
        state = states[other]
        if state in _BAD or (state == "Skipped" and not soft):
            return f"Left out: it needs {other}, which {_word(state)}.", False
        ready = ready and (state in _GOOD or state == "Skipped")
    return "", ready


def _word(state: State) -> str:
    words = {"Failed": "failed", "Lost": "was lost", "Canceled": "was canceled", "Skipped": "was left out"}
    return words.get(state, state)


def _end(nodes: Sequence[Node], standing: Standing) -> End:
    states = standing.states
    if standing.canceled and any(states[node.name] == "Canceled" for node in nodes):
        return End("Canceled")
    failed = next((node.name for node in nodes if states[node.name] in _BAD), "")
    return End("Failed", failed) if failed else End("Completed")
