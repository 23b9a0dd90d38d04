"""Makes the folder of an attempt, as it is before the job starts."""

import fcntl
import os
import shutil
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.runner import attempt as files
from studiolo.studio.experiments import around, aside, expressions
from studiolo.studio.experiments.artifacts import clean
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.job_schemas import COMMANDS, FILE_TYPES
from studiolo.studio.experiments.schemas import JobSpec

INPUTS, OUTPUTS, WORK, LOGS = "inputs", "outputs", "work", "logs"
_FEW = 50  # files that are placed in no time
_FICLONE = 0x40049409  # of Linux; other systems refuse it


def make(ctx: Context, claim: Claim, place: Path) -> None:
    """Make the folder anew: inputs linked read-only from the store, the code copied so that it may be written. Raises OSError, BlobMissing."""
    usual = _is_usual(claim)
    if not (usual and claim.attempt == 1 and aside.take(place)):
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        _make_empty(place, usual=usual)
    if usual:
        aside.make_ahead(ctx.settings.attempts, _make_empty)
    for name, given in claim.spec.inputs.items():
        for file in given:
            if file.manifest:  # the runner places its files
                continue
            _bring(ctx, claim, file.digest, place / INPUTS / name / clean(file.path))
    for file in claim.spec.code:
        _copy(ctx.blobs.path(file.digest), place / WORK / clean(file.path))
    if not usual:
        _link(claim, place)
    for name in {*claim.spec.outputs, *(name for word in claim.spec.command for name in expressions.outputs(word))}:
        if (
            not is_file(claim.spec, name) and claim.kind != "spark"
        ):  # which refuses to write into a folder that is there
            (place / OUTPUTS / name).mkdir(exist_ok=True)
    around.plan(ctx, claim, place)


def is_light(claim: Claim) -> bool:
    """Say whether few files are to be placed, so that a folder on this machine is made in no time."""
    return len(claim.spec.code) + sum(len(given) for given in claim.spec.inputs.values()) <= _FEW


def _is_usual(claim: Claim) -> bool:
    """Say whether nothing stands where the habits of Azure ML have a link to what is kept."""
    return claim.kind in COMMANDS and not {clean(file.path).partition("/")[0] for file in claim.spec.code} & {
        OUTPUTS,
        LOGS,
    }


def _make_empty(place: Path, *, usual: bool = True) -> None:
    """Make the folders of an attempt, as they are in all. The links stay right where it is moved to."""
    place.mkdir(0o700)
    for name in (INPUTS, OUTPUTS, WORK, *([f"{OUTPUTS}/{LOGS}"] if usual else [])):
        (place / name).mkdir()
    (place / files.JOURNAL).touch()
    if usual:
        (place / WORK / OUTPUTS).symlink_to(f"../{OUTPUTS}")
        (place / WORK / LOGS).symlink_to(f"../{OUTPUTS}/{LOGS}")


def _link(claim: Claim, place: Path) -> None:
    """Link from the work folder to what is kept, where the code has nothing of that name."""
    if not (place / WORK / OUTPUTS).exists():
        (place / WORK / OUTPUTS).symlink_to(place / OUTPUTS)  # Azure ML's habit: what is in ./outputs is kept
    if claim.kind in COMMANDS and not (place / WORK / LOGS).exists():
        (place / OUTPUTS / LOGS).mkdir(exist_ok=True)
        (place / WORK / LOGS).symlink_to(place / OUTPUTS / LOGS)


def is_file(spec: JobSpec, name: str) -> bool:
    """Say whether an output is a file: the command makes it, and only its folder is there before."""
    if name in spec.outputs:
        return spec.outputs[name].type in FILE_TYPES
    return bool(spec.context.get("outputs", {}).get(name) == "file")  # as jobs were written before 0.3


def copied(claim: Claim) -> bool:
    """Say whether inputs are copied: root may write to any file, so its own commands get no link to the store."""
    return claim.kind in COMMANDS and os.geteuid() == 0


def _bring(ctx: Context, claim: Claim, digest: str, target: Path) -> None:
    """Place an input, read-only: a hard link to the store, or a copy."""
    if not copied(claim):
        ctx.blobs.link(digest, target)
        return
    source = ctx.blobs.path(digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as original, target.open("wb") as copy:
        try:
            fcntl.ioctl(copy, _FICLONE, original.fileno())  # shares the blocks where the file system can
        except OSError:
            shutil.copyfileobj(original, copy, 1 << 20)
    target.chmod(0o444)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    with source.open("rb") as file:
        script = file.read(2) == b"#!"
    target.chmod(0o755 if script else 0o644)
