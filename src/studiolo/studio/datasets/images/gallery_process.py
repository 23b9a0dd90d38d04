"""The child that reads pages of a table of images: `python -m …images.gallery_process`; see `inspect_process`."""

import base64
import sys
from typing import Any

from studiolo.studio.datasets.inspect_process import answer

CLASSES = 1000  # that are told
SHOWN = ("path", "label", "split", "format", "width", "height", "mode", "bytes", "error")


def _page(request: dict[str, Any]) -> dict[str, Any]:
    from pathlib import Path

    from studiolo.studio.datasets.images.table import SMALL
    from studiolo.studio.datasets.reading import engine

    connection = engine.connect()
    table = f"read_parquet({engine.file(Path(request['file']))})"
    where, values = _conditions(request)
    columns = ", ".join(map(engine.name, (*SHOWN, SMALL)))
    query = f"SELECT {columns} FROM {table} WHERE {where} ORDER BY path"
    query += f" LIMIT {int(request['limit'])} OFFSET {int(request['offset'])}"
    rows = connection.execute(query, values).fetchall()
    total = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}", values).fetchall()[0][0]
    classes = connection.execute(
        f"SELECT label, count(*), count(error) FROM {table} GROUP BY label ORDER BY label NULLS LAST LIMIT {CLASSES}"
    ).fetchall()
    splits = connection.execute(
        f"SELECT split, count(*) FROM {table} WHERE split IS NOT NULL GROUP BY split ORDER BY split"
    ).fetchall()
    images, damaged = connection.execute(f"SELECT count(*), count(error) FROM {table}").fetchall()[0]
    return {
        "items": [dict(zip((*SHOWN, "small"), (*row[:-1], _url(row[-1])), strict=True)) for row in rows],
        "offset": request["offset"],
        "total": total,
        "images": images,
        "damaged": damaged,
        "classes": [{"label": label, "images": count, "damaged": bad} for label, count, bad in classes],
        "splits": dict(splits),
    }


def _conditions(request: dict[str, Any]) -> tuple[str, list[str]]:
    parts, values = ["true"], []
    for column in ("label", "split"):
        asked = request[column]
        if asked is None:
            continue
        parts.append(f"{column} = ?" if asked else f"{column} IS NULL")
        values += [asked] if asked else []
    if request["damaged"]:
        parts.append("error IS NOT NULL")
    return " AND ".join(parts), values


def _url(small: bytes | None) -> str | None:
    return None if small is None else f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"


def main() -> int:
    """Answer the one request."""
    return answer(_page)


if __name__ == "__main__":
    sys.exit(main())
