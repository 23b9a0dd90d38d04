"""What people do with MLflow's client, one function for each thing. Runs in a process and an environment of its own:

    python calls    with MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN

prints one line of JSON: name → "" or what went wrong, or "needs <package>". Nothing here uses the studio, and all of it runs
under MLflow 2 and 3.
"""

import json
import os
import sys
import traceback

import artifacts
import autolog
import mlflow
import registry
import tracking
from base import CALLS, OPTIONAL

MODULES = (tracking, artifacts, registry, autolog)  # importing them fills CALLS


def main() -> None:
    """Do everything; a failure stops nothing else."""
    found = {}
    for name, function in CALLS.items():
        try:
            function()
            found[name] = ""
        except ModuleNotFoundError as error:
            found[name] = f"needs {error.name}" if error.name in OPTIONAL else traceback.format_exc()
        except Exception:
            found[name] = traceback.format_exc()
        while mlflow.active_run():
            mlflow.end_run()
    sys.stdout.write("\n" + json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(0)  # threads of the client need not be waited for


if __name__ == "__main__":
    main()
