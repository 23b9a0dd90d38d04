"""What `read_…` of an MLTable says, in the words of a reading."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from studiolo.studio.datasets.mltable.steps import READERS, Conversion, Step, digits
from studiolo.studio.datasets.reading.partitions import Partitions
from studiolo.studio.datasets.schemas import ColumnChoice, Reading

FORMATS = {
    "read_delimited": "delimited",
    "read_parquet": "parquet",
    "read_json_lines": "json_lines",
    "read_delta_lake": "delta",
}
ENCODINGS = {
    "utf8": "utf-8", "utf8bom": "utf-8-sig", "iso88591": "iso-8859-1", "latin1": "latin-1", "ascii": "ascii", "utf16": "utf-16",
    "utf32": "utf-32", "windows1252": "cp1252",
}  # fmt: skip
HEADERS = {
    "no_header": "none",
    "from_first_file": "first",
    "all_files_different_headers": "combine",
    "all_files_same_headers": "same",
}
_EXACT = ("text", "decimal", "time")  # types for which a text says more than a number or a moment
PATH = "Path"  # what Azure calls the column


def reading(steps: Sequence[Step], asked: Reading, own: Mapping[str, Any] | None = None) -> Reading:
    """Return how the files are read before anything is done to rows.

    asked: what was said besides; the MLTable comes first. own: what its words cannot say and its metadata does.
    """
    plain = asked.model_copy(update={"columns": [], "timestamp": "", "transformations": None})
    if steps and steps[0].key in READERS:
        plain = plain.model_copy(update={**(own or {}), **_said(steps[0])})
    extract = next((step for step in steps if step.key == "extract_columns_from_partition_format"), None)
    if extract is not None:
        plain = plain.model_copy(update={"partition_format": extract.value})
    if plain.format == "delimited":
        told = {*Partitions.parse(extract.value).keys} if extract is not None else set()
        first = [one for one in _first(steps) if one.name not in told and one.name != plain.path_column]
        plain = plain.model_copy(update={"columns": first})
    return plain


def _said(step: Step) -> dict[str, Any]:
    about = step.value
    found: dict[str, Any] = {"format": FORMATS[step.key]}
    if step.key == "read_delimited":
        found |= {"header": _header(step), "infer_types": _flag(step, "infer_column_types", usual=True)}
        found |= {
            "empty_as_text": _flag(step, "empty_as_string"),
            "multi_line": _flag(step, "support_multi_line", usual=True),
        }
        delimiter = about.get("delimiter")
        if delimiter is not None:
            if not isinstance(delimiter, str) or not 1 <= len(delimiter) <= 4:
                raise step.wrong("`delimiter` is no text of one to four characters.", 'Write `delimiter: ","`.')
            found["delimiter"] = "\t" if delimiter == "\\t" else delimiter
    if about.get("encoding") is not None:
        found["encoding"] = _encoding(step)
    if step.key == "read_json_lines":
        lines = about.get("invalid_lines") or "error"
        if lines not in ("error", "drop"):
            raise step.wrong(f"'{str(lines)[:40]}' is no `invalid_lines`.", "Write error or drop.")
        found["invalid_lines"] = lines
    if step.key == "read_delta_lake":
        found |= _pin(step)
    if _flag(step, "include_path_column"):
        found["path_column"] = str(about.get("path_column") or PATH)
    return found


def _pin(step: Step) -> dict[str, Any]:
    version, moment = step.value.get("version_as_of"), step.value.get("timestamp_as_of")
    if version is not None and moment is not None:
        raise step.wrong("it names a version and a time.", "Name one of them.")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or version < 0):
        raise step.wrong("`version_as_of` is no number of a version.", "Write `version_as_of: 3`.")
    found = {"table_version": version, "table_time": None if moment is None else str(moment)}
    return {key: value for key, value in found.items() if value is not None}


def _header(step: Step) -> str:
    said = step.value.get("header")
    key = "all_files_same_headers" if said is None else str(said).strip().lower()
    if isinstance(said, bool):
        return "same" if said else "none"
    if key not in HEADERS:
        raise step.wrong(f"'{key[:60]}' is no `header`.", f"Known: {', '.join(HEADERS)}.")
    return HEADERS[key]


def _encoding(step: Step) -> str:
    import codecs

    said = str(step.value["encoding"]).strip().lower()
    found = ENCODINGS.get(re.sub("[-_ ]", "", said), said)
    try:
        codecs.lookup(found)
    except LookupError:
        raise step.wrong(
            f"'{said[:40]}' is no encoding.", f"Known: {', '.join(ENCODINGS)}, and those of Python."
        ) from None
    return found


def _flag(step: Step, key: str, *, usual: bool = False) -> bool:
    value = step.value.get(key)
    if value is None:
        return usual
    if not isinstance(value, bool):
        raise step.wrong(f"`{key}` is neither true nor false.", f"Write `{key}: true`.")
    return value


def _first(steps: Sequence[Step]) -> list[ColumnChoice]:
    """Return the columns whose texts say more than what they would be taken for, before anything else looks at them.

    They become text, moments in a form that is named, or types that a number or date would be rounded to. Decimals are made by the
    reader, which knows the decimal sign.
    """
    step = next((step for step in steps if step.key in ("filter", "convert_column_types")), None)
    if step is None or step.key == "filter":
        return []
    return [_choice(name, one) for one in step.value if one.formats or one.type in _EXACT for name in one.columns]


def _choice(name: str, one: Conversion) -> ColumnChoice:
    if one.type != "decimal":
        return ColumnChoice(name=name, type="text")
    return ColumnChoice(name=name, type="decimal", **digits(one.sql_type))
