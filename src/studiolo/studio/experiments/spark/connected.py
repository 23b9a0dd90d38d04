"""Runs the script of a Spark job against an attached Spark: `python connected.py PLAN`, in the Python of the job's environment.

It imports nothing of the studio's. The session is made before the script asks for one, with its files and settings, so that
`SparkSession.builder.getOrCreate()` of the script is that one. A Spark that is gone ends the job in the class `lost`.
"""

import json
import os
import re
import runpy
import shlex
import sys
import traceback
from pathlib import Path
from typing import Any

_OF_THE_SERVER = ("spark.driver.", "spark.executor.", "spark.dynamicAllocation.", "spark.ui.", "spark.local.")
_GONE = (
    "StatusCode.UNAVAILABLE",
    "failed to connect to all addresses",
    "RETRIES_EXCEEDED",
    "SESSION_CHANGED",
    "SESSION_NOT_FOUND",
    "SESSION_CLOSED",
    "OPERATION_NOT_FOUND",
)


def say(line: str) -> None:
    """Write a line of ours into the job's log."""
    sys.stdout.write(f"[studio] {line}\n")
    sys.stdout.flush()


def connect(plan: dict[str, Any]) -> None:
    """Open the session of the job, and send what it takes along."""
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client.retries import DefaultPolicy

    patience = float(os.environ.get("STUDIOLO_SPARK_PATIENCE", "60"))
    waits: dict[str, Any] = {"backoff_multiplier": 2.0, "initial_backoff": 100, "max_backoff": 2000, "jitter": 0}
    policy = DefaultPolicy(max_retries=4 + int(patience / 2), **waits)
    session = SparkSession.builder.remote(os.environ["SPARK_REMOTE"]).create()
    session.client.set_retry_policies([policy])
    session.addTag(f"studiolo-{os.environ.get('STUDIOLO_RUN_ID', 'job')}")
    say(f"Spark {session.version} at {os.environ['SPARK_REMOTE'].partition('/;')[0]}")
    spark = plan["spark"]
    for name, value in spark["conf"].items():
        if name.startswith(_OF_THE_SERVER):
            say(f"Without effect here, where the Spark runs already: {name}")
            continue
        try:
            session.conf.set(name, value)
        except Exception as error:
            # Spark has no class of its own for what may not be set; a job goes on without it
            if gone(error):
                raise
            say(f"{name} is not set: {str(error).splitlines()[0]}")
    for names, kind in (
        (spark["py_files"], "pyfile"),
        (spark["files"], "file"),
        (spark["archives"], "archive"),
        (spark["jars"], ""),
    ):
        if names:
            session.addArtifacts(*names, **({kind: True} if kind else {}))
    for name in spark["py_files"]:
        path = Path(name).absolute()
        sys.path.insert(1, str(path.parent if name.endswith(".py") else path))


def gone(error: BaseException | None) -> bool:
    """Say whether an error means that the Spark is not there any more."""
    seen = 0
    while error is not None and seen < 20:
        if any(sign in f"{type(error).__name__} {error}" for sign in _GONE):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def said_by(error: BaseException) -> str:
    """Return what an error says in one line; of gRPC, whose first line is the name of a class, its details.

    >>> said_by(ValueError('<_MultiThreadedRendezvous of RPC that terminated with:\\n\\tstatus = X\\n\\tdetails = "refused"\\n>'))
    'refused'
    """
    text = str(error).strip()
    details = re.search(r'^\s*details = "(.*)"$', text, re.MULTILINE)
    return (details[1] if details else text.splitlines()[0] if text else type(error).__name__)[:300]


def main() -> int:
    """Run the script; returns the exit code."""
    plan = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    words = shlex.split(plan["command"])
    sys.path[0] = str(Path(words[0]).absolute().parent)
    try:
        connect(plan)
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")
    except Exception as error:  # noqa: BLE001 - the script's own, told as Python does
        traceback.print_exc()
        if gone(error):
            tell("lost", f"The Spark is gone, or has forgotten the session: {said_by(error)}")
        return 1
    return 0


def tell(kind: str, said: str) -> None:
    """Leave behind why the job failed, whole or not at all."""
    path = Path(os.environ["STUDIOLO_OUTPUTS"]).parent / "failure.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"class": kind, "error": said}), "utf-8")
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
