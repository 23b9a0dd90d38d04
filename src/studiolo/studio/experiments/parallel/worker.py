"""Runs a user's script on mini-batches, in the Python of the job's environment: started by its path, with the standard library alone, and
with the environment's pandas where rows of a table come.

`python worker.py <in> <out> <level> <script> <arguments…>`: lines of JSON come by one descriptor and go by the other; what the script prints
is the job's log. `init()` once, `run(mini_batch)` for each, `shutdown()` at the end, `on_job_finish()` in one worker when all is done. A
`run` that takes two arguments gets as the second what Azure ML calls the mini-batch's context.
"""

import importlib.util
import inspect
import json
import logging
import os
import pickle
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def main(words: list[str]) -> int:
    """Serve until the input ends; returns the exit code."""
    asked = os.fdopen(int(words[0]), encoding="utf-8")
    answers = os.fdopen(int(words[1]), "w", encoding="utf-8")
    logging.basicConfig(level=words[2], format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    script = words[3]
    sys.argv = [script, *words[4:]]

    def tell(**values: Any) -> None:
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    try:
        module = _load(script)
        _call(module, "init")
    except BaseException as error:  # noqa: BLE001 - SystemExit of a script's argparse too: whoever asked must hear of it
        traceback.print_exc()
        tell(unready=f"init() failed: {_said(error)}")
        return 1
    both = _takes_context(module.run)
    tell(ready=True)
    for line in asked:
        order = json.loads(line)
        try:
            if "finish" in order:
                _call(module, "on_job_finish")
                tell(finished=True)
                continue
            if "table" in order:
                try:
                    import numpy as np
                    import pandas as pd
                except ImportError as error:
                    tell(
                        unready=f"the data is a table, which comes as a DataFrame: add pandas to the environment ({_said(error)})"
                    )
                    return 1
                given, keys = _frame(order["table"], np, pd)
            else:
                given, keys = order["items"], {}
            context = SimpleNamespace(minibatch_index=order["batch"], partition_key_value=keys)
            returned = module.run(given, context) if both else module.run(given)
            tell(done=order["batch"], returned=_keep(returned, order["rows"]))
        except Exception as error:  # noqa: BLE001 - whatever a user's script raises is a failure of its mini-batch
            traceback.print_exc()
            tell(failed=order.get("batch", -1), error=_said(error))
    _call(module, "shutdown")
    return 0


def _load(script: str) -> Any:
    path = Path(script).absolute()
    if not path.is_file():
        raise FileNotFoundError(f"there is no {script} in the code")
    sys.path[0] = str(path.parent)  # as if it had been started itself: our modules are none of its own
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, "run", None)):
        raise TypeError(f"{script} has no function run(mini_batch)")
    return module


def _takes_context(run: Any) -> bool:
    """Say whether a function takes a second argument."""
    try:
        inspect.signature(run).bind(None, None)
    except (TypeError, ValueError):  # ValueError: one that was not written in Python says nothing of itself
        return False
    return True


def _frame(path: str, np: Any, pd: Any) -> tuple[Any, dict[str, Any]]:
    """Return the rows that were written for this mini-batch, and what they have in common."""
    with Path(path).open("rb") as file:
        held = pickle.load(file)  # noqa: S301 - the studio wrote it for us
    columns = {name: np.frombuffer(data, kind).copy() if kind else data for name, kind, data in held["columns"]}
    return pd.DataFrame(columns), held["keys"]


def _call(module: Any, name: str) -> None:
    if callable(function := getattr(module, name, None)):
        function()


def _keep(returned: Any, path: str) -> int:
    """Write what `run` returned, a row a line, whole or not at all; returns how many. A table is written as Azure ML does: blanks, no head."""
    part = Path(f"{path}.part")
    if hasattr(returned, "to_csv") and hasattr(returned, "columns"):
        returned.to_csv(part, sep=" ", header=False, index=False)
        many = len(returned)
    elif returned is None or isinstance(returned, str | bytes) or not hasattr(returned, "__iter__"):
        raise TypeError(
            f"run() returned {type(returned).__name__}: return a list or a DataFrame with a row for each item"
        )
    else:
        many = 0
        with part.open("w", encoding="utf-8", errors="surrogateescape") as file:  # names of files as they are
            for item in returned:
                file.write(f"{item}\n")
                many += 1
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(path)
    return many


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:2000]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
