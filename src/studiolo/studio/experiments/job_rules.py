"""What a job must be to be queued: first what its spec alone tells, then what is looked up."""

import importlib.util
import re

from studiolo.kernel.context import Context
from studiolo.kernel.errors import MissingExtra
from studiolo.kernel.storage import manifests
from studiolo.studio.compute import service as compute
from studiolo.studio.experiments import artifacts, elsewhere, expressions, in_containers, job_secrets, warm_start
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.notebooks import parameters
from studiolo.studio.experiments.schemas import InputFile, JobSpec
from studiolo.studio.experiments.sweeps import space

_NAME = re.compile(r"[\w.-]{1,255}")  # names become folders of the attempt and variables


def check_spec(ctx: Context, job: JobSpec) -> None:
    """Refuse what the spec alone tells, before anything that it refers to is looked for.

    Raises BadJob, ComputeNotFound, TooBig for what the compute can never give, MissingExtra.
    """
    compute.check(ctx, job.compute, *job.asked())
    if compute.elsewhere(ctx, job.compute):
        images = compute.runs_images(ctx, job.compute)
        elsewhere.check(job, images=images)
        if images and not job.environment and compute.wants_an_image(ctx, job.compute):
            raise BadJob(
                f"'{job.compute}' runs jobs in images, and neither it nor the job names one.",
                "Name one in the job, environment: {image: …, container: true}, or for all that name none: "
                f"studiolo compute machine-update {job.compute} --set image=…",
                field="environment",
            )
    if not job.command or not job.command[0].strip():
        raise BadJob("The command is empty.", "Write what to run, such as: python train.py", field="command")
    _check_names(job)
    _check_expressions(job)
    _check_sweep(job)
    warm_start.check(job)
    _check_parallel(job)
    _check_notebook(job)
    _check_spark(job)
    if takes := compute.takes(ctx, job.compute):
        elsewhere.check_sent(job, takes)


def check_given(ctx: Context, job: JobSpec) -> None:
    """Refuse secrets that the actor's job would not get, and files that are not in the store; raises what is wrong."""
    if compute.elsewhere(ctx, job.compute):  # again: what references came to is known now
        elsewhere.check(job, images=compute.runs_images(ctx, job.compute))
    else:
        in_containers.check(ctx, job)
    if takes := compute.takes(ctx, job.compute):
        elsewhere.check_sent(job, takes)
    _check_given_parallel(job)
    job_secrets.check(ctx, job)
    for name, files in [("code", job.code), ("artifacts", job.artifacts), *job.inputs.items()]:
        for file in files:
            _check_file(ctx, name, file, listed=name in job.inputs)


def _check_names(job: JobSpec) -> None:
    families = {
        "inputs": [*job.inputs],
        "data": [*job.data],
        "outputs": [*job.outputs],
        "params": [*job.params],
        "sweep.space": [*(job.sweep.space if job.sweep else ())],
    }
    for family, names in families.items():
        for name in names:
            if not _NAME.fullmatch(name) or name in (".", ".."):
                raise BadJob(
                    f"'{name[:80]}' cannot be a name of {family}.",
                    "Use at most 255 letters, digits, '_', '-' and '.'.",
                    field=family,
                )


def _check_sweep(job: JobSpec) -> None:
    if (job.sweep is None) == (job.kind == "sweep"):
        raise BadJob("A job of kind sweep says what it tries, and no other does.", field="sweep")
    if job.sweep is None:
        return
    space.check(job.sweep)
    if job.sweep.sampling == "bayesian" and importlib.util.find_spec("optuna") is None:
        raise MissingExtra("Bayesian sampling", "sweep")


