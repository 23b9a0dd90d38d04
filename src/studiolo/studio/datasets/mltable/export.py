"""An MLTable file for a version, so that whoever reads Azure ML's tables can take it back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets.delta import log
from studiolo.studio.datasets.mltable import own
from studiolo.studio.datasets.mltable.file import LARGEST, NAME
from studiolo.studio.datasets.mltable.file import MOST as FOLDERS
from studiolo.studio.datasets.mltable.options import ENCODINGS, HEADERS, PATH
from studiolo.studio.datasets.mltable.steps import READERS
from studiolo.studio.datasets.reading.partitions import Partitions
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

SPECIAL = set("*?[]{}\\")  # in a folder's name, which a pattern would read as its own
LISTED = 100  # files that are named one by one although a pattern would do
MOST = 100_000  # that are looked at one by one
SCHEMA = "https://azuremlschemas.azureedge.net/latest/MLTable.schema.json"
MOMENTS = ("date", "datetime")
NAMES = {
    "integer": "int", "number": "float", "decimal": "float", "boolean": "boolean", "text": "string", "time": "string",
}  # fmt: skip


@dataclass(frozen=True)
class _Read:
    """How the files were read, whatever was done to their rows then. path: the name of the column of the path."""

    format: str
    options: Mapping[str, Any]
    path: str


def write(reference: str, schema: TableSchema, files: Sequence[str]) -> str:
    """Return the text of the file. files: those with rows, in order; reference: of the version.

    Raises Invalid for formats that an MLTable has no word for, and for too many files that only a list tells from others.
    """
    import yaml

    read = _read(schema)
    given, converted = schema.options.get("mltable"), _converted(schema)
    if given:
        steps = _whole(list(given), read)
        kept = schema.options.get("mltable_own", {})
        names = dict(kept.get("names") or {})
    else:
        steps = _steps(schema, read, converted)
        names = {_called(column): column.name for column in schema.columns if _called(column) != column.name}
        types = {name: own.type_of(column) for column, name in converted if own.type_of(column)}
        kept = own.of_columns(types, names)
    more = own.of_options(read.options) | kept
    unsaid = [
        f"{key} {more[key]}: read_{read.format} cannot say it, the metadata do." for key in own.OPTIONS if key in more
    ]
    if names:
        listed = ", ".join(f"'{name}' is '{new}'" for name, new in list(names.items())[:20])
        unsaid.append(f"Renamed here, which an MLTable cannot, the metadata do: {listed}.")
    left = [name for name in schema.options.get("left_out", ()) if name != NAME]
    paths = _folder(files) if read.format == "delta" else _paths(files, left)
    document: dict[str, Any] = {"$schema": SCHEMA, "type": "mltable", "paths": paths, "transformations": steps}
    first = next((name for name, new in names.items() if new == schema.timestamp), schema.timestamp)
    about = ({"traits": {"timestamp_column": first}} if first else {}) | ({own.KEY: more} if more else {})
    document |= {"metadata": about} if about else {}
    notes = "".join(f"# {line}\n" for line in [f"{reference}, written by Studiolo", *unsaid])
    writer: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = notes + yaml.dump(document, Dumper=writer, sort_keys=False, allow_unicode=True)
    if len(text.encode()) > LARGEST:
        raise Invalid(
            f"The MLTable would be {len(text.encode()):,} bytes, for it names {len(paths):,} files one by one; {LARGEST:,} are read.",
            "Export the rows as Parquet: studiolo datasets export NAME rows.parquet",
            field="dataset",
        )
    return text


def _read(schema: TableSchema) -> _Read:
    base = schema.options.get("base")
    if base:
        return _Read(str(base["format"]), base["options"], str(base.get("path_column") or ""))
    path = next((column.place[-1] for column in schema.columns if column.origin == "path"), "")
    return _Read(schema.format, schema.options, path)


def _folder(names: Sequence[str]) -> list[dict[str, str]]:
    """Return the folder of a Delta table, whose log says which of the files are read."""
    return [{"folder": f"./{log.below(names) or ''}"}]


def _paths(names: Sequence[str], left: Sequence[str]) -> list[dict[str, str]]:
    """Return the files one by one, or what takes in many of them and none that is left out."""
    if len(names) <= LISTED:
        return [{"file": f"./{name}"} for name in names]
    endings = {name.rpartition("/")[2].rpartition(".")[1:] for name in names}
    dot, ending = endings.pop() if len(endings) == 1 else ("", "")
    if ending.isalnum() and dot and not any(name.endswith(f".{ending}") for name in left):
        return [{"pattern": f"./**/*.{ending}"}]
    if not left:
        return [{"folder": "./"}]
    if len(names) > MOST:
        raise Invalid(
            f"An MLTable would name each of more than {MOST:,} files, for others beside them are left out.",
            "Export the rows as Parquet: studiolo datasets export NAME rows.parquet",
            field="dataset",
        )
    return _together(names, left)


def _together(names: Sequence[str], left: Sequence[str]) -> list[dict[str, str]]:
    """Return each folder in which nothing is left out, of other folders each ending that many files have, and the other files."""
    spoilt = {folder for name in left for folder in _folders(name)}
    kept_out = {(name.rpartition("/")[0], _ending(name)) for name in left}
    alike = Counter((name.rpartition("/")[0], _ending(name)) for name in names)
    found: dict[tuple[str, str], None] = {}
    for name in names:
        whole = next((folder for folder in _folders(name) if folder not in spoilt), None)
        kind = name.rpartition("/")[0], _ending(name)
        if whole:
            found["folder", f"./{whole}"] = None
        elif alike[kind] > LISTED and kind not in kept_out and kind[1].isalnum() and not SPECIAL & set(kind[0]):
            found["pattern", f"./{f'{kind[0]}/' if kind[0] else ''}*.{kind[1]}"] = None
        else:
            found["file", f"./{name}"] = None
    if sum(kind != "file" for kind, _ in found) > FOLDERS:
        return [{"file": f"./{name}"} for name in names]
    return [{kind: text} for kind, text in found]


def _folders(name: str) -> list[str]:
    """Return the folders that a file is in, the outermost first.

    >>> _folders("a/b/c.csv")
    ['a', 'a/b']
    """
    words = name.split("/")[:-1]
    return ["/".join(words[:count]) for count in range(1, len(words) + 1)]


def _ending(name: str) -> str:
    stem, _, ending = name.rpartition("/")[2].rpartition(".")
    return ending if stem else ""


def _whole(given: list[Any], read: _Read) -> list[Any]:
    """Return transformations with how the files were read, as far as it was said beside them."""
    key, said = next(iter(given[0].items())) if given and isinstance(given[0], Mapping) else ("", None)
    reader, about = next(iter(_reader(read).items()))
    if key == reader:
        given, about = given[1:], about | (said or {})
    elif key in READERS:  # the files are of another format than it says, and were read as it says
        return given
    steps = [{reader: about}, *given]
    extract = "extract_columns_from_partition_format"
    if read.options.get("partition_format") and not any(
        isinstance(step, Mapping) and extract in step for step in given
    ):
        steps.insert(1, {extract: read.options["partition_format"]})
    return steps


def _reader(read: _Read) -> dict[str, dict[str, Any]]:
    about: dict[str, Any] = {"include_path_column": True} if read.path else {}
    if read.path not in ("", PATH):
        about["path_column"] = read.path
    match read.format:
        case "delimited":
            return {"read_delimited": _delimited(read.options) | about}
        case "parquet":
            return {"read_parquet": about}
        case "json_lines":
            encoding = _encoding(read.options)
            lines = {"invalid_lines": "drop"} if read.options.get("invalid_lines") == "drop" else {}
            return {"read_json_lines": ({"encoding": encoding} if encoding else {}) | lines | about}
        case "delta":
            return {"read_delta_lake": {"version_as_of": read.options["table_version"]} | about}
    raise Invalid(
        f"An MLTable has no word for files of the format {read.format}.",
        "Export the rows as Parquet: studiolo datasets export NAME rows.parquet",
        field="dataset",
    )


def _steps(schema: TableSchema, read: _Read, converted: Sequence[tuple[ColumnSchema, str]]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [_reader(read)]
    if schema.options.get("partition_format"):
        steps.append({"extract_columns_from_partition_format": schema.options["partition_format"]})
    of_file = [column for column in schema.columns if column.origin == "file"]
    fields = schema.options.get("fields")
    if fields and {column.place[0] for column in of_file} < set(fields):
        steps.append({"keep_columns": [_called(column) for column in schema.columns]})
    else:
        left = [*schema.options.get("left_columns", ()), *_untold(schema)]
        steps += [{"drop_columns": left}] if left else []
    conversions = spoken(converted)
    return [*steps, {"convert_column_types": conversions}] if conversions else steps


def _untold(schema: TableSchema) -> list[str]:
    """Return what the partition format names and the table leaves out."""
    told = {column.place[0] for column in schema.columns if column.origin == "partition"}
    format_ = schema.options.get("partition_format")
    return [key for key in Partitions.parse(format_).keys if key not in told] if format_ else []


def _called(column: ColumnSchema) -> str:
    return ".".join(column.place)


def _delimited(options: Mapping[str, Any]) -> dict[str, Any]:
    mode = options.get("headers") or ("same" if options.get("header") else "none")
    found: dict[str, Any] = {"delimiter": options["delimiter"]}
    encoding = _encoding(options)
    found |= {"encoding": encoding} if encoding else {}
    found["header"] = next(word for word, known in HEADERS.items() if known == mode)
    found["support_multi_line"] = True
    if options.get("empty_as_text"):
        found["empty_as_string"] = True
    return found


def _encoding(options: Mapping[str, Any]) -> str | None:
    said = str(options.get("encoding") or "utf-8").lower().replace("_", "-")
    return None if said == "utf-8" else next((word for word, known in ENCODINGS.items() if known == said), said)


def _converted(schema: TableSchema) -> list[tuple[ColumnSchema, str]]:
    """Return the columns that would not be found again as they are, each with its name in an MLTable.

    Of texts that is all but moments as ISO 8601 writes them, of files with types what was chosen.
    """
    return [
        (column, _called(column))
        for column in schema.columns
        if column.origin == "file"
        and (column.lenient or schema.format == "delimited")
        and (column.formats or column.type not in MOMENTS)
    ]


def spoken(columns: Sequence[tuple[ColumnSchema, str]]) -> list[dict[str, Any]]:
    """Return the words of `convert_column_types` for columns, each with its name in an MLTable."""
    found: list[dict[str, Any]] = []
    plain: dict[str, list[str]] = {}
    for column, name in columns:
        if column.type == "boolean" and (column.true or column.false):
            words = {"true_values": column.true, "false_values": column.false, "mismatch_as": "error"}
            found.append({"columns": [name], "column_type": {"boolean": words}})
        elif column.type in MOMENTS:
            found.append({"columns": [name], "column_type": {"datetime": {"formats": column.formats}}})
        elif column.type in NAMES:
            plain.setdefault(NAMES[column.type], []).append(name)
    return [*({"columns": names, "column_type": kind} for kind, names in plain.items()), *found]
