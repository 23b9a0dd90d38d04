"""The child that looks at the beginnings of files: `python -m …inspections.process`; see `inspect_process`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studiolo.studio.datasets.inspect_process import answer
from studiolo.studio.datasets.reading.encoding import CHUNK


def _asked(request: dict[str, Any]) -> dict[str, Any]:
    from studiolo.studio.datasets.reading import engine

    with engine.opened_once(Path(request["work"])):
        return _glance(request)


def look_at_little() -> None:
    """Look at a table of two rows: what is made when it is first asked for is made then."""
    with TemporaryDirectory() as place:
        work = Path(place)
        path, further = work / "little.csv", work / "further"
        further.write_text(
            "1,2.5,2026-01-31,2026-01-31 12:30:00,true,lapis\n2,,2026-02-01,2026-02-01 08:00:00,false,gold\n"
        )
        path.write_text("a,b,c,d,e,f\n" + further.read_text())
        file = {"path": str(path), "name": path.name, "further": [str(further)]}
        _glance({"files": [file], "reading": {}, "rows": 2, "line_limit": CHUNK, "work": place, "verb": "glance"})


def _glance(request: dict[str, Any]) -> dict[str, Any]:
    from studiolo.studio.datasets import looking, table_file
    from studiolo.studio.datasets.schemas import Reading

    if request["verb"] == "first_group":
        return {"end": _first_group(Path(request["path"]))}
    reading = Reading.model_validate(request["reading"])
    left = {choice.name for choice in reading.columns if not choice.include}
    every = reading.model_copy(
        update={"columns": [choice.model_copy(update={"include": True}) for choice in reading.columns], "timestamp": ""}
    )
    files = [(Path(file["path"]), str(file["name"])) for file in request["files"]]
    further = {str(file["name"]): tuple(map(Path, file["further"])) for file in request["files"]}
    work = Path(request["work"])
    found = looking.inspect_files(files, every, work, line_limit=request["line_limit"], further=further)
    schema = found.schema
    schema.timestamp = reading.timestamp or schema.timestamp
    table = found.table(files)
    if schema.options.get("mltable"):
        left = set()  # its words decide
    kept = [column.name for column in schema.columns if ".".join(column.place) not in left] or [schema.columns[0].name]
    shown = table_file.preview(table, request["rows"], work)
    places = [place for place, column in enumerate(schema.columns) if column.name in set(kept)]
    examples = [
        [row[place] for row in shown.rows if row[place] is not None][:3] for place, _ in enumerate(schema.columns)
    ]
    preview = {
        "columns": [schema.columns[place].model_dump(mode="json") for place in places],
        "rows": [[row[place] for place in places] for row in shown.rows],
        "total_rows": schema.rows,
    }
    return {
        "schema": schema.model_dump(mode="json"),
        "preview": preview,
        "examples": examples,
        "rows": found.rows,
        "left": sorted(left),
    }


def _first_group(path: Path) -> int:
    """Return the offset behind the first row group."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    from studiolo.studio.datasets.errors import DamagedFile

    try:
        found = read_metadata(path)
    except (ArrowException, OSError) as error:
        raise DamagedFile(f"The Parquet file cannot be read: {error}", "Copy or write the file again.") from error
    if not found.num_row_groups:
        return 0
    group = found.row_group(0)
    ends = []
    for place in range(group.num_columns):
        column = group.column(place)
        start = column.dictionary_page_offset or column.data_page_offset
        ends.append(min(start, column.data_page_offset) + column.total_compressed_size)
    return max(ends, default=0)


def main() -> int:
    """Answer the one request."""
    return answer(_asked)


if __name__ == "__main__":
    sys.exit(main())
