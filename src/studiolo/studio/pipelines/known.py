"""Graphs that were found right, by what they are: the same pipeline is submitted again and again.

What is said of a graph alone is said once in a process. What it refers to is looked for each time (`preflight`).
"""

import hashlib
from typing import NamedTuple

from studiolo.studio.pipelines import checking, interfaces, plans
from studiolo.studio.pipelines.schemas import Graph, Problem

_MANY = 64


class _Right(NamedTuple):
    graph: Graph  # whose steps declare all that they are given
    digest: str


_right: dict[bytes, _Right] = {}  # the last used at the end


def graph(given: Graph) -> tuple[Graph, list[Problem]]:
    """Return a graph whose steps declare all that they are given, and what is wrong with it. given: with its components filled in."""
    key = hashlib.sha256(given.model_dump_json(exclude_defaults=True).encode()).digest()
    if found := _right.pop(key, None):
        _right[key] = found
        return found.graph, []
    whole = interfaces.inferred(given)
    problems = checking.of_graph(whole)
    if not problems:
        _right[key] = _Right(whole, plans.digest_of(plans.document(whole)))
        if len(_right) > _MANY:
            del _right[next(iter(_right))]
    return whole, problems


def digest(graph: Graph) -> str | None:
    """Return the name of a graph that `graph` has returned; None for another, though it may be equal to one."""
    return next((one.digest for one in reversed(_right.values()) if one.graph is graph), None)
