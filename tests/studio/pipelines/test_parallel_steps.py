"""Steps whose data is cut, and sweeps: from the file to the end of the run, and entered again."""

import subprocess
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.pipelines import service
from tests.studio.pipelines.graphs import ended, states, text_of

PARALLEL = """
type: pipeline
inputs:
  raw: {type: uri_folder, path: ./many}
outputs:
  scored: {type: uri_file}
jobs:
  score:
    type: parallel
    input_data: ${{inputs.files}}
    mini_batch_size: "2"
    mini_batch_error_threshold: 0
    inputs:
      files: ${{parent.inputs.raw}}
      word: seen
    outputs:
      rows: {type: uri_file, path: "${{parent.outputs.scored}}"}
    task:
      type: run_function
      code: ./train_src
      entry_script: score.py
      program_arguments: --word ${{inputs.word}}
      append_row_to: ${{outputs.rows}}
      model: ./m.txt
  count:
    command: wc -l < ${{inputs.rows}} > ${{outputs.n}}/n.txt
    inputs: {rows: "${{parent.jobs.score.outputs.rows}}"}
    outputs: {n: }
"""
SWEEP = """
type: pipeline
jobs:
  tries:
    type: sweep
    trial:
      command: echo ${{inputs.rate}} > ${{outputs.out}}/rate.txt
      outputs: {out: {type: uri_folder}}
    search_space: {rate: {type: choice, values: [1, 2]}}
    sampling_algorithm: grid
    objective: {primary_metric: loss, goal: minimize}
    limits: {max_total_trials: 1}
"""
SCORE = """
import os, sys
def run(mini_batch):
    model = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "m.txt")).read()
    return [f"{os.path.basename(path)} {sys.argv[2]} {model}" for path in mini_batch]
"""
SCORE_GROUPS = """
def run(frame, mini_batch_context):
    return [f"{mini_batch_context.partition_key_value['store']} {frame['n'].sum()}"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train_src").mkdir()
    return tmp_path


def scored(folder: Path, script: str, files: int) -> None:
    (folder / "train_src" / "score.py").write_text(script)
    (folder / "m.txt").write_text("v1")
    (folder / "many").mkdir()
    for n in range(files):
        (folder / "many" / f"{n}.txt").write_text(str(n))


def test_a_parallel_job_is_a_step(ctx: Context, studio: Studio, folder: Path) -> None:
    scored(folder, SCORE, files=3)
    (folder / "pipeline.yml").write_text(PARALLEL)
    run = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    assert run.run.state == "Completed", [one.error for one in service.steps(ctx, run.run.id)]
    assert text_of(ctx, run, "count", "n.txt", "n").strip() == "3"
    assert text_of(ctx, run, "score", "rows", "rows").splitlines() == [
        "0.txt seen v1",
        "1.txt seen v1",
        "2.txt seen v1",
    ]
    (folder / "pipeline.yml").write_text(PARALLEL.replace('"2"', '"3"'))
    again = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    assert states(ctx, again) == {"score": "Completed", "count": "Reused"}
    why = service.step(ctx, again.run.id, "score").reuse
    assert why is not None
    assert "how the data is cut" in why.text.lower()


def many(folder: Path, rows: str) -> None:
    """A table of stores, as an MLTable says how it is read."""
    (folder / "many").mkdir()
    (folder / "many" / "a.csv").write_text(f"store;n\n{rows}\n")
    (folder / "many" / "MLTable").write_text(
        "paths: [{file: a.csv}]\ntransformations: [{read_delimited: {delimiter: ';'}}]"
    )


def test_a_parallel_component_is_registered_and_run(ctx: Context, studio: Studio, folder: Path) -> None:
    (folder / "train_src" / "score.py").write_text(SCORE_GROUPS)
    many(folder, "1;2\n2;3\n1;4")
    (folder / "score.yml").write_text(
        """
