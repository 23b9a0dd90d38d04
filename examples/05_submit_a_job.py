"""Run a script as a job: it survives the studio's end, its log is live, what it leaves is kept."""

import tempfile
from pathlib import Path

from studiolo import Studio

SCRIPT = """
import argparse, csv, json, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--data")
with open(parser.parse_args().data) as file:
    rows = list(csv.DictReader(file))
print(f"read {len(rows)} rows")
mean = sum(float(row["height"]) for row in rows) / len(rows)
pathlib.Path(os.environ["STUDIOLO_OUTPUTS"], "summary.json").write_text(json.dumps({"mean": mean}))
print("done")
"""
JOB = """
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: python summarise.py --data ${{inputs.data}}
code: src
inputs:
  data: {type: uri_file, path: heights.csv}
experiment_name: examples
display_name: mean height
"""

studio = Studio()
with tempfile.TemporaryDirectory() as folder:
    place = Path(folder)
    (place / "src").mkdir()
    (place / "src" / "summarise.py").write_text(SCRIPT)
    (place / "heights.csv").write_text("name,height\nada,1.6\ngrace,1.7\n")
    (place / "job.yml").write_text(JOB)

    run = studio.experiments.submit_file(place / "job.yml").run
    for text in studio.experiments.follow(run.id):
        print(text, end="")
    ended = studio.experiments.wait(run.id)
    print(f"{ended.name}: {ended.state}")

    kept = studio.experiments.download(run.id, "summary.json", place / "summary.json")
    print("it left:", kept.read_text())
