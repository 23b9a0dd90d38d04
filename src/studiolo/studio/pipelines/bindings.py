"""Azure ML's expressions in the inputs of steps: `${{parent.inputs.X}}`, `${{parent.jobs.S.outputs.Y}}`. Pure."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from studiolo.studio.experiments.job_schemas import DataInput
from studiolo.studio.pipelines.schemas import Given, Graph, Step

_ANY = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_INPUT = re.compile(r"(?:parent\.)?inputs\.([\w-]+)")
_OF_STEP = re.compile(r"(?:parent\.)?jobs\.([\w-]+)\.(inputs|outputs)\.([\w-]+)")
_STEP = re.compile(r"(?:parent\.)?jobs\.([\w-]+)")
_OUTPUT = re.compile(r"(?:parent\.)?outputs\.([\w-]+)")

WITH_BODY = ("parallel_for", "do_while")  # kinds of steps that run another one


class Ref(NamedTuple):
    """What a binding names. step: empty for an input of the pipeline."""

    family: Literal["inputs", "outputs"]
    step: str
    name: str

    @property
    def shown(self) -> str:
        """As it is written in a file."""
        return f"parent.jobs.{self.step}.{self.family}.{self.name}" if self.step else f"parent.inputs.{self.name}"


def parse(inside: str) -> Ref | None:
    """Read what stands between the braces; None for what means nothing in an input.

    >>> parse("parent.jobs.prep.outputs.data"), parse("inputs.rate"), parse("name")
    (Ref(family='outputs', step='prep', name='data'), Ref(family='inputs', step='', name='rate'), None)
    """
    if found := _OF_STEP.fullmatch(inside):
        return Ref("outputs" if found[2] == "outputs" else "inputs", found[1], found[3])
    if found := _INPUT.fullmatch(inside):
        return Ref("inputs", "", found[1])
    return None


def text_of(given: Given | None) -> str:
    """Return the text of what is given in which bindings may stand; empty for what has none."""
    if isinstance(given, str):
        return given
    return given.path if isinstance(given, DataInput) else ""


def expressions(text: str) -> list[str]:
    """Return what stands between each pair of braces.

    >>> expressions("${{ parent.inputs.a }}/x/${{parent.inputs.b}}")
    ['parent.inputs.a', 'parent.inputs.b']
    """
    return [found[1] for found in _ANY.finditer(text)]


@lru_cache(4096)  # a pipeline is checked, planned and run by the same texts
def refs(text: str) -> tuple[Ref, ...]:
    """Return what a text is bound to; expressions without a meaning are left out."""
    return tuple(ref for inside in expressions(text) if (ref := parse(inside)) is not None)


def whole(text: str) -> Ref | None:
    """Return the binding that a text is, None when it is more, or none at all."""
    found = _ANY.fullmatch(text.strip())
    return parse(found[1]) if found else None


def head(text: str) -> tuple[Ref, str] | None:
    """Return the binding that a text begins with and the path behind it, such as `…/sample.csv`.

    >>> head("${{parent.inputs.folder}}/a/b.csv")
    (Ref(family='inputs', step='', name='folder'), 'a/b.csv')
    """
    found = _ANY.match(text.strip())
    if not found or not (ref := parse(found[1])):
        return None
    rest = text.strip()[found.end() :]
    return (ref, rest.strip("/")) if rest.startswith("/") and not _ANY.search(rest) else None


def filled(text: str, value: Callable[[Ref], str]) -> str:
    """Put texts in the place of bindings."""

    def one(found: re.Match[str]) -> str:
        ref = parse(found[1])
        return value(ref) if ref else found[0]

    return _ANY.sub(one, text)


def step_named(text: str) -> str:
    """Return the step that `${{parent.jobs.S}}` names; a bare name stays as it is.

    >>> step_named("${{parent.jobs.train}}"), step_named("train")
    ('train', 'train')
    """
    found = _ANY.fullmatch(text.strip())
    named = _STEP.fullmatch(found[1]) if found else None
    return named[1] if named else text.strip()


def output_named(text: str) -> str | None:
    """Return the output of the pipeline that `${{parent.outputs.X}}` names, None for another text."""
    found = _ANY.fullmatch(text.strip())
    named = _OUTPUT.fullmatch(found[1]) if found else None
    return named[1] if named else None


class Wiring:
    """A graph in which it was looked up once which conditions and loops its steps stand under.

    To look through all steps for each of them takes the square of their number.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.loops: dict[str, str] = {}  # by the body of each: whoever names its outputs means those of the last turn
        self._gates: dict[str, list[tuple[str, bool]]] = {}
        for name, step in graph.steps.items():
            if step.kind == "do_while" and step.body != name:
                self.loops.setdefault(step.body, name)
            if step.kind == "if_else":
                for answer, under in ((True, step.if_true), (False, step.if_false)):
                    for other in dict.fromkeys(under):
                        self._gates.setdefault(other, []).append((name, answer))

    def sources(self, step: Step) -> list[tuple[str, Ref]]:
        """Return what the inputs of a step are bound to, with the names of the inputs; `jobs.S.inputs.X` is followed to its source."""
        return [
            (name, source)
            for name, given in step.inputs.items()
            for ref in refs(text_of(given))
            for source in self.followed(ref)
        ]

    def followed(self, ref: Ref, seen: frozenset[Ref] = frozenset()) -> list[Ref]:
        """Return what a binding comes to: of an input of another step, what that one is bound to; of a loop's body, the loop's."""
        if ref.family == "outputs" and (loop := self.loops.get(ref.step)):
            return [ref._replace(step=loop)]
        if ref.family == "outputs" or not ref.step or ref in seen:
            return [ref]
        other = self.graph.steps.get(ref.step)
        given = other.inputs.get(ref.name) if other else None
        return [inner for one in refs(text_of(given)) for inner in self.followed(one, seen | {ref})]

    def needs(self, name: str) -> dict[str, bool]:
        """Return the steps that a step waits for; the value says whether it can do without (an optional input).

        The body of a fan-out is waited for by its fan-out alone, which waits for what the body reads.
        """
        step = self.graph.steps[name]
        read = [step]
        if step.kind in WITH_BODY and step.body in self.graph.steps:
            read.append(self.graph.steps[step.body])
        waits = [one for of in read for one in self._reads(of)]
        waits += [(step_named(other), False) for of in read for other in of.after]
        waits += [(gate, False) for gate, _ in self.gates(name)]
        found: dict[str, bool] = {}
        for other, soft in waits:
            if other != name:
                found[other] = found.get(other, True) and soft
        return found

    def gates(self, name: str) -> list[tuple[str, bool]]:
        """Return the conditions that a step stands under: the `if_else`, and the answer that lets it run."""
        return self._gates.get(name, [])

    def _reads(self, step: Step) -> list[tuple[str, bool]]:
        """Return the steps whose outputs a step reads, and whether it can do without."""
        found = []
        for port, ref in self.sources(step):
            declared = step.declares.get(port)
            found.append((ref.step, bool(declared and declared.optional)))
        for text in (step.compute, step.condition if step.kind == "if_else" else "", step.items):
            if isinstance(text, str):
                found += [(one.step, False) for ref in refs(text) for one in self.followed(ref)]
        return [(other, soft) for other, soft in found if other]


def bodies(graph: Graph) -> dict[str, str]:
    """Return the steps that run for each item of a fan-out, or each turn of a loop, and not by themselves; with the step that runs each."""
    return {step.body: name for name, step in graph.steps.items() if step.kind in WITH_BODY and step.body}