$schema: https://azuremlschemas.azureedge.net/latest/parallelComponent.schema.json
type: parallel
name: score
inputs: {files: {type: mltable}}
outputs: {rows: {type: uri_file}}
input_data: ${{inputs.files}}
partition_keys: [store]
task: {type: run_function, code: train_src, entry_script: score.py, program_arguments: --word x, append_row_to: "${{outputs.rows}}"}
"""
    )
    made = studio.pipelines.components.register(folder / "score.yml")
    assert (made.reference, made.kind) == ("score:1", "parallel")
    (folder / "pipeline.yml").write_text(
        """
type: pipeline
inputs: {raw: {type: mltable, path: many}}
jobs:
  one:
    type: parallel
    component: azureml:score:1
    inputs: {files: {type: mltable, path: "${{parent.inputs.raw}}", mode: direct}}
"""
    )
    run = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    assert run.run.state == "Completed", [one.error for one in service.steps(ctx, run.run.id)]
    assert text_of(ctx, run, "one", "rows", "rows") == "1 6\n2 3\n"


def test_an_output_that_is_the_pipelines_has_its_type(ctx: Context, studio: Studio, folder: Path) -> None:
    scored(folder, SCORE, files=1)
    given = '{type: uri_file, path: "${{parent.outputs.scored}}"}'
    assert given in PARALLEL
    (folder / "pipeline.yml").write_text(PARALLEL.replace(given, "${{parent.outputs.scored}}"))
    run = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    assert run.run.state == "Completed", run.run.error
    assert text_of(ctx, run, "score", "rows", "rows") == "0.txt seen v1\n"


def test_a_parallel_step_is_entered_again_with_all_its_files(ctx: Context, studio: Studio, folder: Path) -> None:
    script = "import sys\ndef run(files): return [open(one).read() + sys.argv[2] for one in files]\n"
    scored(folder, script, files=3)
    (folder / "pipeline.yml").write_text(PARALLEL)
    run = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    again = studio.pipelines.debug(run.run.id, "score", folder / "again")
    assert subprocess.run([again], capture_output=True, text=True, check=True).stdout.split() == [
        "0seen",
        "1seen",
        "2seen",
    ]


def test_a_mini_batch_of_a_table_is_in_place_when_a_step_is_entered_again(
    ctx: Context, studio: Studio, folder: Path
) -> None:
    script = """
def init(): print("ready")
def run(rows, about):
    if about.partition_key_value["store"] == 2: raise ValueError("store two")
    return [f"{about.minibatch_index} {len(rows)} {int(rows.n.sum())}"]
"""
    (folder / "train_src" / "score.py").write_text(script)
    many(folder, "1;2\n2;3\n3;8\n2;4")
    (folder / "pipeline.yml").write_text(
        """
type: pipeline
inputs: {raw: {type: mltable, path: many}}
jobs:
  one:
    type: parallel
    inputs: {files: {type: mltable, path: "${{parent.inputs.raw}}"}}
    input_data: ${{inputs.files}}
    partition_keys: [store]
    mini_batch_error_threshold: 0
    retry_settings: {max_retries: 0}
    task: {type: run_function, code: train_src, entry_script: score.py}
"""
    )
    run = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    assert run.run.state == "Failed"
    again = studio.pipelines.debug(run.run.id, "one", folder / "again")
    assert [one.name for one in (folder / "again" / "batches").iterdir()] == ["1"], "the one that failed"
    told = subprocess.run([again], capture_output=True, text=True, check=False)
    assert "ValueError: store two" in told.stderr
    entry = folder / "again" / "work" / "score.py"
    entry.write_text(entry.read_text().replace("== 2", "== 9"))
    told = subprocess.run([again], capture_output=True, text=True, check=True)
    assert told.stdout.split("\n")[:2] == ["ready", "1 2 7"]
    assert not (folder / "again" / ".cut").exists()


def test_a_sweep_is_entered_again_with_a_value(ctx: Context, studio: Studio, folder: Path) -> None:
    (folder / "pipeline.yml").write_text(SWEEP)
    run = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    again = studio.pipelines.debug(run.run.id, "tries", folder / "again")
    subprocess.run([again], env={"PATH": "/usr/bin:/bin", "rate": "7"}, check=True)
    assert (folder / "again" / "outputs" / "out" / "rate.txt").read_text() == "7\n"
    assert b"a value that the sweep tries" in subprocess.run([again], capture_output=True, check=False).stderr
