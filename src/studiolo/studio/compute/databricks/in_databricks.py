"""Runs a Spark job's script in a Databricks: `in_databricks.py FOLDER`, sent there with the job's code.

It imports nothing of the studio's. FOLDER has the code, and what is to be done in `studiolo.json`.
"""

import json
import os
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Run the script as it would run by itself: its folder first on the path, its words in sys.argv."""
    folder = Path(sys.argv[1])
    plan = json.loads((folder / "studiolo.json").read_text("utf-8"))
    os.environ.update(plan["env"])
    os.chdir(folder)
    for name in plan["py_files"]:
        path = folder / name
        sys.path.insert(0, str(path.parent if name.endswith(".py") else path))
    words = plan["words"]
    sys.path.insert(0, str((folder / words[0]).parent))
    if plan["conf"]:
        from pyspark.sql import SparkSession

        session = SparkSession.builder.getOrCreate()
        for name, value in plan["conf"].items():
            try:
                session.conf.set(name, value)
            except Exception as error:  # noqa: BLE001 - Spark has no class of its own for what may not be set
                sys.stdout.write(f"[studio] {name} is not set: {str(error).splitlines()[0]}\n")
    sys.argv = words
    given: dict[str, object] = {name: globals()[name] for name in ("spark", "dbutils", "sc") if name in globals()}
    try:
        runpy.run_path(words[0], init_globals=given, run_name="__main__")
    except SystemExit as error:  # which Databricks takes for a failure, whatever its code
        if error.code not in (None, 0):
            raise RuntimeError(f"The script ended with exit code {error.code}.") from None


if __name__ == "__main__":
    main()
