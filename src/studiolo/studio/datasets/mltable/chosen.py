"""What a registration chooses about columns beside the transformations that it sends, in the words of an MLTable."""

from typing import Any

from studiolo.studio.datasets.mltable import export, own
from studiolo.studio.datasets.mltable.own import Own
from studiolo.studio.datasets.mltable.steps import Step, parse
from studiolo.studio.datasets.reading import choices
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType, Reading


def whole(asked: Reading) -> tuple[tuple[Step, ...], tuple[Any, ...], Own]:
    """Return the transformations, judged and in words, with what was chosen about columns after them, and what words cannot say of it.

    A type that a transformation comes nearest to makes that one exact; any other is converted to at the end. Columns are left out then,
    and get their names. Raises BadMLTable and BadColumnChoice.
    """
    given = list(asked.transformations or ())
    steps = parse(given)
    if not steps:
        return (), (), Own()
    types = _types(steps)
    refined, names, left = {}, {}, []
    later: list[tuple[ColumnSchema, str]] = []
    for choice in asked.columns:
        column = choices.fixed(choice, choice.name)
        if not choice.include:
            left.append(choice.name)
            continue
        if choice.rename and choice.rename.strip() != choice.name:
            names[choice.name] = choice.rename.strip()
        if column is None:
            continue
        nearest = own.NEAREST.get(column.type, column.type)
        if types.get(choice.name) not in (column.type, nearest) or choice.formats or choice.true or choice.false:
            later.append((column, choice.name))
        if own.type_of(column):
            refined[choice.name] = own.type_of(column)
    given += [{"convert_column_types": export.spoken(later)}] if later else []
    given += [{"drop_columns": left}] if left else []
    kept = Own(types=refined, names=names, given=own.of_columns(refined, names))
    return own.refined(parse(given), refined), tuple(given), kept


def _types(steps: list[Step]) -> dict[str, ColumnType]:
    """Return the type that the last conversion of a column gives it."""
    conversions = [one for step in steps if step.key == "convert_column_types" for one in step.value]
    return {name: one.type for one in conversions for name in one.columns}
