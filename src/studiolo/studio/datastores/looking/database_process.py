"""The child that asks a database: `python -m studiolo.studio.datastores.looking.database_process`; see `child`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studiolo.studio.datastores.looking.answering import answer, as_head


def _verb(request: dict[str, Any]) -> dict[str, Any]:
    from studiolo.studio.datastores import opening
    from studiolo.studio.datastores.spec import Surroundings

    given = json.loads(request["datastore"])
    barred = tuple(Path(folder) for folder in request["barred"])
    about = Surroundings(request["private"], barred, request["seconds"], request["seconds"])
    database = opening.open_database(
        given["name"],
        given["kind"],
        given["auth"],
        given["config"],
        given["credentials"],
        about,
        read_only=True,
    )
    verb, schema, table = request["verb"], request.get("schema", ""), request.get("table", "")
    if verb == "check":
        return asdict(database.check())
    if verb == "schemas":
        return {"schemas": list(database.schemas())}
    if verb == "tables":
        found = database.tables(schema, request["after"], request["limit"])
        return {"tables": [asdict(one) for one in found]}
    if verb == "columns":
        columns = [asdict(one) for one in database.columns(schema, table)]
        return {"columns": columns, "query": f"SELECT * FROM {database.quoted(schema, table)}"}
    rows = int(request["rows"])
    if table:
        database.columns(schema, table)  # says so when there is none
    query = request.get("query") or f"SELECT * FROM {database.quoted(schema, table)}"
    head = database.head(query, rows + 1)
    if verb == "head":
        return as_head(head, rows)
    import pyarrow.parquet as pq

    pq.write_table(head.slice(0, rows), request["file"], compression="zstd")
    return {"rows": min(rows, head.num_rows), "more": head.num_rows > rows}


if __name__ == "__main__":
    sys.exit(answer(_verb))
