"""A Spark job: a script of pyspark over a file, its folder kept as an artifact.

The environment needs pyspark (half a gigabyte), and the machine Java 17. SPARK_PYTHON may name a Python that has pyspark already.
"""

import os
import tempfile
from pathlib import Path

from studiolo import Studio

SCRIPT = """
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
people = spark.read.csv(sys.argv[1], schema="name string, age int", header=True)
people.where("age >= 18").coalesce(1).write.csv(sys.argv[2])
print("grown up:", spark.read.csv(sys.argv[2]).count())
"""
JOB = """
$schema: https://azuremlschemas.azureedge.net/latest/sparkJob.schema.json
type: spark
code: src
entry: {file: grown_up.py}
inputs:
  people: {type: uri_file, path: people.csv}
outputs:
  grown_up: {type: uri_folder}
args: ${{inputs.people}} ${{outputs.grown_up}}
conf:
  spark.sql.shuffle.partitions: 1
environment: {packages: ["pyspark>=4,<5"]}
"""
studio = Studio()
changes = {}
if python := os.environ.get("SPARK_PYTHON"):
    changes = {"environment": "", "environment_variables": {"PATH": f"{Path(python).parent}:{os.environ['PATH']}"}}

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "src").mkdir()
    (folder / "src" / "grown_up.py").write_text(SCRIPT)
    (folder / "people.csv").write_text("name,age\nAda,36\nTim,9\nGrace,50\n")
    (folder / "job.yml").write_text(JOB)
    run = studio.experiments.wait(studio.experiments.submit_file(folder / "job.yml", changes).run.id)

print(f"{run.state}: {run.error or 'no error'}")
for file in studio.experiments.artifacts(run.id, "grown_up"):
    print(file.path)
