"""What a job on another machine may ask for: there is a runner, and no studio."""

from typing import Any

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


def _check_image(job: JobSpec, chosen: dict[str, Any] | None) -> None:
    """Refuse an environment that is no image which can be pulled; one that is not resolved yet passes."""
    if chosen and not (chosen.get("container") or {}).get("pulled"):
        raise BadJob(
            f"'{job.compute}' pulls images, and {chosen['reference']} is none that can be pulled: it would be built here.",
            "Push the image to a registry, and name it alone as `image`; with `container: true` where there is a recipe of its name.",
            field="environment",
        )
