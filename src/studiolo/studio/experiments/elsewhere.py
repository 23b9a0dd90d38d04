"""What a job on another machine may ask for: there is a runner, and no studio."""

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import JobSpec


def check(job: JobSpec) -> None:
    """Refuse what needs programs of the studio beside the job; raises BadJob, which names the field."""
    where = f"'{job.compute}' is another machine, where there is no studio"
    if job.kind != "command":
        raise BadJob(
            f"{where}: a job of kind {job.kind} needs it.", "Use compute: local, or a cluster.", field="compute"
        )
    if job.environment or job.context.get("environment"):
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
