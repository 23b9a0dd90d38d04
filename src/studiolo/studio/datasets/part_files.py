"""The rows of a part of a split as files, in the place of the version in an input folder of a job."""

import shutil
from pathlib import Path

from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.errors import DamagedFile
from studiolo.studio.datasets.mltable.file import NAME as MLTABLE
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.rows.parts import PartOf
from studiolo.studio.datasets.rows.query import Asked, select
from studiolo.studio.datasets.schemas import TableSchema

MEMORY = "1GB"  # what does not fit goes to the disk of the attempt
ENDINGS = {"delimited": "csv", "json_lines": "jsonl", "json": "json"}
DESCRIBED = """\
type: mltable
paths:
- file: ./{file}
transformations:
- read_parquet: {{}}
"""


def file_name(schema: TableSchema, part: str, kind: str) -> str:
    """Return how the file of a part is called: of the format of the version where a script reads it as text, else Parquet.

    kind: type of the input; an `mltable` names a Parquet file, which keeps the types.
    """
    return f"{part}.{'parquet' if kind == 'mltable' else ENDINGS.get(schema.format, 'parquet')}"


def take(folder: Path, rows: str, file: str, kind: str) -> int:
    """Let the rows of a part be all that is in a folder which held the version; returns the bytes.

    rows: a PartOf, written; file, kind: as `file_name` has them. Raises DatasetChanged, BadSplit, DamagedFile.
    """
    import duckdb

    made, spill = (folder.with_name(f".{folder.name}.{what}") for what in ("part", "spill"))
    for one in (made, spill):
        shutil.rmtree(one, ignore_errors=True)
        one.mkdir()
    connection = engine.connect(spill=spill, memory=MEMORY)
    try:
        table, part = table_file.open_input(folder), PartOf.model_validate_json(rows)
        if part.name:
            table = TableInput(table.files, (part.name,), table.schema)
        query = select(table, Asked(split=part.split, part=part.part))
        connection.execute(f"COPY ({query}) TO {engine.literal(str(made / file))} ({_form(table.schema, file)})")
    except duckdb.Error as error:
        raise DamagedFile(
            f"The part {part.part} cannot be read: {engine.said(error)}", "Are the files whole? Profile the version."
        ) from error
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)
    if kind == "mltable":
        (made / MLTABLE).write_text(DESCRIBED.format(file=file), "utf-8")
    for path in made.iterdir():
        path.chmod(0o444)
    shutil.rmtree(folder)
    made.rename(folder)
    return (folder / file).stat().st_size


def _form(schema: TableSchema, file: str) -> str:
    """Return the options of COPY."""
    match file.rpartition(".")[2]:
        case "csv":
            given = str(schema.options.get("delimiter") or ",")
            delimiter = given if len(given) == 1 and given.isascii() else ","
            return f"FORMAT csv, HEADER true, DELIMITER {engine.literal(delimiter)}"
        case "jsonl":
            return "FORMAT json"
        case "json":
            return "FORMAT json, ARRAY true"
        case _:
            return "FORMAT parquet, COMPRESSION zstd"
