"""The profile job: `python -m studiolo.studio.datasets.jobs`, in a process of its own.

It finds the file and `schema.json` in its input `data` and leaves `profile.json`, and `edges.json` for measuring drift.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from studiolo.runner.journal import Journal
from studiolo.studio.datasets.profile.compute import profile
from studiolo.studio.datasets.table_file import EDGES_FILE, PROFILE_FILE, open_input


def main() -> int:
    """Profile the input and say how far it is."""
    journal = Journal()
    table = open_input(Path(os.environ["STUDIOLO_INPUTS"]) / "data")
    schema = table.schema
    last = [-1.0]

    def report(share: float, label: str) -> None:
        if share - last[0] >= 0.01 or share >= 1.0:
            last[0] = share
            journal.progress(round(share, 3), 1.0, label)

    print(f"profiling {schema.rows:,} rows of {len(schema.columns):,} columns ({schema.format})", flush=True)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as spill:
        found = profile(table, Path(spill), report=report)
    edges = {column.name: column.edges for column in found.columns if column.edges}
    for column in found.columns:
        column.edges = []
    outputs = Path(os.environ["STUDIOLO_OUTPUTS"])
    outputs.joinpath(PROFILE_FILE).write_text(found.model_dump_json(), encoding="utf-8")
    outputs.joinpath(EDGES_FILE).write_text(json.dumps(edges), encoding="utf-8")
    journal.metric("rows", found.rows)
    journal.metric("profile_seconds", found.seconds)
    journal.metric("profile_cpu_seconds", found.cpu_seconds)
    print(f"done in {found.seconds:.1f} s, {found.cpu_seconds:.1f} s of CPU. {found.sample.note}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
