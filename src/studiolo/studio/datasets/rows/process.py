"""The child that reads rows, so that the server never parses a table: `python -m studiolo.studio.datasets.rows.process`.

One JSON request on standard input; an Arrow stream on standard output. What goes wrong before the first batch is one line of JSON
on standard error.
"""

import json
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

BATCH_ROWS = 65_536
ENGINE = "512MB"


def _limit(memory: int) -> None:
    for kind, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a system that does not know a limit goes without
            resource.setrlimit(kind, (value, value))


def _write(request: dict[str, Any]) -> None:
    import pyarrow as pa

    from studiolo.studio.datasets.reading import engine
    from studiolo.studio.datasets.reading.table_input import TableInput
    from studiolo.studio.datasets.rows.query import Asked, select
    from studiolo.studio.datasets.schemas import TableSchema

    schema = TableSchema.model_validate(request["schema"])
    table = TableInput(tuple(map(Path, request["files"])), tuple(request["names"]), schema)
    connection = engine.connect(memory=ENGINE, spill=Path(request["work"]))
    try:
        reader = connection.sql(select(table, Asked.unpacked(request["asked"]))).to_arrow_reader(BATCH_ROWS)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_stream(sys.stdout.buffer, reader.schema, options=options) as writer:
            for batch in reader:
                writer.write_batch(batch)
    finally:
        connection.close()


def main() -> int:
    """Answer the one request."""
    from studiolo.kernel.errors import StudioloError

    request = json.load(sys.stdin)
    _limit(request["memory"])
    try:
        _write(request)
    except BrokenPipeError:  # whoever asked has gone
        return 0
    except StudioloError as error:
        print(json.dumps({"class": type(error).__name__, **error.problem()}), file=sys.stderr)
        return 3
    except Exception as error:  # noqa: BLE001 - DuckDB's errors have no base of ours; the line is told as it is
        from studiolo.studio.datasets.reading import engine

        print(json.dumps({"crash": f"{type(error).__name__}: {engine.said(error)}"}), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
