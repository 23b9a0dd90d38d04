"""The attempt directory of a job: made before the start, read while it runs, its outputs kept at the end."""

import errno
import json
import os
import re
import shlex
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import DiskFull
from studiolo.kernel.storage.blobs import Blob, BlobMissing
from studiolo.runner import attempt as files
from studiolo.runner import ranks
from studiolo.runner.launch import Order
from studiolo.studio.compute import service as compute
from studiolo.studio.experiments import around, claims, expressions, in_containers, job_variables, making, warm_start
from studiolo.studio.experiments.artifacts import clean
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.environments.errors import NoEngine
from studiolo.studio.experiments.errors import BadPath
from studiolo.studio.experiments.job_schemas import COMMANDS, OwnRay
from studiolo.studio.experiments.making import INPUTS, OUTPUTS, WORK
from studiolo.studio.experiments.notebooks import driver as books
from studiolo.studio.experiments.parallel import driver as pieces
from studiolo.studio.experiments.parallel import ledger
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.experiments.spark import driver as sparks
from studiolo.studio.experiments.sweeps import driver

PACKAGES = "packages"  # what a command installs by pip
TRIALS = "trials"  # the copies of the code that a sweep's tries work in
_LAST_LINE = 300
_SHARE_OF_GRACE = 0.8
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit)\b")


class Unprepared(Exception):
    """The directory cannot be made; failure: the class of the run's failure."""

    def __init__(self, failure: str, message: str) -> None:
        super().__init__(message)
        self.failure = failure


def folder(ctx: Context, claim: Claim) -> Path:
    """Return where the attempt is."""
    return _place(ctx.settings.home, claim.holder)


@lru_cache(256)  # asked eight times for each job
def _place(home: Path, holder: str) -> Path:
    return home / "attempts" / holder


def mark(claim: Claim) -> str:
    """Return what every process of the attempt carries in its environment."""
    return claim.holder


def prepare(ctx: Context, claim: Claim) -> Path:
    """Make the directory anew: inputs linked read-only from the store, the code copied so that it may be written.

    An attempt that a runner owns is left as it is, or may own: it has an order, which is written when all else is there.
    Raises Unprepared.
    """
    place = folder(ctx, claim)
    if files.exists(str(place), files.CLAIM) or files.exists(str(place), files.JOB):
        return place
    if said := claim.spec.context.get(claims.UNREADABLE):
        raise Unprepared("environment", f"This version of the studio cannot read the job: {said}.")
    try:
        making.make(ctx, claim, place)
    except NoEngine as error:
        raise Unprepared("environment", f"The job runs in an image. {error.detail}") from error
    except BlobMissing as error:
        raise Unprepared("input_missing", str(error)) from error
    except DiskFull as error:
        raise Unprepared("environment", str(error)) from error
    except OSError as error:
        raise Unprepared("environment", f"The folder of the attempt cannot be made: {error}.") from error
    return place


def order(ctx: Context, claim: Claim, token: str | None) -> Order:
    """Write what the runner is to do. token: for the job, as the account that submitted it."""
    place, spec = folder(ctx, claim), claim.spec
    grace = ctx.settings.cancel_grace_seconds
    needs = compute.at_runner(ctx, claim.compute, spec.asked())
    env = job_variables.of(ctx, claim, place, token)
    made = Order(
        argv=_argv(ctx, spec, place),
        env=env,
        cwd=str(place / WORK),
        mark=mark(claim),
        timeout_s=spec.timeout_s,
        grace_s=grace,
        memory_limit=needs.memory_bytes,
        cores=needs.cores,
        gpus=needs.gpus or 0,
        nodes=needs.nodes,
        priority=spec.priority,
        title=claim.name,
        manifests=_manifests(spec, place),
        blobs=str(ctx.blobs.root),
        copied=making.copied(claim),
        samples=claim.kind in COMMANDS,
        limited=True,
        group=ctx.settings.cgroup,
        withheld=list(spec.context.get("withheld", [])),
        inherited=_inherited(claim, env),
        own=sorted(spec.env),
    )
    programs = around.programs(ctx, claim, lambda: job_variables.of_programs(ctx, claim, place))
    if "before" in programs and not around.is_ready(ctx, spec, place):
        made["before"] = programs["before"]
    if spec.nodes() > 1 and spec.sweep is None:
        made["passes_on"] = True
    if "after" in programs:
        made["after"] = programs["after"]
    if (chosen := spec.context.get("environment")) and chosen.get("container"):
        if compute.elsewhere(ctx, claim.compute):
            made["image"] = chosen["container"]["image"]
        else:
            in_containers.enter(ctx, claim, place, made)
    words = made["argv"]
    if spec.warm and (found := warm_start.words(words[2:] if words[1:2] == ["-c"] else words)):
        made["argv"] = found
        if (warm := warm_start.wanted(ctx, claim, place, found, env)) is not None:
            made["warm"] = warm
    return made


