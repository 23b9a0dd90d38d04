"""Spark jobs with a real Spark where there is one (`studiolo.testing.spark`), and what is said where there is none."""

import os
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, service
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import document
from studiolo.studio.experiments.job_files import spark as spark_file
from studiolo.studio.experiments.schemas import InputFile, JobOutput, JobSpec, Run
from studiolo.studio.experiments.spark import driver
from studiolo.studio.experiments.spark.schemas import Spark
from studiolo.testing import spark as testing
from tests.studio.experiments.jobs import carrying, ended, log_of, wait_for

WRANGLE = """
import argparse, os, sys
from pyspark.sql import SparkSession
import helping
parser = argparse.ArgumentParser()
parser.add_argument("--data"), parser.add_argument("--out"), parser.add_argument("--least", type=float)
args = parser.parse_args()
spark = SparkSession.builder.appName("wrangle").getOrCreate()
print("master", spark.sparkContext.master, spark.conf.get("spark.sql.shuffle.partitions"), helping.WORD, flush=True)
print("tracking", os.environ["MLFLOW_RUN_ID"], open("notes.txt").read().strip())
frame = spark.read.csv(args.data, schema="sex string, age double", header=True).where(f"age > {args.least}")
frame.coalesce(1).write.csv(args.out)
"""
QUICK = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}  # it lives for seconds
PATIENCE = 200  # seconds: a Spark needs 10 of a core to begin
DATA = b"sex,age\nmale,22\nfemale,38\nfemale,26\nmale,2\n"


@pytest.fixture
def python() -> str:
    return testing.python()


def submit(ctx: Context, script: str, python: str = "", **changes: Any) -> Run:
    texts = {"main.py": script, "helping.py": "WORD = 'helped'\n", "notes.txt": "noted\n"}
    code = [InputFile(path=name, digest=ctx.blobs.put(text.encode()).digest) for name, text in texts.items()]
    path = f"{Path(python).parent}:{os.environ['PATH']}" if python else "/usr/bin:/bin"
    asked = changes.pop("spark", {})
    spark = Spark.model_validate({"file": "main.py", **asked, "conf": {**QUICK, **asked.get("conf", {})}})
    given = {"kind": "spark", "command": ["main.py "], "code": code, "spark": spark, "env": {"PATH": path}}
    return service.submit(ctx, JobSpec.model_validate({**given, **changes}))


def finished(ctx: Context, run: Run) -> Run:
    return wait_for(ctx, lambda: (now := service.get(ctx, run.id)).ended_at and now, PATIENCE)  # type: ignore[return-value]


def kept(ctx: Context, run: Run) -> dict[str, bytes]:
    with ctx.db.read() as tx:
        found = artifacts.below(tx, ctx, artifacts.run_root(int(run.experiment_id), run.id))
        return {file.path: ctx.blobs.path(file.digest).read_bytes() for file in found}


def test_a_script_runs_with_data_files_and_settings_and_its_folder_is_kept(ctx: Context, python: str) -> None:
    run = submit(
        ctx,
        WRANGLE,
        python,
        command=["main.py --data ${{inputs.data}} --out ${{outputs.counts}} --least ${{inputs.least}} "],
        spark={"py_files": ["helping.py"], "files": ["notes.txt"], "conf": {"spark.sql.shuffle.partitions": "1", "spark.executor.cores": "4"}},
        params={"least": "20"},
        inputs={"data": [InputFile(path="people.csv", digest=ctx.blobs.put(DATA).digest)]},
        outputs={"counts": JobOutput()},
    )  # fmt: skip
    end = finished(ctx, run)
    assert end.state == "Completed", log_of(ctx, run)
    said = log_of(ctx, run)
    assert "master local[1] 1 helped" in said
    assert f"tracking {run.id} noted" in said
    assert "Without effect here, where one process does all the work: spark.executor.cores." in said
    files = kept(ctx, run)
    [part] = [name for name in files if name.startswith("counts/part-")]
    assert files[part] == b"male,22.0\nfemale,38.0\nfemale,26.0\n"
    place = ctx.settings.attempts / run.id / "1"
    assert not (place / driver.SCRATCH).exists()


def test_a_failure_has_its_exit_code_and_the_scripts_words(ctx: Context, python: str) -> None:
    run = submit(ctx, "raise ValueError('no such column')", python)
    end = finished(ctx, run)
    assert (end.state, end.failure, end.exit_code) == ("Failed", "user_error", 1)
    assert "ValueError: no such column" in str(end.error)


def test_canceled_its_machine_and_workers_go(ctx: Context, python: str) -> None:
    script = (
        "import time\nfrom pyspark import SparkContext\nsc = SparkContext()\n"
        "sc.parallelize([1], 1).foreach(lambda _: (print('up', flush=True), time.sleep(120)))\n"
    )
    run = submit(ctx, script, python)
    wait_for(ctx, lambda: "up" in log_of(ctx, run), PATIENCE)
    running = {psutil.Process(pid).name() for pid in carrying(run)}
    assert "java" in running
    service.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"
    assert carrying(run) == []


def test_an_environment_without_pyspark_is_named(ctx: Context, tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to("/usr/bin/false")
    end = ended(ctx, submit(ctx, "", str(tmp_path / "python")))
    assert (end.state, end.failure) == ("Failed", "environment")
    assert str(end.error).startswith("The environment has no pyspark, which Spark jobs need: add `pyspark>=4,<5`")


def _python_with(tmp_path: Path, **modules: str) -> str:
    for name, text in modules.items():
        (tmp_path / "lib" / name).mkdir(parents=True)
        (tmp_path / "lib" / name / "__init__.py").write_text(text)
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path}/lib exec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_a_pyspark_that_only_speaks_to_another_is_named(ctx: Context, tmp_path: Path) -> None:
    end = ended(ctx, submit(ctx, "", _python_with(tmp_path, pyspark="")))
    assert end.failure == "environment"
    assert "without Spark itself" in str(end.error)


