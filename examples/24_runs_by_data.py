"""Jobs that run when data comes: a new version of a dataset, and a file that arrives in a datastore."""

import tempfile
import time
from pathlib import Path

import pandas as pd

from studiolo import Studio

studio = Studio()


def fired(name: str) -> str:
    """Wait until a schedule has fired and its run has ended; return what came, and how the run stands."""
    while not (found := studio.schedules.firings(name)):
        time.sleep(0.1)
    run = studio.experiments.wait(str(found[0].run_id))
    return f"{studio.experiments.log(run.id).text.strip()}: {run.state}"


studio.datasets.create(pd.DataFrame({"panel": [1, 2]}), name="landings")
job = studio.experiments.submit(command="echo ${{inputs.data}}", inputs={"data": "none"}, experiment_name="examples")
versions = {"kind": "dataset", "dataset": "landings"}
studio.schedules.create("by-version", versions, job.id, {"data": "${{trigger.dataset}}"})
studio.datasets.create(pd.DataFrame({"panel": [1, 2, 3]}), name="landings")
print(f"a version came, {fired('by-version')}")

with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "in").mkdir()
    (Path(folder) / "in" / "monday.csv").write_text("panel\n1\n")
    studio.datastores.create("landing", "local", path=folder)
    files = {"kind": "files", "datastore": "landing", "path": "in/*.csv", "interval": 5, "existing": "take"}
    studio.schedules.create("by-file", files, job.id, {"data": "${{trigger.file}}"})
    print(f"a file is there, {fired('by-file')}")
    studio.schedules.delete("by-file")
    studio.datastores.delete("landing")
studio.schedules.delete("by-version")
