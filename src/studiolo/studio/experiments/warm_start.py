"""Whether a job may begin warm, and with what: a Python program whose modules a process of the same account holds already."""

import hashlib
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.runner.warming import Wanted
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.environments import building
from studiolo.studio.experiments.environments import service as environments
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import JobSpec

TAG = "studiolo.warm"  # of a run that began warm
_PYTHON = ("python", "python3")
_OF_A_RUN = ("STUDIOLO_", "MLFLOW_", "AZUREML_", "PIP_TARGET")  # variables that no two jobs share
_OF_A_SHELL = re.compile(r"[|&;<>$`*?\[\]{}~#!()\\\n\r]")
_IMPORT = re.compile(r"^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+([\w.]+)[ \t]+import\b)", re.MULTILINE)
_MOST_SOURCE, _MOST_MODULES = 1 << 20, 100


def check(job: JobSpec) -> None:
    """Refuse a warm job that never could be; raises BadJob."""
    if not job.warm:
        return
    if job.sweep is not None or job.distribution is not None:
        raise BadJob(
            "A warm job is one program, and this one is several.",
            "Leave `warm` out of sweeps and distributed jobs.",
            field="warm",
        )
    if not words(job.command, template=True):
        raise BadJob(
            "A warm job runs a Python file: python FILE.py, with its arguments, and nothing of a shell.",
            "Write such a command, or leave `warm` out.",
            field="warm",
        )


def words(command: Sequence[str], *, template: bool = False) -> list[str]:
    """Return the words of a command that is a Python file with its arguments, empty for any other.

    >>> words(["python train.py --rate 0.1 '/a b'"]), words(["python train.py | tee log"]), words(["python", "-m", "train"])
    (['python', 'train.py', '--rate', '0.1', '/a b'], [], [])
    """
    found = list(command)
    if len(found) == 1:
        text = re.sub(r"\$\{\{[^}]*\}\}", "x", found[0]) if template else found[0]
        if _OF_A_SHELL.search(text):
            return []
        try:
            found = shlex.split(text)
        except ValueError:
            return []
    good = len(found) > 1 and found[0] in _PYTHON and found[1].endswith(".py") and not found[1].startswith("-")
    return found if good else []


def imports(source: str, own: set[str]) -> list[str]:
    """Return the modules that a program names. own: names that lie beside it, which are the program's own.

    >>> imports("import os, numpy as np\\nfrom .a import b\\ndef f():\\n    from sklearn.svm import SVC\\nimport mine", {"mine"})
    ['numpy', 'os', 'sklearn.svm']
    """
    found = set[str]()
    for plain, of in _IMPORT.findall(source):
        found |= {one.split()[0] for one in plain.split(",") if one.strip()} if plain else {of}
    good = {one for one in found if one.replace(".", "").replace("_", "").isalnum() and not one.startswith(".")}
    return sorted(one for one in good if one.partition(".")[0] not in {*own, "studiolo", "__future__"})[:_MOST_MODULES]


def wanted(ctx: Context, claim: Claim, place: Path, argv: Sequence[str], env: dict[str, str]) -> Wanted | None:
    """Return where a job may begin; None where its environment is still to be built. argv, env: of its order."""
    chosen = claim.spec.context.get("environment")
    if chosen and building.state(environments.folder(ctx), chosen["hash"]) is None:
        return None
    shared = {key: _without(value, place) for key, value in env.items() if not key.startswith(_OF_A_RUN)}
    python = shutil.which(argv[0], path=shared.get("PATH"))
    if python is None:
        return None
    script = place / "work" / argv[1]
    own = {file.path.partition("/")[0].partition(".")[0] for file in claim.spec.code}
    try:
        if script.stat().st_size > _MOST_SOURCE:
            return None
        source = script.read_text("utf-8", "replace")
        stamp = [Path(part).stat().st_mtime for part in sys.path if not chosen and Path(part).is_dir()]
    except OSError:
        return None
    parts = [ctx.workspace_id, claim.user, python, stamp, sorted(shared.items())]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return Wanted(key=key, python=python, env=shared, modules=imports(source, own))


def _without(value: str, place: Path) -> str:
    """Return a variable without the folders of the attempt among those that it lists."""
    if str(place) not in value:
        return value
    return os.pathsep.join(part for part in value.split(os.pathsep) if not part.startswith(str(place)))
