"""An MLTable file for a version, so that whoever reads Azure ML's tables can take it back."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets.delta import log
from studiolo.studio.datasets.mltable import own
from studiolo.studio.datasets.mltable.file import LARGEST, NAME
from studiolo.studio.datasets.mltable.file import MOST as FOLDERS
from studiolo.studio.datasets.mltable.options import ENCODINGS, HEADERS
from studiolo.studio.datasets.schemas import ColumnSchema, TableSchema

SPECIAL = set("*?[]{}\\")  # in a folder's name, which a pattern would read as its own
LISTED = 100  # files that are named one by one although a pattern would do
MOST = 100_000  # that are looked at one by one
SCHEMA = "https://azuremlschemas.azureedge.net/latest/MLTable.schema.json"
MOMENTS = ("date", "datetime")
NAMES = {
    "integer": "int", "number": "float", "decimal": "float", "boolean": "boolean", "text": "string", "time": "string",
}  # fmt: skip


def write(reference: str, schema: TableSchema, names: Sequence[str]) -> str:
    """Return the text of the file. names: of the files with rows, in order; reference: of the version.

    Raises Invalid for formats that an MLTable has no word for, and for too many files that only a list tells from others.
    """
    import yaml

    unsaid: list[str] = []
    given = schema.options.get("mltable")
    steps = list(given) if given else _steps(schema, unsaid)
    left = [name for name in schema.options.get("left_out", ()) if name != NAME]
    paths = _folder(names) if _read_as(schema) == "delta" else _paths(names, left)
    document: dict[str, Any] = {"$schema": SCHEMA, "type": "mltable", "paths": paths, "transformations": steps}
    more = schema.options.get("mltable_own", {}) if given else own.of_schema(schema, _converted(schema))
    about = ({"traits": {"timestamp_column": schema.timestamp}} if schema.timestamp else {}) | (
        {own.KEY: more} if more else {}
    )
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


def _read_as(schema: TableSchema) -> str:
    """Return the format of the files, whatever was done to their rows then."""
    return str(schema.options.get("base", {}).get("format", schema.format))


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


def _steps(schema: TableSchema, unsaid: list[str]) -> list[dict[str, Any]]:
    path = next((column.name for column in schema.columns if column.origin == "path"), None)
    about: dict[str, Any] = {"include_path_column": True} if path else {}
    if path and path != "Path":
        unsaid.append(f"The column of the path is called '{path}' here.")
    steps: list[dict[str, Any]]
    match schema.format:
        case "delimited":
            steps = [{"read_delimited": _delimited(schema, unsaid) | about}]
        case "parquet":
            steps = [{"read_parquet": about}]
        case "json_lines":
            encoding = _encoding(schema)
            steps = [{"read_json_lines": ({"encoding": encoding} if encoding else {}) | about}]
        case "delta":
            steps = [{"read_delta_lake": {"version_as_of": schema.options["table_version"]} | about}]
        case _:
            raise Invalid(
                f"An MLTable has no word for files of the format {schema.format}.",
                "Export the rows as Parquet: studiolo datasets export NAME rows.parquet",
                field="dataset",
            )
    if schema.options.get("partition_format"):
        steps.append({"extract_columns_from_partition_format": schema.options["partition_format"]})
    of_file = [column for column in schema.columns if column.origin == "file"]
    renamed = [
        f"'{column.place[-1]}' is '{column.name}'" for column in of_file if column.name != ".".join(column.place)
    ]
    if renamed:
        unsaid.append(f"Renamed here, which an MLTable cannot: {', '.join(renamed[:20])}.")
    fields = schema.options.get("fields")
    if fields and {column.place[0] for column in of_file} < set(fields):
        steps.append({"keep_columns": [_called(column) for column in schema.columns]})
    conversions = _conversions(_converted(schema))
    return [*steps, {"convert_column_types": conversions}] if conversions else steps


def _called(column: ColumnSchema) -> str:
    return ".".join(column.place) if column.origin == "file" else column.name


def _delimited(schema: TableSchema, unsaid: list[str]) -> dict[str, Any]:
    options = schema.options
    mode = options.get("headers") or ("same" if options.get("header") else "none")
    found: dict[str, Any] = {"delimiter": options["delimiter"]}
    encoding = _encoding(schema)
    found |= {"encoding": encoding} if encoding else {}
    found["header"] = next(word for word, known in HEADERS.items() if known == mode)
    found["support_multi_line"] = True
    if options.get("empty_as_text"):
        found["empty_as_string"] = True
    for key, usual in own.OPTIONS.items():
        if options.get(key) not in (None, usual):
            unsaid.append(f"{key} {options[key]}: read_delimited cannot say it, the metadata do.")
    return found


def _encoding(schema: TableSchema) -> str | None:
    said = str(schema.options.get("encoding") or "utf-8").lower().replace("_", "-")
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


def _conversions(columns: Sequence[tuple[ColumnSchema, str]]) -> list[dict[str, Any]]:
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
