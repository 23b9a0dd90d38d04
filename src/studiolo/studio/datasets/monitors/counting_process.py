"""The child that counts rows by quarter hours: `python -m …monitors.counting_process`; see `inspect_process`."""

import sys
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.inspect_process import answer

MOST = 200_000  # quarters that have rows; more is not a table of moments that a monitor could be made for


def count(request: dict[str, Any]) -> dict[str, Any]:
    """Return `hours`: the quarter hours that have rows, as they are written, and how many."""
    from studiolo.studio.datasets import table_file
    from studiolo.studio.datasets.reading import engine
    from studiolo.studio.datasets.schemas import TableSchema

    schema = TableSchema.model_validate(request["schema"])
    files = tuple(map(Path, request["files"]))
    query = table_file.scan(table_file.TableInput(files, tuple(request["names"]), schema))
    name = f"CAST({engine.name(request['timestamp'])} AS TIMESTAMP)"
    connection = engine.connect()
    try:
        found = connection.execute(
            f"SELECT time_bucket(INTERVAL 15 MINUTE, {name}) AS quarter, count(*) FROM ({query}) "
            f"WHERE {name} IS NOT NULL AND isfinite({name}) AND {name} > TIMESTAMP '0002-01-01' "
            f"AND {name} < TIMESTAMP '9998-01-01' GROUP BY 1 ORDER BY 1 DESC LIMIT {MOST}"
        ).fetchall()
    finally:
        connection.close()
    return {"hours": [[quarter.isoformat(), number] for quarter, number in found]}


def main() -> int:
    """Answer the one request."""
    return answer(count)


if __name__ == "__main__":
    sys.exit(main())