def _check_notebook(job: JobSpec) -> None:
    if (job.notebook is None) == (job.kind == "notebook"):
        raise BadJob("A job of kind notebook says which, and no other does.", field="notebook")
    if job.notebook is None:
        return
    if importlib.util.find_spec("nbclient") is None:
        raise MissingExtra("Running notebooks", "notebook")
    for name in (*job.params, *job.inputs, *job.data, *job.outputs):
        if not parameters.is_name(name):
            raise BadJob(
                f"'{name}' cannot be a variable of the notebook.", "Use letters, digits and '_'.", field="inputs"
            )


def _check_parallel(job: JobSpec) -> None:
    if (job.parallel is None) == (job.kind == "parallel"):
        raise BadJob("A job of kind parallel says how its data is cut, and no other does.", field="parallel")
    if job.parallel is None:
        return
    name = job.parallel.data
    table = job.parallel.cut == "table" or job.parallel.partition_keys  # whose files come, whatever its mode is
    if job.params.get(name) or (name in job.data and job.data[name].mode == "direct" and not table):
        raise BadJob(f"'{name}' is no data that can be cut into files.", "Give it as a folder.", field="parallel.data")
    target = job.parallel.append_row_to
    if target and target not in job.outputs:
        raise BadJob(f"There is no output '{target}'.", "Add it to the outputs.", field="parallel.append_row_to")
    model = job.parallel.model
    if model and model not in {*job.inputs, *job.data, *job.params}:
        raise BadJob(f"There is no input '{model}'.", "Add the model to the inputs.", field="parallel.model")
    if job.distribution is not None:
        raise BadJob("The workers of a parallel job are not one group.", "Leave it out.", field="distribution")


def _check_spark(job: JobSpec) -> None:
    if (job.spark is None) == (job.kind == "spark"):
        raise BadJob("A job of kind spark says what Spark runs, and no other does.", field="spark")
    if job.spark is None:
        return
    if job.distribution is not None:
        raise BadJob("Spark distributes its work itself.", "Leave it out.", field="distribution")
    if "spark.master" in job.spark.conf:
        raise BadJob(
            "Which Spark runs the job is said by its compute.",
            "Leave `spark.master` out; attach another Spark by: studiolo compute attach NAME --kind spark",
            field="conf.spark.master",
        )


def _check_given_parallel(job: JobSpec) -> None:
    """Refuse a parallel job whose data is nowhere; only what was resolved has all of it."""
    if job.parallel is not None and job.parallel.data not in {
        *job.inputs,
        *job.context.get("staged", {}),
        *job.params,  # empty, in a pipeline that is looked at before its steps have made the data
    }:
        raise BadJob(
            f"There is no input '{job.parallel.data}' with data that can be cut.",
            f"Add '{job.parallel.data}' to the inputs.",
            field="parallel.data",
        )


def _check_expressions(job: JobSpec) -> None:
    known = {*job.inputs, *job.params, *job.data, *(job.sweep.space if job.sweep else ())}
    for word in job.command:
        if found := expressions.strange(word, job.sweep.space if job.sweep else ()):
            raise BadJob(
                f"The command has {found[:80]}, which means nothing here.",
                "Use ${{inputs.<name>}} and ${{outputs.<name>}}.",
                field="command",
            )
        for family, name in sorted(expressions.names(word)):
            if family == "inputs" and name not in known:
                raise BadJob(
                    f"The command uses ${{{{inputs.{name}}}}}, and the job has no such input.",
                    f"Add '{name}' to the inputs or params.",
                    field="command",
                )


def _check_file(ctx: Context, name: str, file: InputFile, *, listed: bool) -> None:
    if not (file.manifest and file.path == "."):
        artifacts.clean(file.path)
    if not ctx.blobs.keep(file.digest):
        raise BadJob(
            f"The bytes of {file.path} are not in the studio.", "Upload the file first.", field=f"inputs.{name}"
        )
    if file.manifest:
        if not listed:
            raise BadJob("Only an input may be a manifest.", "Name each file.", field=name)
        for _ in manifests.named(
            ctx.blobs, [file.digest]
        ):  # one that cannot be read would keep the store from being swept
            pass
