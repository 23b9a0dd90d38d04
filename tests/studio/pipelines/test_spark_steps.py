"""Spark components and steps of pipelines, read as Azure ML writes them; run where there is a Spark."""

import os
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.pipelines import service
from studiolo.testing import spark
from tests.studio.pipelines.graphs import ended, states, text_of

COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/sparkComponent.schema.json
name: titanic_spark_component
type: spark
version: 1
code: ./src
entry:
  file: titanic.py
inputs:
  titanic_data:
    type: uri_file
    mode: direct
outputs:
  wrangled_data:
    type: uri_folder
    mode: direct
args: >-
  --titanic_data ${{inputs.titanic_data}}
  --wrangled_data ${{outputs.wrangled_data}}
conf:
  spark.driver.cores: 1
  spark.driver.memory: 1g
  spark.dynamicAllocation.enabled: True
"""
PIPELINE = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
inputs:
  data: {type: uri_file, path: titanic.csv}
jobs:
  spark_job:
    type: spark
    component: COMPONENT
    inputs:
      titanic_data: ${{parent.inputs.data}}
    outputs:
      wrangled_data:
        type: uri_folder
        mode: direct
    environment_variables: {PATH: "THE_PATH"}
    identity: {type: user_identity}
    resources: {instance_type: standard_e8s_v3, runtime_version: "3.2"}
  count:
    command: ls ${{inputs.folder}} | wc -l > ${{outputs.n}}/n.txt
    inputs: {folder: "${{parent.jobs.spark_job.outputs.wrangled_data}}"}
    outputs: {n: }
"""
SCRIPT = """
import os, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
os.mkdir(given["--wrangled_data"])  # as Spark does: it refuses a folder that is there
open(os.path.join(given["--wrangled_data"], "part-0"), "w").write(open(given["--titanic_data"]).read())
"""


def written(folder: Path, component: str, python: str = "") -> Path:
    (folder / "src").mkdir()
    (folder / "src" / "titanic.py").write_text(SCRIPT)
    (folder / "titanic.csv").write_text("a,b\n1,2\n")
    (folder / "spark-job-component.yml").write_text(COMPONENT)
    path = f"{Path(python).parent}:{os.environ['PATH']}"
    (folder / "pipeline.yml").write_text(PIPELINE.replace("COMPONENT", component).replace("THE_PATH", path))
    return folder / "pipeline.yml"


def test_a_registered_spark_component_is_checked_and_its_step_says_what_is_left_out(
    studio: Studio, tmp_path: Path
) -> None:
    file = written(tmp_path, "azureml:titanic_spark_component:1")
    made = studio.pipelines.components.register(tmp_path / "spark-job-component.yml")
    assert (made.reference, made.kind) == ("titanic_spark_component:1", "spark")
    submitted = studio.pipelines.submit_file(file)
    said = "\n".join(submitted.warnings)
    assert "spark_job: 'identity' is left out" in said
    assert "spark_job: 'resources' is left out: the component says what it needs" in said
    studio.pipelines.cancel(submitted.run.run.id)


def test_a_spark_step_runs_and_what_follows_reads_its_folder(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    file = written(tmp_path, "./spark-job-component.yml", spark.python())
    run = ended(ctx, studio.pipelines.submit(file), 240)
    assert run.run.state == "Completed", [one.error for one in service.steps(ctx, run.run.id)]
    assert text_of(ctx, run, "spark_job", "part-0", "wrangled_data") == "a,b\n1,2\n"
    assert text_of(ctx, run, "count", "n.txt", "n").strip() == "1"
    again = ended(ctx, studio.pipelines.submit(file), 240)
    assert states(ctx, again) == {"spark_job": "Reused", "count": "Reused"}
