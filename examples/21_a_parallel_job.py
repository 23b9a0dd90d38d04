"""A parallel job: a script runs on mini-batches of files, two workers at a time; rows come in the order of the files."""

import tempfile
from pathlib import Path

from studiolo import Studio

SCRIPT = """
import pathlib


def init():
    global factor
    factor = 10


def run(mini_batch):
    return [f"{pathlib.Path(path).stem} {factor * int(pathlib.Path(path).read_text())}" for path in mini_batch]
"""
JOB = """
type: parallel
inputs:
  numbers: {type: uri_folder, path: numbers}
outputs:
  rows: {type: uri_file}
input_data: ${{inputs.numbers}}
mini_batch_size: 4
max_concurrency_per_instance: 2
mini_batch_error_threshold: 0
retry_settings: {max_retries: 1, timeout: 60}
task:
  type: run_function
  code: src
  entry_script: score.py
  append_row_to: ${{outputs.rows}}
"""
studio = Studio()

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "src").mkdir()
    (folder / "src" / "score.py").write_text(SCRIPT)
    (folder / "numbers").mkdir()
    for number in range(10):
        (folder / "numbers" / f"n{number}.txt").write_text(str(number))
    (folder / "job.yml").write_text(JOB)
    run = studio.experiments.wait(studio.experiments.submit(folder / "job.yml").id)
    rows = studio.experiments.download(run.id, "rows", folder / "rows").read_text().splitlines()

metrics = {metric.key: metric.value for metric in studio.experiments.overview(run.id).metrics}
print(
    f"{run.state}: {metrics['parallel/mini_batches_done']:.0f} mini-batches, {len(rows)} rows, from '{rows[0]}' to '{rows[-1]}'"
)
