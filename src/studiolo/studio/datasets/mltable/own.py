"""What the words of an MLTable cannot say, kept in its `metadata`, which readers that do not know it pass over.

`metadata.studiolo: {decimal: ",", skip_rows: 2, types: {day: date, price: "decimal(30,3)"}, names: {day: sold_on}}`. A type is heeded
where a transformation converts the column to the nearest type that an MLTable has, so that what somebody changes there counts; columns
get their names when all transformations are done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from studiolo.studio.datasets.errors import BadMLTable
from studiolo.studio.datasets.mltable.steps import Conversion, Step, digits
from studiolo.studio.datasets.schemas import ColumnSchema, ColumnType, Reading

KEY = "studiolo"
OPTIONS = {
    "decimal": ".",
    "skip_rows": 0,
    "quote": '"',
    "escape": '"',
    "comment": None,
    "nested": "json",
}  # and what is as good as unsaid
NEAREST: dict[str, ColumnType] = {"date": "datetime", "time": "text", "decimal": "number"}


@dataclass(frozen=True)
class Own:
    """options: of the reading; types: of columns, as they are written; names: of columns, by those before; given: all, as it stands."""

    options: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)


def of_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be said of how files were read."""
    said = {key: options.get(key) for key in OPTIONS}
    return {key: value for key, value in said.items() if value not in (None, OPTIONS[key])}


def of_columns(types: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """Return what is to be said of columns."""
    return ({"types": dict(types)} if types else {}) | ({"names": dict(names)} if names else {})


def type_of(column: ColumnSchema) -> str:
    """Return the type of a column as it is written; empty for what a transformation says."""
    if column.type not in NEAREST:
        return ""
    return column.sql_type.lower().replace(" ", "") if column.type == "decimal" else column.type


def choices(own: Own, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return the same of columns as a reading says it beside the transformations. steps: those that the types refine."""
    found: dict[str, dict[str, Any]] = {name: {"name": name, "rename": new} for name, new in own.names.items()}
    for step in steps:
        for one in step.value if step.key == "convert_column_types" else ():
            name = one.columns[0]
            if own.types.get(name) and NEAREST.get(one.type):
                found[name] = {"name": name, **found.get(name, {}), "type": one.type, **digits(own.types[name])}
    return list(found.values())


def read(metadata: Any) -> Own:
    """Return what the metadata of an MLTable says of this kind; raises BadMLTable."""
    from pydantic import ValidationError

    given = metadata.get(KEY) if isinstance(metadata, Mapping) else None
    if given is None:
        return Own()
    if not isinstance(given, Mapping):
        raise _wrong("", f"`{str(given)[:40]}` has no settings.")
    options = {key: given[key] for key in OPTIONS if key in given}
    try:
        Reading.model_validate(options)
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(f".{first['loc'][0]}", f"{first['msg']}.") from None
    types = given.get("types") or {}
    if not isinstance(types, Mapping):
        raise _wrong(".types", f"`{str(types)[:40]}` names no columns.")
    for name, kind in types.items():
        if not _decimal(str(kind)) and str(kind) not in NEAREST:
            raise _wrong(f".types.{name}", f"'{str(kind)[:40]}' is none of date, time and decimal(30,3).")
    names = given.get("names") or {}
    if not isinstance(names, Mapping):
        raise _wrong(".names", f"`{str(names)[:40]}` names no columns.")
    for name, new in names.items():
        if not isinstance(new, str) or not new.strip() or len(new) > 1000:
            raise _wrong(f".names.{name}", f"`{str(new)[:40]}` is no name of a column.")
    kinds = {str(name): str(kind) for name, kind in types.items()}
    return Own(options, kinds, {str(name): str(new).strip() for name, new in names.items()}, given)


def _decimal(kind: str) -> str:
    """Return the type of the engine, empty for what is no decimal that it can have."""
    found = digits(kind)
    if not found or not 1 <= found["precision"] <= 38 or found["scale"] > found["precision"]:
        return ""
    return f"DECIMAL({found['precision']},{found['scale']})"


def _wrong(key: str, detail: str) -> BadMLTable:
    return BadMLTable(f"`metadata.{KEY}{key}`: {detail}", "Correct it, or leave it out.", field=f"metadata.{KEY}{key}")


def refined(steps: Sequence[Step], types: Mapping[str, str]) -> tuple[Step, ...]:
    """Return the transformations with the types that they cannot say."""
    if not types:
        return tuple(steps)
    return tuple(
        replace(step, value=[part for one in step.value for part in _refined(one, types)])
        if step.key == "convert_column_types"
        else step
        for step in steps
    )


def _refined(one: Conversion, types: Mapping[str, str]) -> list[Conversion]:
    found: list[Conversion] = []
    for name in one.columns:
        wanted = types.get(name, "")
        kind = "decimal" if _decimal(wanted) else wanted
        if NEAREST.get(kind) == one.type:
            column_type: ColumnType = "decimal" if kind == "decimal" else "date" if kind == "date" else "time"
            found.append(replace(one, columns=(name,), type=column_type, sql_type=_decimal(wanted)))
        else:
            found.append(replace(one, columns=(name,)))
    return found
