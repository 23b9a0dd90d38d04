"""Re-enters a step on the user's machine: a folder with its inputs in place, its code, and a script that runs its command."""

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from studiolo.kernel.http import Transport
from studiolo.studio.experiments import expressions
from studiolo.studio.experiments.job_schemas import FILE_TYPES
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.schemas import DebugFiles, StepDebug

CODE = ""  # the slot of the code
SCRIPT, ONCE = "run.sh", "once.py"
_ONCE = '''"""Gives the script of a parallel step all files of its input: python once.py INPUT SCRIPT [ARGUMENT …]"""
import importlib.util
import os
import sys

data, script, *sys.argv[1:] = sys.argv[1:]
sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
spec = importlib.util.spec_from_file_location("entry_script", script)
entry = importlib.util.module_from_spec(spec)
spec.loader.exec_module(entry)
files = [data] if os.path.isfile(data) else sorted(os.path.join(at, name) for at, _, names in os.walk(data) for name in names)
getattr(entry, "init", lambda: None)()
for one in entry.run(files):
    print(one)
getattr(entry, "shutdown", lambda: None)()
'''


def enter(transport: Transport, run_id: str, path: str, folder: Path) -> Path:
    """Make the folder of a step: `inputs/`, `work/` with the code, `outputs/`, and `run.sh`; returns the script.

    Files that are there already are left as they are. Raises BadPipeline when the folder holds another step.
    """
    asked = f"pipelines/runs/{run_id}/step"
    found = StepDebug.model_validate(transport.get(f"{asked}/debug", path=path))
    mark = folder / ".step"
    if mark.is_file() and mark.read_text("utf-8") != found.run_id:
        raise BadPipeline(f"{folder} holds another step.", "Name an empty folder.", field="debug")
    for name in ("inputs", "work", "outputs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    mark.write_text(found.run_id, "utf-8")
    for slot, files in [(CODE, DebugFiles(files=found.code)), *found.inputs.items()]:
        target = folder / "inputs" / slot if slot else folder / "work"
        target.mkdir(parents=True, exist_ok=True)
        for file in files.files:
            place = target / file.path
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                transport.download(f"{asked}/debug/file", place, path=path, slot=slot, file=file.path)
    for name, kind in found.outputs.items():
        if kind not in FILE_TYPES:
            (folder / "outputs" / name).mkdir(exist_ok=True)
    cut: list[int] = []
    if found.cut:
        from studiolo.studio.pipelines import debug_batches

        cut = debug_batches.place(found, folder)
        if not cut:
            (folder / ONCE).write_text(_ONCE, "utf-8")
    script = folder / SCRIPT
    script.write_text("\n".join(_lines(found, folder.resolve(), cut)) + "\n", "utf-8")
    script.chmod(0o755)
    return script


def _lines(found: StepDebug, folder: Path, cut: Sequence[int]) -> Iterator[str]:
    """cut: numbers of the mini-batches of a table that are in place."""
    yield "#!/usr/bin/env bash"
    yield f"# Step {found.path} of pipeline {found.pipeline_id}, as job {found.run_id} ran it."
    if found.environment:
        yield f"# It ran in the environment {found.environment}: activate one like it first."
    yield from (f"# It was given the secret {name}: export {name}=…" for name in found.secrets)
    for name, value in {
        **found.env,
        "STUDIOLO_OUTPUTS": str(folder / "outputs"),
        "STUDIOLO_INPUTS": str(folder / "inputs"),
    }.items():
        yield f"export {name}={shlex.quote(value)}"
    yield f"cd {shlex.quote(str(folder / 'work'))}"
    shell = len(found.command) == 1 and any(letter.isspace() or letter in "|&;<>$" for letter in found.command[0])
    values = {("inputs", name): value for name, value in found.params.items()}
    for name, files in found.inputs.items():
        place = folder / "inputs" / name
        shown = str(place / files.files[0].path if files.alone and files.files else place)
        values["inputs", name] = shlex.quote(shown) if shell else shown
    for word in found.command:
        for name in expressions.outputs(word):
            shown = str(folder / "outputs" / name)
            values["outputs", name] = shlex.quote(shown) if shell else shown
    for name in found.tried:
        yield f"# The sweep tries values of {name}: {name}=… ./{SCRIPT}"
        values["inputs", name] = f"${{{name}:?a value that the sweep tries}}"
    words = [expressions.substitute(word, values) for word in found.command]
    if found.cut:
        if cut:
            shown = ", ".join(map(str, cut))
            yield f"# One mini-batch of the table (once.py), of those in batches/: BATCH={cut[0]} ./{SCRIPT}; there are {shown}."
        else:
            yield "# All files at once (once.py): the studio cuts them into mini-batches."
        data = [] if cut else [values["inputs", found.cut]]
        words = [
            " ".join(["exec python", str(folder / ONCE), *data, words[0]])
            if shell
            else shlex.join(["python", str(folder / ONCE), *data, *words])
        ]
        shell = True
    yield words[0] if shell else f"exec {shlex.join(words)}"


def default_folder(path: str) -> Path:
    """Return where a step is put when no folder is named.

    >>> default_folder("train/fit").name
    'debug-train-fit'
    """
    return Path(os.curdir) / f"debug-{path.replace('/', '-')}"
