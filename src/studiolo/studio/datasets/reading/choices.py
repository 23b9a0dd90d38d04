"""What the owner chose about columns, put on what was found."""

from collections.abc import Mapping, Sequence

from studiolo.kernel.nearest import nearest
from studiolo.studio.datasets.errors import BadColumnChoice
from studiolo.studio.datasets.reading import conversion
from studiolo.studio.datasets.reading.dialect import check_names
from studiolo.studio.datasets.reading.kinds import SQL_TYPES
from studiolo.studio.datasets.schemas import ColumnChoice, ColumnSchema


def check(choices: Sequence[ColumnChoice], fields: Sequence[str]) -> None:
    """Raise BadColumnChoice for a column that the file does not have, or that is chosen twice; for none included."""
    known, seen = set(fields), set()
    for choice in choices:
        if choice.name not in known:
            near = nearest(choice.name, fields)
            raise BadColumnChoice(
                f"The file has no column '{choice.name[:100]}'.",
                f"Did you mean '{near}'?"
                if near
                else f"It has: {', '.join(fields[:10])}{', …' if len(fields) > 10 else ''}.",
                field="columns",
            )
        if choice.name in seen:
            raise BadColumnChoice(f"The column '{choice.name[:100]}' is named twice.", "Name it once.", field="columns")
        seen.add(choice.name)
    left = {choice.name for choice in choices if not choice.include}
    if fields and known <= left:
        raise BadColumnChoice("No column is included.", "Include at least one.", field="columns")


def fixed(choice: ColumnChoice | None, name: str) -> ColumnSchema | None:
    """Return the column as chosen, read leniently; None when the owner left its type to be found out."""
    if choice is None:
        return None
    kind = choice.type or ("datetime" if choice.formats else "boolean" if choice.true or choice.false else None)
    if kind is None:
        return None
    sql_type = SQL_TYPES[kind]
    if kind == "decimal":
        if choice.scale > choice.precision:
            raise BadColumnChoice(
                f"'{name}' cannot have {choice.scale} digits after the point of {choice.precision} in all.",
                "Choose a scale of at most the precision.",
                field="columns",
            )
        sql_type = f"DECIMAL({choice.precision},{choice.scale})"
    return ColumnSchema(
        name=name,
        type=kind,
        sql_type=sql_type,
        lenient=kind != "text",
        formats=[conversion.strptime(text) for text in choice.formats],
        true=choice.true,
        false=choice.false,
    )


def applied(columns: Sequence[ColumnSchema], choices: Mapping[str, ColumnChoice]) -> list[ColumnSchema]:
    """Leave columns out and rename them; raises BadColumnName when two come to have one name."""
    kept = []
    for column in columns:
        choice = choices.get(".".join(column.place))
        if choice is not None and not choice.include:
            continue
        if choice is not None and choice.rename and choice.rename.strip() != column.name:
            column = column.model_copy(update={"name": choice.rename.strip(), "field": list(column.place)})  # noqa: PLW2901
        kept.append(column)
    check_names([column.name for column in kept])
    return kept


def retyped(column: ColumnSchema, choice: ColumnChoice | None) -> ColumnSchema:
    """Return a column of a file with types of its own, with the type that was chosen for it."""
    wanted = fixed(choice, column.name)
    if wanted is None or (wanted.type == column.type and not choice_is_more(choice)):
        return column
    return wanted.model_copy(update={"stored": column.stored, "field": column.field, "lenient": True})


def choice_is_more(choice: ColumnChoice | None) -> bool:
    """Say whether a choice is of more than the type."""
    return choice is not None and bool(choice.formats or choice.true or choice.false or choice.type == "decimal")
