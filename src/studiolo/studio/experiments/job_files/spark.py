"""Reads Azure ML v2 Spark jobs (YAML): the script or class that Spark runs, what it takes along, and Spark's settings."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import command
from studiolo.studio.experiments.job_files.document import enum, first_error, literal, mapping, text, unknown
from studiolo.studio.experiments.spark.schemas import Spark

_TAKEN = ("py_files", "jars", "files", "archives")
_SHORT = {  # as the Python SDK of Azure ML calls them
    "driver_cores": "spark.driver.cores",
    "driver_memory": "spark.driver.memory",
    "executor_cores": "spark.executor.cores",
    "executor_memory": "spark.executor.memory",
    "executor_instances": "spark.executor.instances",
    "dynamic_allocation_enabled": "spark.dynamicAllocation.enabled",
    "dynamic_allocation_min_executors": "spark.dynamicAllocation.minExecutors",
    "dynamic_allocation_max_executors": "spark.dynamicAllocation.maxExecutors",
}
_OWN = {"entry", "args", "conf", *_TAKEN, *_SHORT}
KNOWN = (command.KNOWN - {"command", "distribution", "warm"}) | _OWN
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


def of(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> command.CommandJob:
    """Make a job of a Spark job's mapping; raises BadJob, which names the key.

    Paths count from `code`; without it the script is a file that is sent alone.
    """
    file, class_name = _entry(raw)
    conf = _conf(raw)
    given = {key: value for key, value in raw.items() if key not in _OWN and key not in ("$schema", "type")}
    alone = bool(file) and not text(raw.get("code")).strip()
    if alone:
        given["code"], file = file, Path(file).name
    given["command"] = f"{shlex.quote(file or class_name)} {_args(raw)}".strip() + " "
    resources = mapping(raw, "resources")
    version = resources.pop("runtime_version", None)
    cores = conf.get("spark.driver.cores", "")
    if "cores" not in resources and cores.isdigit() and int(cores) > 0:
        resources["cores"] = int(cores)
    if resources:
        given["resources"] = resources
    job = command.of({**given, "type": "command"}, path, places)
    job.warnings = [*unknown(raw, KNOWN), *job.warnings]
    if version:
        job.warnings.append("'resources.runtime_version' is left out: Spark is that of the environment's pyspark")
    try:
        spark = Spark(file=file, class_name=class_name, conf=conf, **{key: _names(raw, key) for key in _TAKEN})
    except ValueError as error:
        raise BadJob(f"{path}: {first_error(error)}", field="entry") from None
    _check_there(spark, {one.path for one in job.files if one.slot is None})
    job.spec = job.spec.model_copy(update={"kind": "spark", "spark": spark})
    return job


def _check_there(spark: Spark, sent: set[str]) -> None:
    wanted = [("entry.file", spark.file)] if spark.file else []
    wanted += [(key, one) for key in _TAKEN for one in getattr(spark, key)]
    for key, name in wanted:
        if name not in sent and not ADDRESS.match(name):
            raise BadJob(f"There is no {name} in the code.", "Paths of Spark jobs count from `code`.", field=key)


def _entry(raw: dict[str, Any]) -> tuple[str, str]:
    entry = raw.get("entry")
    found = {"file": entry} if isinstance(entry, str) else mapping(raw, "entry")
    file, class_name = text(found.get("file")).strip(), text(found.get("class_name")).strip()
    if bool(file) == bool(class_name):
        raise BadJob("The job does not say what Spark runs.", "Write `entry: {file: main.py}`.", field="entry")
    if file and not file.endswith(".py"):
        raise BadJob(
            f"'{file[:200]}' is no Python script.", "Name a .py, or a class_name in `jars`.", field="entry.file"
        )
    if class_name and not raw.get("jars"):
        raise BadJob(f"The class {class_name[:200]} is in no jar.", "Name the jar under `jars:`.", field="jars")
    return (Path(file).as_posix() if file else ""), class_name


def _args(raw: dict[str, Any]) -> str:
    args = raw.get("args")
    if args is None or isinstance(args, str):
        return text(args).strip()
    raise BadJob("'args' must be a text.", "Write `args: --rate ${{inputs.rate}}`.", field="args")


def _names(raw: dict[str, Any], key: str) -> list[str]:
    given = raw.get(key) or []
    listed = given if isinstance(given, list) else [given]
    return [
        one if ADDRESS.match(one) else Path(one).as_posix() for one in (text(item).strip() for item in listed) if one
    ]


def _conf(raw: dict[str, Any]) -> dict[str, str]:
    """Return Spark's settings; of booleans Spark wants small letters."""
    given = {name: raw[key] for key, name in _SHORT.items() if raw.get(key) is not None} | mapping(raw, "conf")
    return {
        name: enum(word) if (word := literal(value)) in ("True", "False") else word for name, value in given.items()
    }
