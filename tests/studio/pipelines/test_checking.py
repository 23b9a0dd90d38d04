"""What can be said against a graph before it runs: each problem names its step and its field."""

from typing import Any

import pytest

from studiolo.studio.pipelines import checking, interfaces, typing_rules
from studiolo.studio.pipelines.schemas import PipelineSpec, Port
from tests.studio.pipelines.graphs import output, parent, pipeline, step


def problems(spec: PipelineSpec) -> list[tuple[str, str, str]]:
    found = checking.check(interfaces.inferred(spec.graph), spec.values).problems
    return [(one.step, one.field, one.message) for one in found]


GOOD: dict[str, Any] = {"a": step(makes={"out": "uri_folder"}), "b": step(inputs={"x": output("a")})}


@pytest.mark.parametrize(
    ("steps", "rest", "expected"),
    [
        ({}, {}, ("", "jobs", "The pipeline has no steps.")),
        ({"a b": step()}, {}, ("a b", "name", "'a b' cannot be the name of a step.")),
        ({"a": {"kind": "command"}}, {}, ("a", "component", "Step 'a' has nothing to run.")),
        ({**GOOD, "c": step(inputs={"y": output("z")})}, {}, ("c", "inputs.y", "there is no step 'z'")),
        ({**GOOD, "c": step(inputs={"y": output("a", "no")})}, {}, ("c", "inputs.y", "step 'a' has no output 'no'")),
        ({**GOOD, "c": step(inputs={"y": parent("no")})}, {}, ("c", "inputs.y", "the pipeline has no input 'no'")),
        ({"a": step(inputs={"y": "${{name}}"})}, {}, ("a", "inputs.y", "means nothing here")),
        ({"a": step(declares={"y": "number"})}, {}, ("a", "inputs.y", "is given nothing")),
        ({"a": step(inputs={"y": "x"}, declares={"y": "integer"})}, {}, ("a", "inputs.y", "'x' is not an integer")),
        (
            {"a": step(inputs={"y": 5}, declares={"y": {"type": "number", "max": 3}})},
            {},
            ("a", "inputs.y", "5 is more than 3"),
        ),
        (
            {"a": step(inputs={"y": "c"}, declares={"y": {"type": "string", "enum": ["a", "b"]}})},
            {},
            ("a", "inputs.y", "'c' is none of its values"),
        ),
        (
            {"a": step(inputs={"y": 1}, declares={"y": "uri_file"})},
            {},
            ("a", "inputs.y", "is a uri_file, and is given '1'"),
        ),
        (
            {**GOOD, "c": step(inputs={"y": output("a")}, declares={"y": "uri_file"})},
            {},
            ("c", "inputs.y", "is a uri_file, and ${{parent.jobs.a.outputs.out}} is a uri_folder"),
        ),
        (
            {**GOOD, "c": step(inputs={"y": f"--x {output('a')}"}, declares={"y": "string"})},
            {},
            ("c", "inputs.y", "within a longer text"),
        ),
        (
            {
                "a": step(inputs={"x": output("b")}, makes={"out": "uri_folder"}),
                "b": step(inputs={"x": output("a")}, makes={"out": "uri_folder"}),
            },
            {},
            ("a", "inputs", "in a circle: a → b → a"),
        ),
        ({"a": step(after=["z"])}, {}, ("a", "after", "there is no such step")),
        (
            GOOD,
            {"outputs": {"model": {"type": "uri_folder"}}},
            ("", "outputs.model", "No step makes the output 'model'"),
        ),
        (
            {"a": step(makes={"o": "uri_file"}, outputs={"o": {"bind": "m"}})},
            {"outputs": {"m": {"type": "uri_folder"}}},
            ("", "outputs.m", "is a uri_folder, and a.o is a uri_file"),
        ),
        ({"a": {"kind": "if_else", "if_true": ["z"]}}, {}, ("a", "condition", "has no condition")),
        (
            {"a": {"kind": "if_else", "condition": True, "if_true": ["z"]}},
            {},
            ("a", "true_block", "there is no such step"),
        ),
        ({"a": {"kind": "parallel_for", "body": "z", "items": [1]}}, {}, ("a", "body", "there is no such step")),
        (
            {"a": {"kind": "parallel_for", "body": "b", "items": [{"m": 1}]}, "b": step(declares={"n": "integer"})},
            {},
            ("b", "inputs.n", "is given nothing"),
        ),
        (GOOD, {"values": {"z": 1}}, ("", "inputs.z", "The pipeline has no input 'z'.")),
        (
            GOOD,
            {"inputs": {"r": {"type": "number", "min": 1}}, "values": {"r": 0}},
            ("", "inputs.r", "0 is less than 1"),
        ),
    ],
)
def test_each_problem_names_its_step_and_field(
    steps: dict[str, Any], rest: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    found = problems(pipeline(steps, **rest))
    assert any(at == expected[0] and field == expected[1] and expected[2] in message for at, field, message in found), (
        found
    )


def test_a_good_graph_has_no_problems_and_an_order() -> None:
    spec = pipeline(
        {"b": step(inputs={"x": output("a")}), "a": step(makes={"out": "uri_folder"}), "c": step(after=["b"])}
    )
    found = checking.check(interfaces.inferred(spec.graph), {})
    assert (found.problems, found.order) == ([], ["a", "b", "c"])


def test_two_branches_of_a_condition_may_make_the_same_output() -> None:
    steps = {
        "which": {"kind": "if_else", "condition": parent("flag"), "if_true": ["yes"], "if_false": ["no"]},
        "yes": step(makes={"o": "uri_folder"}, outputs={"o": {"bind": "m"}}),
        "no": step(makes={"o": "uri_folder"}, outputs={"o": {"bind": "m"}}),
    }
    rest = {
        "inputs": {"flag": {"type": "boolean"}},
        "values": {"flag": "yes"},
        "outputs": {"m": {"type": "uri_folder"}},
    }
    assert problems(pipeline(steps, **rest)) == []
    del steps["which"]
    assert any("made by several steps: yes.o, no.o" in message for _, _, message in problems(pipeline(steps, **rest)))


def test_an_input_of_a_step_is_what_it_is_bound_to() -> None:
    steps = {
        "a": step(makes={"out": "mlflow_model", "n": "integer"}),
        "b": step(
            inputs={
                "m": output("a"),
                "n": output("a", "n"),
                "f": f"{parent('dir')}/x.csv",
                "d": f"{parent('dir')}/x",
                "t": f"v{parent('r')}",
            },
            declares={},
        ),
    }
    graph = interfaces.inferred(pipeline(steps, inputs={"dir": {"type": "uri_folder"}, "r": {"type": "number"}}).graph)
    kinds = {name: port.type for name, port in graph.steps["b"].declares.items()}
    assert kinds == {"m": "mlflow_model", "n": "integer", "f": "uri_file", "d": "uri_folder", "t": "string"}


def test_a_binding_to_a_step_that_is_not_there_is_told_as_such_where_types_are_inferred() -> None:
    steps = {"a": step(makes={"out": "uri_file"}), "b": step(inputs={"rows": output("aa", "out")}, declares={})}
    graph = interfaces.inferred(pipeline(steps).graph)
    (problem,) = checking.check(graph, {}).problems
    assert (problem.step, problem.field) == ("b", "inputs.rows")
    assert "aa" in problem.message
    assert "has no input" not in problem.message


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("1e-3", "number", 0.001),
        ("7", "integer", 7),
        (7.0, "integer", 7),
        ("Off", "boolean", False),
        (12345678901234567890, "integer", 12345678901234567890),
    ],
)
def test_literals_take_the_type_of_their_port(value: Any, kind: str, expected: Any) -> None:
    found = typing_rules.coerced(value, Port.model_validate({"type": kind}))
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind"), [("nan", "number"), ("inf", "number"), (1.5, "integer"), (True, "number"), ("maybe", "boolean")]
)
def test_what_is_no_such_literal_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(typing_rules.Misfit):
        typing_rules.coerced(value, Port.model_validate({"type": kind}))
