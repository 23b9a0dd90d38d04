"""The job of a check: `python -m studiolo.studio.datasets.quality.jobs`, in a process of its own.

In: the version in its input `data`, the rules in `rules`, the moment that freshness is judged at in STUDIOLO_QUALITY_AT.
Out: `quality.json`.
"""

import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from studiolo.runner.journal import Journal
from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.quality import asking, custom, lines
from studiolo.studio.datasets.quality.exchange import AT, RESULT_FILE, RULES_FILE
from studiolo.studio.datasets.quality.rules import Report, Rule
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.progress import watched

MEMORY = "1GB"
RULES: TypeAdapter[list[Rule]] = TypeAdapter(list[Rule])


def main() -> int:
    """Check the version."""
    inputs, outputs = Path(os.environ["STUDIOLO_INPUTS"]), Path(os.environ["STUDIOLO_OUTPUTS"])
    rules = RULES.validate_json((inputs / "rules" / RULES_FILE).read_bytes())
    at = datetime.fromisoformat(os.environ[AT])
    journal = Journal()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as spill:
        report = check(inputs / "data", rules, at, Path(spill), journal)
    outputs.joinpath(RESULT_FILE).write_text(report.model_dump_json(), encoding="utf-8")
    broken = [one for one in report.results if one.outcome != "passed"]
    journal.metric("rules", len(report.results))
    journal.metric("broken_rules", len(broken))
    for one in report.results:
        print(f"{one.outcome:<6} {one.severity:<5} {one.title}. {one.said}", flush=True)
    return 0


def check(folder: Path, rules: list[Rule], at: datetime, spill: Path, journal: Journal) -> Report:
    """Ask the rules of the version in an input folder. spill: for what does not fit in memory."""
    begun = time.monotonic()
    table = table_file.open_input(folder)
    query, schema = table_file.scan(table), table.schema
    numbered = f"SELECT row_number() OVER () - 1 AS {engine.name(asking.ROW)}, * FROM ({query})"
    connection = engine.connect(spill=spill, memory=MEMORY, threads=1)  # one thread: rows come in order of the file
    try:
        with watched(connection, lambda share: journal.progress(round(0.9 * share, 3), 1.0, "Checking")):
            own = custom.InJob(table, spill, custom.Bounds.of_job())
            report = asking.ask(asking.Table(connection, query, numbered, schema, own.tell), rules, at)
    finally:
        connection.close()
    wanted: dict[int, dict[str, Any]] = {}
    for one in (example for result in report.results for example in result.examples):
        if one.row is not None:
            wanted.setdefault(one.row, {}).update(one.values)
    found = lines.find(table.files[0], schema, wanted) if len(table.files) == 1 else {}
    for result in report.results:
        for one in result.examples:
            if one.row is not None:
                one.line = found.get(one.row)
    report.seconds = round(time.monotonic() - begun, 3)
    journal.progress(1.0, 1.0, "Done")
    return report


if __name__ == "__main__":
    sys.exit(main())
