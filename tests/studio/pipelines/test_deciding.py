"""The decision about a pipeline as a pure function, played through for any graph and any ends of its steps."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.pipelines.deciding import End, Node, Skip, Standing, Start, Stop, acts, decide

ENDS = ("Completed", "Completed", "Completed", "Reused", "Failed", "Lost", "Canceled")


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Node], dict[str, str], dict[str, bool]]:
    """Nodes each of which needs earlier ones, how each would end, and answers of those that are conditions."""
    count = draw(st.integers(1, 12))
    nodes, ends, answers = [], {}, {}
    for number in range(count):
        name = f"s{number}"
        earlier = [f"s{other}" for other in range(number)]
        needs = (
            {o: draw(st.booleans()) for o in draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3))}
            if earlier
            else {}
        )
        gates = []
        if earlier and draw(st.integers(0, 4)) == 0:
            gate = draw(st.sampled_from(earlier))
            gates, needs = [(gate, draw(st.booleans()))], {**needs, gate: False}
        nodes.append(Node(name, needs, tuple(gates)))
        ends[name] = draw(st.sampled_from(ENDS))
        answers[name] = draw(st.booleans())
    return nodes, ends, answers


def play(
    nodes: list[Node],
    ends: Mapping[str, str],
    answers: Mapping[str, bool],
    order: list[int],
    cancel_at: int = -1,
    limit: int = 0,
    go_on: bool = True,
) -> tuple[dict[str, str], list[str], End]:
    """Play a pipeline through; order: which of the steps under way ends next."""
    states: dict[str, str] = {node.name: "NotStarted" for node in nodes}
    started: list[str] = []
    told: dict[str, bool] = {}
    canceled = False
    for turn in range(10 * len(nodes) + 10):
        canceled = canceled or turn == cancel_at
        standing = Standing(states=states, answers=told, canceled=canceled, go_on=go_on, limit=limit)  # type: ignore[arg-type]
        acts = decide(nodes, standing)
        assert acts == decide(nodes, standing), "the same states give the same acts"
        ending = [act for act in acts if isinstance(act, End)]
        if ending:
            assert len(acts) == 1
            assert all(state in TERMINAL for state in states.values())
            return states, started, ending[0]
        for act in acts:
            match act:
                case Start(name):
                    assert not canceled
                    assert states[name] == "NotStarted", "a step is started once"
                    node = next(node for node in nodes if node.name == name)
                    for other, soft in node.needs.items():
                        assert states[other] in ("Completed", "Reused") or (soft and states[other] == "Skipped")
                    assert all(told[gate] is wanted for gate, wanted in node.gates if gate in told)
                    states[name] = "Queued"
                    started.append(name)
                case Skip(name, why, state):
                    assert states[name] == "NotStarted"
                    assert why
                    states[name] = state
                case Stop(name):
                    assert canceled
                    assert states[name] == "Queued"
        live = [name for name, state in states.items() if state == "Queued"]
        if limit:
            assert len(live) <= limit
        if live:
            name = live[order[turn % len(order)] % len(live)]
            states[name] = "Canceled" if canceled else ends[name]
            if states[name] in ("Completed", "Reused"):
                told[name] = answers[name]
        else:
            assert acts, "it never stands still"
    raise AssertionError("it does not end")


@given(
    graphs(), st.lists(st.integers(0, 11), min_size=1, max_size=8), st.integers(-1, 8), st.integers(0, 3), st.booleans()
)
def test_every_pipeline_ends_and_no_step_starts_too_early_or_twice(
    graph: tuple[list[Node], dict[str, str], dict[str, bool]], order: list[int], cancel_at: int, limit: int, go_on: bool
) -> None:
    nodes, ends, answers = graph
    states, started, end = play(nodes, ends, answers, order, cancel_at, limit, go_on)
    assert len(started) == len(set(started))
    bad = [name for name, state in states.items() if state in ("Failed", "Lost", "Canceled")]
    if not bad:
        assert end.state == "Completed"
    elif cancel_at < 0:
        assert end.state == "Failed"
        assert end.at in bad
    if go_on and cancel_at < 0 and not any(node.gates for node in nodes):
        for node in nodes:  # what needs nothing that failed has run
            if all(states[other] in ("Completed", "Reused") for other in node.needs):
                assert node.name in started


@given(
    graphs(), st.lists(st.integers(0, 11), min_size=1, max_size=8), st.lists(st.integers(0, 11), min_size=1, max_size=8)
)
def test_the_order_in_which_steps_end_changes_no_result(
    graph: tuple[list[Node], dict[str, str], dict[str, bool]], one: list[int], other: list[int]
) -> None:
    nodes, ends, answers = graph
    assert play(nodes, ends, answers, one)[0] == play(nodes, ends, answers, other)[0]


def test_a_failure_stops_the_rest_unless_it_is_to_go_on() -> None:
    nodes = [Node("a"), Node("b"), Node("c", {"a": False}), Node("d", {"b": False})]
    states = {"a": "Failed", "b": "Queued", "c": "NotStarted", "d": "NotStarted"}
    stops = decide(nodes, Standing(states=states))  # type: ignore[arg-type]
    assert stops == [Skip("c", "Not started: a failed."), Skip("d", "Not started: a failed.")]
    goes = decide(nodes, Standing(states=states, go_on=True))  # type: ignore[arg-type]
    assert goes == [Skip("c", "Left out: it needs a, which failed.")]


def test_a_chain_whose_results_are_there_is_one_pass() -> None:
    nodes = [Node(f"s{n}", {f"s{n - 1}": False} if n else {}) for n in range(100)]
    states = dict.fromkeys((node.name for node in nodes), "NotStarted")
    for act in acts(nodes, Standing(states, limit=1)):  # type: ignore[arg-type]
        assert isinstance(act, Start)
        states[act.name] = "Reused"  # which also leaves its room to the next
    assert set(states.values()) == {"Reused"}


def test_a_step_that_fails_at_once_ends_the_pass() -> None:
    nodes = [Node("a"), Node("b"), Node("c", {"a": False})]
    for go_on, started in ((False, ["a"]), (True, ["a", "b"])):
        states = dict.fromkeys("abc", "NotStarted")
        found = []
        for act in acts(nodes, Standing(states, go_on=go_on)):  # type: ignore[arg-type]
            found.append(act)
            states[act.name] = "Failed" if isinstance(act, Start) else "Skipped"  # type: ignore[union-attr]
        assert [act.name for act in found if isinstance(act, Start)] == started
        if not go_on:
            said = [Skip("b", "Not started: a failed."), Skip("c", "Not started: a failed.")]
            assert decide(nodes, Standing(states)) == said  # type: ignore[arg-type]
