"""What the attributes of a span mean: inputs, outputs, type, tokens and cost, in the words of several conventions.

Pure. Sources: MLflow 3.17 `mlflow/tracing/constant.py`; OpenTelemetry semantic conventions for generative AI;
OpenInference; Traceloop's OpenLLMetry.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

INPUTS, OUTPUTS, TYPE = "mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.spanType"
USAGE, COST = "mlflow.chat.tokenUsage", "mlflow.llm.cost"
SESSION = ("session.id", "gen_ai.conversation.id")
USER = ("user.id", "enduser.id")
_INPUTS = (INPUTS, "input.value", "gen_ai.input.messages", "gen_ai.prompt", "traceloop.entity.input")
_OUTPUTS = (OUTPUTS, "output.value", "gen_ai.output.messages", "gen_ai.completion", "traceloop.entity.output")
_TYPES = (TYPE, "openinference.span.kind", "traceloop.span.kind", "gen_ai.operation.name")
_TYPE_NAMES = {
    "CHAT": "CHAT_MODEL",
    "TEXT_COMPLETION": "LLM",
    "GENERATE_CONTENT": "LLM",
    "EMBEDDINGS": "EMBEDDING",
    "EXECUTE_TOOL": "TOOL",
    "INVOKE_AGENT": "AGENT",
    "CREATE_AGENT": "AGENT",
}
_IN = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
_OUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion")
_TOTAL = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total")
_MOST = 2**53


class Tokens(NamedTuple):
    """What a span used; cost in US dollars."""

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cost: float | None = None


class Used(NamedTuple):
    """A node of the tree that tokens are summed over."""

    id: str
    parent: str | None
    tokens: Tokens


def first(attributes: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Return the first of the attributes that is there."""
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


def loaded(value: Any) -> Any:
    """Read a text that is JSON; other values stay."""
    if isinstance(value, str) and value[:1] in '{["':
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def inputs(attributes: Mapping[str, Any]) -> Any:
    """Return what went into a span."""
    return loaded(first(attributes, _INPUTS))


def outputs(attributes: Mapping[str, Any]) -> Any:
    """Return what came out of a span."""
    return loaded(first(attributes, _OUTPUTS))


def span_type(attributes: Mapping[str, Any]) -> str | None:
    """Return the type, such as `LLM` or `TOOL`.

    >>> span_type({"gen_ai.operation.name": "execute_tool"}), span_type({})
    ('TOOL', None)
    """
    found = first(attributes, _TYPES)
    if not isinstance(found, str) or not found:
        return None
    text = found.strip('"')[:100]
    return text if attributes.get(TYPE) is not None else _TYPE_NAMES.get(text.upper(), text.upper())


def tokens(attributes: Mapping[str, Any]) -> Tokens:
    """Return what a span says it used.

    >>> tokens({"gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 4})
    Tokens(input=3, output=4, total=7, cost=None)
    """
    usage = loaded(attributes.get(USAGE))
    cost = loaded(attributes.get(COST))
    dollars = _number(cost.get("total_cost")) if isinstance(cost, dict) else None
    if isinstance(usage, dict):
        given = [_count(usage.get(f"{name}_tokens")) for name in ("input", "output", "total")]
    else:
        given = [_count(first(attributes, names)) for names in (_IN, _OUT, _TOTAL)]
    came, went, total = given
    if total is None and (came is not None or went is not None):
        total = (came or 0) + (went or 0)
    return Tokens(came, went, total, dollars)


def summed(nodes: Sequence[Used]) -> Tokens:
    """Add up a tree. A span that says what it used stands for those below it: some libraries add up on the way.

    >>> a, b = Used("a", None, Tokens(1, 2, 3)), Used("b", "a", Tokens(1, 2, 3))
    >>> summed([a, b]), summed([Used("a", None, Tokens()), b])
    (Tokens(input=1, output=2, total=3, cost=None), Tokens(input=1, output=2, total=3, cost=None))
    """
    return Tokens(*(_summed(nodes, field) for field in range(4)))


def _summed(nodes: Sequence[Used], field: int) -> Any:
    known = {node.id: node for node in nodes}
    covered: dict[str, bool] = {}  # whether a node or one above it says

    def below(node: Used) -> bool:
        chain: list[Used] = []
        at: Used | None = node
        while at is not None and at.id not in covered and len(chain) <= len(nodes):
            chain.append(at)
            covered[at.id] = False  # also ends a circle
            at = known.get(at.parent or "")
        above = covered[at.id] if at is not None else False
        for item in reversed(chain):
            above = above or item.tokens[field] is not None
            covered[item.id] = above
        parent = known.get(node.parent or "")
        return covered[parent.id] if parent is not None and parent.id != node.id else False

    found = [node.tokens[field] for node in nodes if node.tokens[field] is not None and not below(node)]
    return sum(found) if found else None


def preview(value: Any, most: int = 1000) -> str | None:
    """Return the beginning of an input or output as text; of chat messages the last one's content."""
    if value is None:
        return None
    text = _message(value)
    if text is None:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else text[: most - 3] + "..."


def _message(value: Any) -> str | None:
    messages = value.get("messages") if isinstance(value, dict) else value
    if isinstance(value, dict) and messages is None:
        choices = value.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            messages = [choices[0].get("message")]
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        return None
    content = messages[-1].get("content")
    return content if isinstance(content, str) and "role" in messages[-1] else None


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 <= number < _MOST else None


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return (
        float(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        else None
    )
