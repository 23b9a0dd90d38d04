"""What a job on another machine may ask for: there is a runner, and no studio."""

from typing import Any

from studiolo.studio.experiments import expressions
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import JobSpec


def check(job: JobSpec, *, images: bool = False) -> None:
    """Refuse what needs programs of the studio beside the job; raises BadJob, which names the field. images: it runs jobs in images."""
    where = f"'{job.compute}' is another machine, where there is no studio"
    if job.kind != "command":
        raise BadJob(
            f"{where}: a job of kind {job.kind} needs it.", "Use compute: local, or a cluster.", field="compute"
        )
    chosen = job.context.get("environment")
    if images and (chosen or job.environment):
        _check_image(job, chosen)
    elif job.environment or chosen:
        raise BadJob(
            f"{where}: environments are not built there.",
            "Leave it out, and name a Python with the packages when the machine is attached.",
            field="environment",
        )
    if staged := job.context.get("staged"):
        name = next(iter(staged))
        raise BadJob(
            f"{where}: input '{name}' cannot be fetched there.",
            "Make a dataset of it, or give it with mode: direct.",
            field=f"inputs.{name}",
        )
    if kept := job.context.get("kept_at"):
        name = next(iter(kept))
        raise BadJob(
            f"{where}: output '{name}' cannot be taken to a datastore from there.",
            "Leave out its path: it comes back as an artifact of the run.",
            field=f"outputs.{name}",
        )


def check_sent(job: JobSpec, takes: tuple[str, ...]) -> None:
    """Refuse what a compute that takes a script, and sees no files of the studio, cannot run; raises BadJob, which names the field."""
    where = f"'{job.compute}' runs scripts away from the studio"
    if job.kind not in takes:
        raise BadJob(
            f"'{job.compute}' takes jobs of kind {' and '.join(takes)} alone, and this one is of kind {job.kind}.",
            "Name another compute.",
            field="compute",
        )
    if job.environment or job.context.get("environment"):
        raise BadJob(
            f"{where}: environments are not built there.",
            f"Leave it out; packages are its libraries: studiolo compute machine-update {job.compute} --set libraries=…",
            field="environment",
        )
    for field, names, hint in (
        ("inputs", [*job.inputs, *job.context.get("staged", {})], "Give an address that it reads itself, as a text or with mode: direct."),
        ("outputs", [*job.outputs, *(name for word in job.command for name in expressions.outputs(word))], "Let the script write to an address of its own."),
        ("secrets", [*job.secrets], "Use its secret scopes: dbutils.secrets.get(scope, key)."),
    ):  # fmt: skip
        if names:
            raise BadJob(f"{where}, where '{names[0]}' is not.", hint, field=f"{field}.{names[0]}")
    assert job.spark is not None  # of its kind
    for field, names in (("jars", job.spark.jars), ("archives", job.spark.archives)):
        if local := next(
            (name for name in names if "://" not in name and not name.startswith(("dbfs:", "/Volumes/"))), ""
        ):
            raise BadJob(f"{where}: '{local}' is a file of the code.", "Name where Databricks finds it: dbfs:/…, /Volumes/…, s3://…", field=field)  # fmt: skip


def _check_image(job: JobSpec, chosen: dict[str, Any] | None) -> None:
    """Refuse an environment that is no image which can be pulled; one that is not resolved yet passes."""
    if chosen and not (chosen.get("container") or {}).get("pulled"):
        raise BadJob(
            f"'{job.compute}' pulls images, and {chosen['reference']} is none that can be pulled: it would be built here.",
            "Push the image to a registry, and name it alone as `image`; with `container: true` where there is a recipe of its name.",
            field="environment",
        )