def _inherited(claim: Claim, env: dict[str, str]) -> list[str]:
    """Return the variables that mean nothing where the job runs: in an image, and on another machine."""
    apart = (
        bool((claim.spec.context.get("environment") or {}).get("container")) or claim.compute not in compute.built_in()
    )
    return job_variables.inherited(claim.spec, env) if apart else []


def outputs(
    ctx: Context, claim: Claim, paths: Iterable[Path] | None = None
) -> tuple[list[tuple[str, Blob]], list[str]]:
    """Store the files below `outputs/`; returns them by path, and the paths that cannot be kept. Raises OSError, DiskFull.

    paths: of the files, where they are known.
    """
    root = folder(ctx, claim) / OUTPUTS
    kept: list[tuple[str, Blob]] = []
    left: list[str] = []
    for path in _walk(root) if paths is None else paths:
        name = path.relative_to(root).as_posix()
        try:
            with ctx.blobs.in_passing():
                kept.append((clean(name), ctx.blobs.put(path)))
        except BadPath:
            left.append(name.encode("unicode_escape").decode())
    return kept, left


def few_outputs(ctx: Context, claim: Claim, most: int) -> list[Path] | None:
    """Return the files below `outputs/`, None where they have more bytes than these together."""
    found, size = [], 0
    for path in _walk(folder(ctx, claim) / OUTPUTS):
        size += path.stat().st_size
        if size > most:
            return None
        found.append(path)
    return found


def tidy(ctx: Context, claim: Claim, *, completed: bool, again: bool = False) -> None:
    """Remove what is kept elsewhere; log, journal and records stay, and of a failed job its work folder.

    again: another attempt follows: that of a parallel job goes on from what this one has done.
    """
    kept = {OUTPUTS, ledger.ROWS} if again and claim.kind == "parallel" else set()
    gone = {
        INPUTS,
        OUTPUTS,
        PACKAGES,
        TRIALS,
        ledger.ROWS,
        ledger.TABLE,
        sparks.SCRATCH,
        *([WORK] if completed else []),
    }
    place = folder(ctx, claim)
    with suppress(OSError):
        there = {entry.name for entry in place.iterdir()}
        for name in gone - kept:
            if name.partition("/")[0] in there:  # some are folders of a folder
                shutil.rmtree(place / name, ignore_errors=True)


