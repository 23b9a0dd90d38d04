"""Azure ML's expressions in a command: `${{inputs.x}}`, `${{outputs.x}}`, and `$[[…]]` around an optional part."""

import re
from collections.abc import Container, Mapping

_BINDING = re.compile(r"\$\{\{\s*(inputs|outputs)\.([\w-]+)\s*\}\}")
_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_LOOSE = re.compile(r"\$\{\{.*?\}\}")
_SPACE = re.compile(r"\$\{\{\s*search_space\.([\w-]+)\s*\}\}")
_BARE = re.compile(r"\s*(inputs|outputs)\.([\w-]+)\s*")  # `$[[inputs.x]]`, which stands in public examples


def names(text: str) -> set[tuple[str, str]]:
    """Return the inputs and outputs that a text needs; those of an optional part are not needed.

    >>> sorted(names("train ${{inputs.data}} $[[--rate ${{inputs.rate}}]] ${{ outputs.model }}"))
    [('inputs', 'data'), ('outputs', 'model')]
    """
    return {(found[1], found[2]) for found in _BINDING.finditer(_OPTIONAL.sub("", text))}


def outputs(text: str) -> set[str]:
    """Return all outputs that a text names."""
    bare = [bare for found in _OPTIONAL.finditer(text) if (bare := _BARE.fullmatch(found[1]))]
    return {found[2] for found in [*_BINDING.finditer(text), *bare] if found[1] == "outputs"}


def strange(text: str, search_space: Container[str] = ()) -> str | None:
    """Return an expression that means nothing here, such as one of a pipeline. search_space: names that a sweep tries."""
    for found in _LOOSE.finditer(text):
        tried = _SPACE.fullmatch(found[0])
        if not _BINDING.fullmatch(found[0]) and not (tried and tried[1] in search_space):
            return found[0]
    return None


def substitute(text: str, values: Mapping[tuple[str, str], str]) -> str:
    """Put values in the place of expressions. An optional part without a value is dropped.

    Raises KeyError with (family, name) where a value is missing.

    >>> substitute("p --lr ${{inputs.lr}}$[[ --seed ${{inputs.seed}}]]", {("inputs", "lr"): "0.1"})
    'p --lr 0.1'
    >>> substitute("p --name $[[inputs.name]]", {})
    'p --name '
    """

    def optional(found: re.Match[str]) -> str:
        inside = found[1]
        if bare := _BARE.fullmatch(inside):
            return values.get((bare[1], bare[2]), "")
        return inside if all((part[1], part[2]) in values for part in _BINDING.finditer(inside)) else ""

    def binding(found: re.Match[str]) -> str:
        return values[found[1], found[2]]

    return _BINDING.sub(binding, _OPTIONAL.sub(optional, text))
