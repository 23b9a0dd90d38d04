"""YAML that other people wrote: plain values, and what is refused of it with its line."""

import json

import pytest

from studiolo.kernel import yaml_text
from studiolo.kernel.yaml_text import NotYaml


def bomb(last: str) -> str:
    """Return a text of a few hundred bytes that stands for 9^9 words under its last key."""
    lines = ["k0: &k0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n".join([*lines, f"{last}: *k8", ""])


def test_plain_values_are_read() -> None:
    assert yaml_text.read("a: [1, 2.5, true, x]\nb: {c: null}") == {"a": [1, 2.5, True, "x"], "b": {"c": None}}
    assert yaml_text.read("") is None
    assert yaml_text.read("base: &b {x: 1}\nmine: {<<: *b, y: 2}\nlist: [*b, *b]") == {
        "base": {"x": 1}, "mine": {"x": 1, "y": 2}, "list": [{"x": 1}, {"x": 1}],
    }  # fmt: skip
    plain = [{"name": f"column {number}", "values": list(range(9))} for number in range(3_000)]
    assert yaml_text.read(json.dumps(plain)) == plain, "what is written out is as long as it is"


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("a: [", "expected the node content", 1),
        ("a: 1\nb: *none", "undefined alias", 2),
        (bomb("z"), "its aliases stand for more than 1,048,576 characters", None),
        (f"a: &a '{'x' * 3_000}'\nb: [{'*a, ' * 3_000}]", "its aliases stand for more than", None),
        ("b: 1\na: &a [*a]", "an alias stands for what it is in", 2),
        ("a: &a {x: 1, <<: *a}", "an alias stands for what it is in", 1),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor", 1),
        ("a: 2024-13-45", "month must be in 1..12", None),
        ("[" * 5000, "nested too deeply", None),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, said: str, line: int | None) -> None:
    with pytest.raises(NotYaml) as told:
        yaml_text.read(text)
    assert said in told.value.problem
    assert told.value.line == line
    assert len(str(told.value)) < 300
