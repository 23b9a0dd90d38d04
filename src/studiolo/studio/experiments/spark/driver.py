"""Becomes Spark for a Spark job: `python -m studiolo.studio.experiments.spark.driver`, in the job's working folder.

Spark is the pyspark of the job's environment, which needs nothing of ours. It is looked for here, so that what is missing is said
in a sentence; then this process becomes `spark-submit`, or, where the job's compute is an attached Spark, the script itself. Where
that is a Databricks it becomes what sends the script there, and follows its run.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiolo.runner import attempt

PLAN = "spark.json"
DATABRICKS = (sys.executable, "-m", "studiolo.studio.compute.databricks.sent")
SCRATCH = "spark"  # what Spark spills, in the attempt's folder
_LOOK = """
import importlib.metadata as m, importlib.util as u, json, os
spec = u.find_spec("pyspark")
home = os.path.dirname(spec.origin) if spec and spec.origin else ""
names = [n for n in ("pyspark", "pyspark-client", "pyspark-connect", "databricks-connect") if home and any(True for _ in m.distributions(name=n))]
print(json.dumps({"home": home, "version": m.version(names[0]) if names else "", "whole": os.path.isdir(os.path.join(home, "jars"))}))
"""
_OF_CLUSTERS = ("spark.executor.", "spark.dynamicAllocation.", "spark.driver.cores")
_LOOPBACK = "127.0.0.1"


class Failed(Exception):
    """Spark cannot be started; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Found:
    """The pyspark of an environment. whole: Spark itself is in it, and not only what speaks to one."""

    python: str
    home: str
    version: str
    whole: bool


def look() -> Found:
    """Find pyspark in the job's environment; raises Failed."""
    python = shutil.which("python") or sys.executable
    tried = subprocess.run([python, "-c", _LOOK], capture_output=True, text=True, check=False)
    said: dict[str, Any] = json.loads(tried.stdout) if tried.returncode == 0 else {"home": ""}
    if not said["home"]:
        raise Failed("The environment has no pyspark, which Spark jobs need: add `pyspark>=4,<5` to its packages.")
    return Found(python, said["home"], said["version"], said["whole"])


def submitted(plan: dict[str, Any], found: Found, place: Path) -> tuple[list[str], dict[str, str]]:
    """Return the words that run a job on this machine, and variables that they need."""
    # with what it needs: nothing of it where Spark is attached
    from studiolo.studio.experiments.spark.schemas import Spark

    spark, words = Spark.model_validate(plan["spark"]), shlex.split(plan["command"])
    defaults = {
        "spark.ui.enabled": "false",  # it would listen on every address, without a password
        "spark.log.level": "WARN",  # INFO is dozens of lines for each stage
        "spark.driver.host": _LOOPBACK,
        "spark.driver.bindAddress": _LOOPBACK,
        "spark.local.dir": str(place / SCRATCH),
        "spark.sql.shuffle.partitions": str(max(2, 2 * int(plan["cores"]))),  # 200 are meant for clusters
    }
    argv = [f"{found.home}/bin/spark-submit", "--master", f"local[{plan['cores']}]", "--name", str(plan["name"])]
    for name, value in {**defaults, **spark.conf}.items():
        argv += ["--conf", f"{name}={value}"]
    taken = {"--py-files": spark.py_files, "--files": spark.files, "--archives": spark.archives}
    taken["--jars"] = spark.jars[1:] if spark.class_name else spark.jars
    for option, names in taken.items():
        argv += [option, ",".join(names)] if names else []
    entry = ["--class", words[0], spark.jars[0]] if spark.class_name else [words[0]]
    env = {"SPARK_HOME": found.home, "PYSPARK_PYTHON": found.python, "PYSPARK_DRIVER_PYTHON": found.python}
    return [*argv, *entry, *words[1:]], env


def _java() -> None:
    home = os.environ.get("JAVA_HOME", "")
    if not (shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")):
        where = f"JAVA_HOME is {home}, where there is none" if home else "there is none on the job's PATH"
        raise Failed(f"Spark needs Java, and {where}: install Java 17, or set JAVA_HOME under `environment_variables`.")


def run(place: Path, plan: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Return the words that this process becomes, and variables beside; raises Failed."""
    if "STUDIOLO_DATABRICKS" in os.environ:
        return [*DATABRICKS, str(place / PLAN)], {}
    found = look()
    if remote := os.environ.get("SPARK_REMOTE"):
        if plan["spark"]["class_name"]:
            raise Failed("An attached Spark runs scripts, not classes of jars: name a .py as `entry.file`.")
        _say(f"Spark at {remote.partition('/;')[0]}, spoken to by pyspark {found.version}")
        return [found.python, str(Path(__file__).with_name("connected.py")), str(place / PLAN)], {}
    if not found.whole:
        raise Failed(
            f"The environment has a pyspark ({found.version}) without Spark itself, which only speaks to an attached one: "
            "add `pyspark>=4,<5` to its packages, or name a compute of kind spark."
        )
    _java()
    (place / SCRATCH).mkdir(exist_ok=True)
    _say(f"Spark {found.version} on this machine, local[{plan['cores']}]")
    if left := sorted(name for name in plan["spark"]["conf"] if name.startswith(_OF_CLUSTERS)):
        _say(
            f"Without effect here, where one process does all the work: {', '.join(left)}. Its cores are `resources.cores`."
        )
    return submitted(plan, found, place)


def _say(line: str) -> None:
    sys.stdout.write(f"[studio] {line}\n")
    sys.stdout.flush()


def main() -> int:
    """Become Spark; returns only when that fails."""
    place = Path(os.environ["STUDIOLO_OUTPUTS"]).parent
    plan = json.loads((place / PLAN).read_text("utf-8"))
    try:
        argv, env = run(place, plan)
        os.execve(argv[0], argv, {**os.environ, **env})  # noqa: S606 - the runner ends it as any job's program
    except OSError as error:
        said = f"{argv[0]} cannot be run: {error.strerror}."
    except Failed as error:
        said = str(error)
    _say(said)
    attempt.write_json(str(place), attempt.FAILURE, {"class": "environment", "error": said})
    return 1


if __name__ == "__main__":
    sys.exit(main())
