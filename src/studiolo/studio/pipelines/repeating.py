"""Loops in Python: a step, or a pipeline within a pipeline, that runs again while an output of it is true."""

from collections.abc import Mapping, Sequence

from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.writing import Call, Handle, builder


def loop(
    body: Call, *, again: Handle | Call, give: Mapping[str, str | Sequence[str]], at_most: int = 1000, name: str = ""
) -> Call:
    """Run a step again while an output of it is true; returns the loop, whose outputs are those of the last turn.

    body: the step, called with what its first turn is given; again: its output that says whether there is one more turn; give: which
    inputs of the next turn have which outputs of the one before, such as `{"model": "start"}`; at_most: turns.
    """
    told = again.result if isinstance(again, Call) else again
    if told.of is None or told.of.name != body.name:
        raise BadPipeline(
            f"What decides whether '{body.name}' runs again is no output of it.",
            'Write again=body.result, or again=body["more"].',
            field="again",
        )
    step = {
        "kind": "do_while",
        "body": body.name,
        "condition": told.name,
        "mapping": {out: [ports] if isinstance(ports, str) else list(ports) for out, ports in give.items()},
        "max_iterations": at_most,
    }
    return builder().add(name or f"{body.name}_loop", step, body.makes)
