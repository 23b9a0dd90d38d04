"""What it takes to run a step once more somewhere else: its command, variables, code and inputs as its job had them."""

import re
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.storage import manifests
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import LogNotThere
from studiolo.studio.experiments.schemas import Artifact, InputFile, JobSpec
from studiolo.studio.pipelines import led_above
from studiolo.studio.pipelines.errors import BadPipeline, OutputNotFound
from studiolo.studio.pipelines.schemas import DebugFiles, StepDebug

_FAILED = re.compile(rb"\[studio\] mini-batch (\d+) failed")


def of(ctx: Context, root_id: str, step: Any) -> StepDebug:
    """Return how the job of a step ran. step: its row. Raises BadPipeline for one that had none."""
    run_id, spec = _job(ctx, step)
    if spec.notebook is not None or spec.spark is not None or step.kind in led_above.KINDS:
        raise BadPipeline(
            f"Step '{step.path}' is no command but of the kind {step.kind}, which no script runs.",
            f"Take its files: studiolo experiments files {run_id}; or submit it again with a change.",
            field="debug",
        )
    shapes = spec.context.get("inputs", {})
    inputs = {
        name: DebugFiles(alone=shapes.get(name) == "file", files=_listed(ctx, files))
        for name, files in spec.inputs.items()
    }
    chosen = spec.context.get("environment")
    fetched = [*spec.context.get("staged", {}), *spec.context.get("direct", {})]
    return StepDebug(
        path=step.path,
        pipeline_id=root_id,
        run_id=run_id,
        command=spec.command,
        env=spec.env,
        params={
            **spec.params,
            **{name: f"<{name}: fetched when the job starts>" for name in fetched if name not in inputs},
        },
        secrets=sorted(spec.secrets),
        code=_listed(ctx, spec.code),
        inputs=inputs,
        outputs={name: output.type for name, output in spec.outputs.items()},
        environment=str(chosen["reference"]) if chosen else "",
        cut=spec.parallel.data if spec.parallel else "",
        parallel=spec.parallel,
        failed=_failed(ctx, run_id) if spec.parallel else [],
        tried=sorted(spec.sweep.space) if spec.sweep else [],
    )


def _failed(ctx: Context, run_id: str) -> list[int]:
    """Return the mini-batches of a parallel job of which its log says that they failed, in their order."""
    try:
        with experiments.log_path(ctx, run_id).open("rb") as log:
            return sorted({int(said[1]) for line in log if (said := _FAILED.match(line))})
    except (LogNotThere, OSError):
        return []


def file(ctx: Context, step: Any, slot: str, path: str) -> tuple[Path, str]:
    """Return a local file of a step's code (an empty slot) or of one of its inputs, and its name."""
    spec = _job(ctx, step)[1]
    files = spec.inputs.get(slot, []) if slot else spec.code
    listed = _listed(ctx, files)
    found = next((one for one in listed if one.path == path), None)
    if found is None or found.digest is None:
        raise OutputNotFound(path, [one.path for one in listed])
    return ctx.blobs.path(found.digest), path.rpartition("/")[2]


def _job(ctx: Context, step: Any) -> tuple[str, JobSpec]:
    run_id = step.origin_run_id or step.run_id
    spec = experiments.spec(ctx, run_id) if run_id else None
    if spec is None or run_id is None:
        raise BadPipeline(
            f"Step '{step.path}' had no job: it is {step.state}.",
            "Enter a step that has run, such as the one that failed.",
            field="path",
        )
    return run_id, spec


def _listed(ctx: Context, files: list[InputFile]) -> list[Artifact]:
    found = []
    for one in files:
        if one.manifest:
            prefix = "" if one.path == "." else f"{one.path}/"
            entries = manifests.Manifest(ctx.blobs, one.digest).entries()
            found += [Artifact(path=f"{prefix}{e.path}", is_dir=False, size=e.size, digest=e.digest) for e in entries]
        else:
            size = ctx.blobs.path(one.digest).stat().st_size
            found.append(Artifact(path=one.path, is_dir=False, size=size, digest=one.digest))
    return found
