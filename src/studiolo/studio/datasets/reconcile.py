"""The controller's tick of datasets: takes the profiles that jobs have computed, clears what killed servers left."""

from studiolo.kernel.context import Context
from studiolo.studio.datasets import inspection, recycling, service
from studiolo.studio.datasets.explore import sweeping
from studiolo.studio.datasets.monitors import reconcile as monitors
from studiolo.studio.datasets.table_file import PROFILE_FILE
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import ArtifactNotFound


def tick(ctx: Context) -> bool:
    """Take the results of ended profile jobs; True when there were any."""
    with ctx.db.read() as tx:
        ended = experiments.unconsumed(tx, ctx, service.PROFILE)
    for run, _ in ended:
        with ctx.db.begin() as tx:
            digest, error = None, run.error or f"Its job ended as {run.state}."
            if run.state == "Completed":
                try:
                    digest, error = artifacts.find(tx, ctx, run.id, PROFILE_FILE).digest, ""
                except ArtifactNotFound:
                    error = "Its job left no profile."
            service.finish_profile(tx, ctx, run.id, digest, error or None)
            experiments.consume(tx, run.id)
    inspection.sweep(ctx)
    sweeping.tick(ctx)
    kept = recycling.keep_house(ctx)
    return monitors.tick(ctx) or kept or bool(ended)
