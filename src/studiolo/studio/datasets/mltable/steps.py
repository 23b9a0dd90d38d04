"""The transformations of an MLTable, each judged by itself before any row is read."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.studio.datasets.errors import BadMLTable
from studiolo.studio.datasets.schemas import ColumnType

MOST = 500
POSITIONAL = ("take", "skip", "take_random_sample")
TYPES: dict[str, ColumnType] = {
    "int": "integer", "integer": "integer", "long": "integer", "float": "number", "double": "number", "number": "number",
    "string": "text", "str": "text", "text": "text", "boolean": "boolean", "bool": "boolean", "datetime": "datetime",
    "date": "date", "decimal": "decimal",
}  # fmt: skip
DECIMAL = re.compile(r"(?i)decimal\((\d{1,2}),(\d{1,2})\)")
MISMATCHES = {"error": None, "true": True, "false": False}


@dataclass(frozen=True)
class Conversion:
    """Columns and the type that they become. other: what a boolean's value that is no word of it becomes; None: missing.

    sql_type: how the engine holds it, where that is not the usual.
    """

    columns: tuple[str, ...]
    type: ColumnType
    formats: tuple[str, ...] = ()
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    other: bool | None = None
    sql_type: str = ""


def digits(kind: str) -> dict[str, int]:
    """Return how many digits a decimal has, and how many of them after the point, as a choice of a column says it.

    Empty for a type that is no decimal, or says none.

    >>> digits("DECIMAL(30,3)"), digits("decimal"), digits("date")
    ({'precision': 30, 'scale': 3}, {}, {})
    """
    found = DECIMAL.fullmatch(kind)
    return {"precision": int(found[1]), "scale": int(found[2])} if found else {}


@dataclass(frozen=True)
class Step:
    """One transformation. place: from 0, in the list; value: judged, in the form that the pipeline takes."""

    place: int
    key: str
    value: Any

    def wrong(self, detail: str, hint: str = "") -> BadMLTable:
        """Return the error that names this transformation."""
        return wrong(self.place, self.key, detail, hint)


def wrong(place: int, key: str, detail: str, hint: str = "") -> BadMLTable:
    """Return the error of a transformation by its place and key."""
    return BadMLTable(
        f"Transformation {place + 1} ({key}): {detail}",
        hint,
        field=f"transformations[{place}]{f'.{key}' if key else ''}",
    )


def parse(given: Any) -> list[Step]:
    """Judge a list of transformations; raises BadMLTable, which names the first that is wrong by its index and key."""
    if not isinstance(given, list):
        raise BadMLTable(
            "`transformations` is no list.", "Write one `- name: value` a line below it.", field="transformations"
        )
    if len(given) > MOST:
        raise BadMLTable(
            f"There are {len(given):,} transformations; {MOST} are taken.",
            "Put some together.",
            field="transformations",
        )
    found = [_step(place, item) for place, item in enumerate(given)]
    readers = [step for step in found if step.key in READERS]
    if len(readers) > 1:
        raise readers[1].wrong("the files are read by an earlier one already.", "Name one way to read them.")
    if readers and readers[0] is not found[0]:
        raise readers[0].wrong("it comes after others.", "What reads the files comes first.")
    return found


def _step(place: int, item: Any) -> Step:
    if isinstance(item, str):
        item = {item: None}
    if not isinstance(item, Mapping) or len(item) != 1:
        raise wrong(place, "", f"`{str(item)[:60]}` is no `name: value`.", "Write one transformation an entry.")
    key, value = next((str(key), value) for key, value in item.items())
    judge = JUDGES.get(key)
    if judge is None:
        raise wrong(place, key, "there is no such transformation.", f"Known: {', '.join(JUDGES)}.")
    return Step(place, key, judge(place, key, value))


def _number(place: int, key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
        raise wrong(place, key, f"`{str(value)[:40]}` is no number of rows.", f"Write `{key}: 100`.")
    return value


def _sample(place: int, key: str, value: Any) -> dict[str, Any]:
    known = _mapping(place, key, value, ("probability", "seed"))
    share, seed = known.get("probability"), known.get("seed")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise wrong(place, key, "`probability` is no number from 0 to 1.", "Write `probability: 0.1`.")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise wrong(place, key, "`seed` is no whole number.", "Write `seed: 42`, or leave it out.")
    return {"probability": float(share), "seed": seed or 0}


def _columns(place: int, key: str, value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, Sequence) or not all(isinstance(name, str | int | float) for name in names):
        raise wrong(place, key, f"`{str(value)[:60]}` names no columns.", f"Write `{key}: [one, another]`.")
    listed = [str(name) for name in names]
    twice = next((name for name in listed if listed.count(name) > 1), None)
    if twice is not None:
        raise wrong(place, key, f"the column '{twice}' is named twice.", "Name it once.")
    return tuple(listed)


def _conversions(place: int, key: str, value: Any) -> list[Conversion]:
    entries = [value] if isinstance(value, Mapping) else value
    if not isinstance(entries, list) or not entries:
        raise wrong(place, key, "it lists no columns.", "Write `- columns: [a]` with `column_type: int` below it.")
    found = []
    seen: set[str] = set()
    for entry in entries:
        known = _mapping(place, key, entry, ("columns", "column_type"))
        made = _conversion(place, key, known)
        twice = next((name for name in made.columns if name in seen), None)
        if twice is not None:
            raise wrong(place, key, f"the column '{twice}' is named twice.", "Give it one type.")
        seen |= set(made.columns)
        found.append(made)
    return found


def _conversion(place: int, key: str, known: Mapping[str, Any]) -> Conversion:
    columns = _columns(place, key, known.get("columns"))
    said = known.get("column_type")
    named, more = said, None
    if isinstance(said, Mapping) and len(said) == 1:
        named, more = next(iter(said.items()))
    kind = TYPES.get(str(named))
    if kind is None:
        raise wrong(
            place,
            key,
            f"'{str(named)[:40]}' is no type of a column.",
            "stream_info opens files in a job; here the path column names them."
            if named == "stream_info"
            else f"Known: {', '.join(TYPES)}.",
        )
    if kind == "boolean":
        about = _mapping(place, key, more or {}, ("true_values", "false_values", "mismatch_as"))
        mismatch = str(about.get("mismatch_as") or "error").lower()
        if mismatch not in MISMATCHES:
            raise wrong(place, key, f"'{mismatch[:40]}' is no `mismatch_as`.", "Write error, true or false.")
        true, false = (_words(place, key, about, name) for name in ("true_values", "false_values"))
        both = next((word for word in true if word.casefold() in {other.casefold() for other in false}), None)
        if both is not None:
            raise wrong(place, key, f"'{both}' means true and false.", "Name it once.")
        if bool(true) != bool(false):
            raise wrong(place, key, "it names the words of one side alone.", "Give true_values and false_values.")
        return Conversion(columns, kind, true=true, false=false, other=MISMATCHES[mismatch])
    if kind in ("datetime", "date"):
        formats = _words(place, key, _mapping(place, key, more or {}, ("formats",)), "formats")
        return Conversion(columns, kind, formats=formats)
    if more:
        raise wrong(place, key, f"{named} has no settings.", f"Write `column_type: {named}`.")
    return Conversion(columns, kind)


def _words(place: int, key: str, about: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = about.get(name)
    listed = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(word, str | int | float | bool) for word in listed) or len(listed) > 50:
        raise wrong(place, key, f"`{name}` is no list of words.", f"Write `{name}: ['yes', 'y']`.")
    return tuple(str(word) for word in listed)  # YAML reads yes and no as true and false: quote them


def _text(place: int, key: str, value: Any) -> str:
    if isinstance(value, Mapping) and len(value) == 1:
        value = next(iter(value.values()))
    if not isinstance(value, str) or not value.strip() or len(value) > 10_000:
        raise wrong(place, key, "it says nothing.", "Write it as a text in quotes.")
    return value.strip()


def _mapping(place: int, key: str, value: Any, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong(place, key, f"`{str(value)[:60]}` has no settings.", f"Known: {', '.join(known)}.")
    strange = next((str(name) for name in value if name not in known), None)
    if strange is not None:
        raise wrong(place, key, f"it has no setting '{strange[:60]}'.", f"Known: {', '.join(known)}.")
    return {str(name): item for name, item in value.items()}


READERS: dict[str, tuple[str, ...]] = {
    "read_delimited": (
        "delimiter", "encoding", "header", "infer_column_types", "empty_as_string", "include_path_column", "support_multi_line",
        "path_column", "partition_size",
    ),
    "read_parquet": ("include_path_column", "path_column"),
    "read_json_lines": ("invalid_lines", "encoding", "include_path_column", "path_column", "partition_size"),
    "read_delta_lake": ("timestamp_as_of", "version_as_of", "include_path_column", "path_column"),
}  # fmt: skip


def _reader(place: int, key: str, value: Any) -> Mapping[str, Any]:
    return _mapping(place, key, value or {}, READERS[key])


JUDGES: dict[str, Callable[[int, str, Any], Any]] = {
    **dict.fromkeys(READERS, _reader),
    "take": _number,
    "skip": _number,
    "take_random_sample": _sample,
    "keep_columns": _columns,
    "drop_columns": _columns,
    "convert_column_types": _conversions,
    "filter": _text,
    "extract_columns_from_partition_format": _text,
}
