"""The profile job: `python -m studiolo.studio.datasets.jobs [--exact] [--target COLUMN]`, in a process of its own.

What it finds and leaves stands in `profile/job.py`.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from studiolo.runner.journal import Journal
from studiolo.studio.datasets.profile import job
from studiolo.studio.datasets.profile.compute import How
from studiolo.studio.datasets.profile.names import PARTS_FOLDER
from studiolo.studio.datasets.table_file import open_input


def main() -> int:
    """Profile the input and say how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exact", action="store_true", help="look at all rows")
    parser.add_argument("--target", default="", help="the column that models will predict")
    parser.add_argument("--file-key", default="", help="digest of the one file")
    asked = parser.parse_args()
    journal = Journal()
    inputs, outputs = Path(os.environ["STUDIOLO_INPUTS"]), Path(os.environ["STUDIOLO_OUTPUTS"])
    table = open_input(inputs / "data")
    schema = table.schema
    last = [-1.0]

    def report(share: float, label: str) -> None:
        if share - last[0] >= 0.01 or share >= 1.0:
            last[0] = share
            journal.progress(round(share, 3), 1.0, label)

    print(f"profiling {schema.rows:,} rows of {len(schema.columns):,} columns ({schema.format})", flush=True)
    marks = job.keys(inputs / "data", table, asked.file_key)
    how = How(target=asked.target, exact=asked.exact)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as spill:
        found = job.run(table, marks, inputs / PARTS_FOLDER, outputs, Path(spill), how, report)
    journal.metric("rows", found.rows)
    journal.metric("profile_seconds", found.seconds)
    journal.metric("profile_cpu_seconds", found.cpu_seconds)
    print(f"done in {found.seconds:.1f} s, {found.cpu_seconds:.1f} s of CPU. {found.sample.note}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
