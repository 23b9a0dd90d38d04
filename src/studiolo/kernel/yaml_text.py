"""YAML that other people wrote: plain values, and nothing in it that grows when it is read or shown.

An alias (`*name`) costs a few bytes where it is written and everything that it stands for where it is shown: a dozen lines of them are
more text than a machine holds. They are taken as far as what they stand for stays small. Tags that name classes are refused.
"""

from typing import Any

import yaml

MOST = 1 << 20  # characters that aliases may add to a text


class NotYaml(ValueError):
    """A text that cannot be read. problem: in a few words; line: from 1, None where it is not known."""

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(f"{problem} (line {line})" if line else problem)
        self.problem, self.line = problem, line


def read(text: str) -> Any:
    """Return the one value of a text; raises NotYaml.

    >>> read("a: &b [1, x]\\nc: *b")
    {'a': [1, 'x'], 'c': [1, 'x']}
    >>> read("a: &b [*b]")
    Traceback (most recent call last):
    ...
    studiolo.kernel.yaml_text.NotYaml: an alias stands for what it is in (line 1)
    """
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if _size(node, {}) > 2 * len(text) + MOST:  # each character written counts once or twice
                raise NotYaml(f"its aliases stand for more than {MOST:,} characters", None)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise NotYaml(str(said), mark.line + 1 if mark else None) from None
    except RecursionError:
        raise NotYaml("it is nested too deeply", None) from None
    except NotYaml:
        raise
    except ValueError as error:  # a date such as 2024-13-45, a number of thousands of digits
        raise NotYaml(str(error).splitlines()[0][:200], None) from None


def _size(node: yaml.Node, known: dict[int, int | None]) -> int:
    """Return how many characters a value is when each alias is written out. known: of nodes; None: of those it is inside of."""
    if isinstance(node, yaml.ScalarNode):
        return len(node.value) + 1
    key = id(node)
    if key not in known:
        known[key] = None
        inner = [one for pair in node.value for one in (pair if isinstance(pair, tuple) else (pair,))]
        known[key] = 1 + sum(_size(one, known) for one in inner)
    found = known[key]
    if found is None:
        raise NotYaml("an alias stands for what it is in", node.start_mark.line + 1)
    return found
