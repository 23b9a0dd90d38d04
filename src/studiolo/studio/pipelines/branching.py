"""Conditions and fan-outs in Python: steps that run only if, and a step that runs for each of some items."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.writing import Call, Handle, builder

Block = Call | Sequence[Call]
Item = Mapping[str, Any] | str | int | float | bool


def if_else(
    condition: Handle | Call | bool, *, true_block: Block = (), false_block: Block = (), name: str = "if_else"
) -> Call:
    """Run some steps only if a condition holds, and others only if it does not; those of the other block are skipped.

    condition: an output of a step that is true or false, such as what it returns; true_block, false_block: the steps, called before.
    """
    told = condition.result if isinstance(condition, Call) else condition
    if not isinstance(told, Handle | bool):
        raise BadPipeline(
            f"The condition is a {type(told).__name__}, and no output of a step.",
            "Let a step return a bool, and give its call.",
            field="condition",
        )
    blocks = {"if_true": _names(true_block, "true_block"), "if_false": _names(false_block, "false_block")}
    given = told if isinstance(told, bool) else told.text
    return builder().add(name, {"kind": "if_else", "condition": given, **blocks}, {})


def parallel_for(
    body: Call, items: Sequence[Item] | Handle | Call, *, max_concurrency: int = 0, name: str = ""
) -> Call:
    """Run a step once for each item, side by side; returns the fan-out, whose outputs are folders with an entry for each item: `0/…`, `1/…`.

    body: the step, called with `each` for the inputs that the items give; items: mappings of inputs to values, plain values for a body
    with one input, or an output that comes to a JSON list of them; max_concurrency: items at once, 0 for as many as there are.
    """
    told = items.result if isinstance(items, Call) else items
    found: Any = told.text if isinstance(told, Handle) else _listed(told)
    step = {"kind": "parallel_for", "body": body.name, "items": found, "max_concurrency": max_concurrency}
    makes = None if body.makes is None else dict.fromkeys(body.makes, "uri_folder")
    return builder().add(name or f"{body.name}_each", step, makes)


def _names(block: Block, field: str) -> list[str]:
    found = [block] if isinstance(block, Call) else list(block)
    for one in found:
        if not isinstance(one, Call):
            raise BadPipeline(
                f"The {field} has a {type(one).__name__}, which is no step.",
                "Call a step, and give what it returns.",
                field=field,
            )
    return [one.name for one in found]


def _listed(items: Sequence[Item]) -> list[Any]:
    if isinstance(items, str | Mapping):
        raise BadPipeline(
            f"The items are a {type(items).__name__}.", "Give a list: [{'rate': 0.1}, {'rate': 1.0}].", field="items"
        )
    found = list(items)
    try:
        json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadPipeline(
            f"The items cannot be sent: {error}.", "Give texts, numbers and booleans.", field="items"
        ) from None
    return [dict(one) if isinstance(one, Mapping) else one for one in found]