def last_line(place: Path) -> str:
    """Return what the log ends with: the last exception of a Python program, else the last line."""
    try:
        with (place / files.LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode("utf-8", "replace").rstrip().splitlines()
    except OSError:
        return ""
    raised = [line for line in lines if _EXCEPTION.match(line)]
    return (raised or lines)[-1].strip()[:_LAST_LINE] if lines else ""


def _argv(ctx: Context, spec: JobSpec, place: Path) -> list[str]:
    """Return the words that the runner executes."""
    if spec.parallel is not None:
        return _parallel(spec, place)
    if spec.notebook is not None:
        return _notebook(spec, place)
    if spec.spark is not None:
        return _spark(spec, place)
    if spec.sweep is None:
        return _together(ctx, spec, place, _words(spec, place, place / OUTPUTS))
    words = _words(spec, place, place / OUTPUTS / "trials" / driver.HERE)
    plan = {
        "sweep": spec.sweep.model_dump(mode="json"),
        "command": words[-1]
        if words[1:2] == ["-c"] and not spec.distribution
        else shlex.join(_together(ctx, spec, place, words)),
        "outputs": sorted(spec.outputs),
        "folders": sorted(name for name in spec.outputs if not making.is_file(spec, name)),
        "secrets": sorted(spec.secrets.keys() - {*spec.context.get("withheld", [])}),
    }
    (place / driver.PLAN).write_text(json.dumps(plan), "utf-8")
    return [sys.executable, "-m", driver.__name__]


def _parallel(spec: JobSpec, place: Path) -> list[str]:
    """Write the plan of a parallel job; returns the words that run it."""
    assert spec.parallel is not None
    target = spec.parallel.append_row_to
    rows = place / OUTPUTS / target
    plan = {
        "parallel": spec.parallel.model_dump(mode="json"),
        "command": _words(spec, place, place / OUTPUTS)[-1],
        "data": str(_input(spec, place, spec.parallel.data)),
        "append_to": str(rows if making.is_file(spec, target) else rows / pieces.ROWS) if target else "",
        "model": str(_input(spec, place, model)) if (model := spec.parallel.model) else "",
    }
    (place / pieces.PLAN).write_text(json.dumps(plan), "utf-8")
    return [sys.executable, "-m", pieces.__name__]


def _notebook(spec: JobSpec, place: Path) -> list[str]:
    """Write the plan of a notebook job; returns the words that run it."""
    assert spec.notebook is not None
    data = {name: str(_input(spec, place, name)) for name in {**spec.inputs, **spec.context.get("staged", {})}}
    plan = {
        "notebook": spec.notebook.model_dump(mode="json"),
        "values": {**spec.params, **spec.context.get("direct", {})},
        "paths": data | {name: str(place / OUTPUTS / name) for name in spec.outputs},
        "secrets": sorted(spec.secrets.keys() - {*spec.context.get("withheld", [])}),
    }
    (place / books.PLAN).write_text(json.dumps(plan), "utf-8")
    return [sys.executable, "-m", books.__name__]


def _spark(spec: JobSpec, place: Path) -> list[str]:
    """Write the plan of a Spark job; returns the words that run it."""
    assert spec.spark is not None
    plan = {
        "spark": spec.spark.model_dump(mode="json"),
        "command": _words(spec, place, place / OUTPUTS)[-1],
        "cores": spec.resources.cores,
        "name": spec.name or "spark",
        "env": spec.env,
        "timeout_s": spec.timeout_s,
        "code": [clean(file.path) for file in spec.code],
    }
    (place / sparks.PLAN).write_text(json.dumps(plan), "utf-8")
    return [sys.executable, "-m", sparks.__name__]


def _input(spec: JobSpec, place: Path, name: str) -> Path:
    """Return where an input is, once its files are there."""
    if stage := spec.context.get("staged", {}).get(name):
        root = place / INPUTS / name
        return root / stage["file"] if spec.context["inputs"][name] == "file" else root
    given = spec.inputs.get(name, [])
    kind = spec.context.get("inputs", {}).get(name)
    alone = kind == "file" or (kind is None and len(given) == 1 and "/" not in given[0].path)
    alone = alone and not any(file.manifest for file in given)
    return place / INPUTS / name / given[0].path if alone and given else place / INPUTS / name


def _words(spec: JobSpec, place: Path, outputs: Path) -> list[str]:
    """Return the words of the command; a single text with spaces is a shell script, as in Azure ML."""
    script = spec.command[0]
    shell = len(spec.command) == 1 and any(character.isspace() or character in "|&;<>$" for character in script)
    quote = shlex.quote if shell else str  # of paths; literals are put in as they are, as Azure ML does
    values = {("inputs", name): value for name, value in spec.params.items()}
    for name in {**spec.inputs, **spec.context.get("staged", {})}:
        values["inputs", name] = quote(str(_input(spec, place, name)))
    values |= {("inputs", name): quote(url) for name, url in spec.context.get("direct", {}).items()}
    if spec.sweep is not None:  # filled in for each try
        values |= {("inputs", name): f"${{{{inputs.{name}}}}}" for name in spec.sweep.space}
    for word in spec.command:
        values |= {("outputs", name): quote(str(outputs / name)) for name in expressions.outputs(word)}
    words = [expressions.substitute(word, values) for word in spec.command]
    return [_shell(), "-c", *words] if shell else words


@cache
def _shell() -> str:
    return shutil.which("bash") or "/bin/sh"


def _together(ctx: Context, spec: JobSpec, place: Path, words: list[str]) -> list[str]:
    """Return the words that run a command as several processes, where the job asks for it."""
    if spec.distribution is None:
        return words
    given = spec.distribution
    if given.type == "ray":
        asked = (given.ray or OwnRay()).model_dump(exclude_none=True)
        asked |= {"nodes": given.processes, "cores": spec.resources.cores, "memory": spec.resources.memory_bytes or 0}
        return [sys.executable, "-I", "-S", ranks.__file__, "ray", json.dumps(asked), *words]
    if spec.nodes() > 1:
        plan: dict[str, Any] = {"kind": given.type, "nodes": given.nodes, "processes": given.processes}
        # a little less than the runner's: who ends its own ranks leaves nothing for others to kill
        plan |= {"grace": ctx.settings.cancel_grace_seconds * _SHARE_OF_GRACE, "folder": str(place)}
        return [sys.executable, "-I", "-S", ranks.__file__, "nodes", json.dumps(plan), *words]
    return [sys.executable, "-I", "-S", ranks.__file__, given.type, str(given.processes), *words]


def _manifests(spec: JobSpec, place: Path) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = []
    for name, given in spec.inputs.items():
        for file in given:
            if not file.manifest:
                continue
            root = place / INPUTS / name
            into = root if file.path == "." else root / clean(file.path)
            listing = None if file.path == "." else f"{into}.json"
            found.append({"manifest": file.digest, "into": str(into), "listing": listing})
    return found


def _walk(root: Path) -> Iterator[Path]:
    """Yield regular files; links are followed to files only when they stay below the root."""
    for place, _, names in os.walk(root):
        for name in sorted(names):
            path = f"{place}{os.sep}{name}"
            if not _is_file(path):
                continue
            if not os.path.islink(path) or Path(path).resolve().is_relative_to(root.resolve()):  # noqa: PTH114
                yield Path(path)


def _is_file(path: str) -> bool:
    """Say whether a regular file is there, as a Path does; of one file a job, where making a Path costs more than all else."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):  # a link that leads nowhere
            return False
        raise  # what cannot be looked at is not left out in silence