def test_a_machine_without_java_is_named(ctx: Context, tmp_path: Path) -> None:
    python = _python_with(tmp_path, pyspark="")
    (tmp_path / "lib" / "pyspark" / "jars").mkdir()
    end = ended(ctx, submit(ctx, "", python, env={"PATH": f"{tmp_path}:/usr/bin", "JAVA_HOME": "/no/java"}))
    assert end.failure == "environment"
    assert "Spark needs Java, and JAVA_HOME is /no/java, where there is none" in str(end.error)


def test_what_cannot_be_is_refused(ctx: Context) -> None:
    with pytest.raises(BadJob, match="no other does"):
        submit(ctx, "", kind="command")
    with pytest.raises(BadJob, match="said by its compute") as caught:
        submit(ctx, "", spark={"conf": {"spark.master": "yarn"}})
    assert caught.value.field == "conf.spark.master"
    with pytest.raises(ValueError, match="not with both"):
        Spark(file="a.py", class_name="A")


AZURE = """
$schema: https://azuremlschemas.azureedge.net/latest/sparkJob.schema.json
type: spark
code: ./src
entry: {file: main.py}
py_files: [lib/more.py]
jars: []
files: [hdfs://there/words.txt]
conf:
  spark.driver.cores: 2
  spark.driver.memory: 2g
  spark.dynamicAllocation.enabled: True
inputs:
  data: {type: uri_file, path: azureml://datastores/workspaceblobstore/paths/data/titanic.csv, mode: direct}
outputs:
  wrangled: {type: uri_folder, mode: direct}
args: >-
  --data ${{inputs.data}}
  --out ${{outputs.wrangled}}
identity: {type: user_identity}
resources: {instance_type: standard_e4s_v3, runtime_version: "3.4"}
"""


def _file(tmp_path: Path, text: str) -> Path:
    for name in ("main.py", "lib/more.py"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text("")
    (tmp_path / "job.yml").write_text(text)
    return tmp_path / "job.yml"


def test_a_file_of_azure_ml_is_read_and_says_what_has_no_meaning(tmp_path: Path) -> None:
    file = _file(tmp_path, AZURE)
    job = spark_file.of(document.read(file), file, {})
    spec = job.spec
    assert (spec.kind, spec.resources.cores) == ("spark", 2)
    assert spec.command == ["main.py --data ${{inputs.data}} --out ${{outputs.wrangled}} "]
    assert spec.spark == Spark(
        file="main.py",
        py_files=["lib/more.py"],
        files=["hdfs://there/words.txt"],
        conf={"spark.driver.cores": "2", "spark.driver.memory": "2g", "spark.dynamicAllocation.enabled": "true"},
    )
    assert sorted(one.path for one in job.files) == ["lib/more.py", "main.py"]
    said = "\n".join(job.warnings)
    assert "'identity' is left out" in said
    assert "'resources.instance_type' is left out: it is of a cloud" in said
    assert "'resources.runtime_version' is left out: Spark is that of the environment's pyspark" in said
    assert "not known here" not in said


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("entry: {}", "entry"),
        ("entry: {file: main.scala}", "entry.file"),
        ("entry: {file: no.py}", "entry.file"),
        ("entry: {class_name: org.example.Main}", "jars"),
        ("py_files: [no.zip]", "py_files"),
        ("args: {a: 1}", "args"),
    ],
)
def test_a_slip_in_a_file_names_its_key(tmp_path: Path, change: str, field: str) -> None:
    key = change.partition(":")[0]
    lines = [line for line in AZURE.splitlines() if not line.startswith((f"{key}:", "  --"))]
    file = _file(tmp_path, "\n".join([*lines, change]))
    with pytest.raises(BadJob) as caught:
        spark_file.of(document.read(file), file, {})
    assert caught.value.field == field


def test_arguments_as_in_the_python_sdk_become_settings(tmp_path: Path) -> None:
    raw = {
        "type": "spark",
        "entry": "src/main.py",
        "driver_cores": 1,
        "executor_memory": "2g",
        "dynamic_allocation_enabled": True,
    }
    job = spark_file.of(raw, _file(tmp_path, ""), {})
    assert job.spec.spark is not None
    assert job.spec.spark.file == "main.py"
    assert job.spec.spark.conf == {
        "spark.driver.cores": "1",
        "spark.executor.memory": "2g",
        "spark.dynamicAllocation.enabled": "true",
    }
    assert [one.path for one in job.files] == ["main.py"]


def test_a_class_of_a_jar_is_run_with_the_words_behind_it(tmp_path: Path) -> None:
    found = driver.Found("/env/bin/python", "/env/pyspark", "4", whole=True)
    spark = {"class_name": "org.example.Main", "jars": ["app.jar", "lib.jar"], "conf": {"spark.ui.enabled": "true"}}
    plan = {"spark": spark, "command": "org.example.Main 10 'a b'", "cores": 3, "name": "pi"}
    argv, env = driver.submitted(plan, found, tmp_path)
    assert argv[:5] == ["/env/pyspark/bin/spark-submit", "--master", "local[3]", "--name", "pi"]
    assert argv[-7:] == ["--jars", "lib.jar", "--class", "org.example.Main", "app.jar", "10", "a b"]
    assert "spark.ui.enabled=true" in argv
    assert env["PYSPARK_PYTHON"] == "/env/bin/python"
