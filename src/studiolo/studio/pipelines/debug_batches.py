"""Mini-batches of a table for who re-enters a parallel step: those that failed, cut as its job cut them, and what hands one to the script."""

import shutil
from pathlib import Path

from studiolo.studio.experiments.parallel import batches, worker
from studiolo.studio.pipelines.schemas import StepDebug

FOLDER, ONCE, WORKER = "batches", "once.py", "worker.py"
_MOST = 20  # that are put there; of a thousand that failed one tells as much
_ONCE = '''"""Gives the script of a parallel step one mini-batch of its table, as the studio's worker does: python once.py SCRIPT [ARGUMENT …]"""
import os
import sys
from types import SimpleNamespace

import numpy
import pandas
import worker

here = os.path.dirname(os.path.abspath(__file__))
number = os.environ.get("BATCH", "{first}")
script, *sys.argv[1:] = sys.argv[1:]
module = worker._load(script)
rows, keys = worker._frame(os.path.join(here, "batches", number), numpy, pandas)
context = SimpleNamespace(minibatch_index=int(number), partition_key_value=keys)
worker._call(module, "init")
for one in module.run(rows, context) if worker._takes_context(module.run) else module.run(rows):
    print(one)
worker._call(module, "shutdown")
'''


def place(found: StepDebug, folder: Path) -> list[int]:
    """Put the mini-batches that failed, else the first, into a folder that has the input; none where files are cut, and no table.

    Raises StudioloError, which says what is wrong with the table.
    """
    data = folder / "inputs" / found.cut
    if found.parallel is None or not found.inputs.get(found.cut, None) or not found.inputs[found.cut].files:
        return []
    cut = batches.of(data, found.parallel, folder / ".cut")
    try:
        if isinstance(cut, batches.Files) or not len(cut):
            return []
        numbers = [number for number in found.failed if number < len(cut)][:_MOST] or [0]
        (folder / FOLDER).mkdir(exist_ok=True)
        for number in numbers:
            shutil.copyfile(cut.give(number)["table"], folder / FOLDER / str(number))
            cut.over(number)
    finally:
        cut.close()
    (folder / ONCE).write_text(_ONCE.replace("{first}", str(numbers[0])), "utf-8")
    shutil.copyfile(str(worker.__file__), folder / WORKER)
    return numbers
