"""What people do with MLflow's client, one function for each thing. Runs in a process and an environment of its own:

    python calls [SECONDS [NAME …]]    with MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN

prints one line of JSON for each as it ends: its name, the seconds that it took, and "", what went wrong or "needs <package>". One
that takes longer than SECONDS is stopped. Nothing here uses the studio, and all of it runs under MLflow 2 and 3.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

import artifacts
import autolog
import mlflow
import registry
import tracing
import tracking
from base import CALLS, OPTIONAL

MODULES = (tracking, artifacts, registry, tracing, autolog)  # importing them fills CALLS
PATIENCE = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0


def main() -> None:
    """Do everything; a failure stops nothing else."""
    signal.signal(signal.SIGALRM, too_long)
    chosen = sys.argv[2:] or list(CALLS)
    for name, function in ((name, CALLS[name]) for name in chosen):
        begun = time.monotonic()
        problem = done(function)
        said = {"name": name, "seconds": round(time.monotonic() - begun, 2), "problem": problem}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
    os._exit(0)  # threads of the client need not be waited for


def done(function: Callable[[], None]) -> str:
    """Do one thing and return what went wrong."""
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        function()
    except ModuleNotFoundError as error:
        return f"needs {error.name}" if error.name in OPTIONAL else traceback.format_exc()
    except Exception:
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        while mlflow.active_run():
            mlflow.end_run()
    return ""


def too_long(*_: object) -> None:
    raise TimeoutError(f"this took longer than {PATIENCE:.0f} s")


if __name__ == "__main__":
    main()
