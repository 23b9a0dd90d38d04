"""The controller's tick of datasets: takes the profiles that jobs have computed, clears what killed servers left."""

from studiolo.kernel.context import Context
from studiolo.studio.datasets import inspection, job_inputs, profiling, recycling
from studiolo.studio.datasets.explore import sweeping
from studiolo.studio.datasets.monitors import reconcile as monitors
from studiolo.studio.datasets.quality import reconcile as quality
from studiolo.studio.datasets.registrations import taking
from studiolo.studio.experiments import service as experiments


def tick(ctx: Context) -> bool:
    """Take the results of ended profile jobs; True when there were any."""
    with ctx.db.glance() as tx:
        ended = experiments.unconsumed(tx, ctx, profiling.PROFILE)
    for run, spec in ended:
        with ctx.db.begin() as tx:
            profiling.finish(tx, ctx, run, spec.context)
            experiments.consume(tx, run.id)
    registered = job_inputs.tick(ctx) or taking.tick(ctx)
    inspection.sweep(ctx)
    sweeping.tick(ctx)
    kept = recycling.keep_house(ctx)
    checked = quality.tick(ctx)
    return monitors.tick(ctx) or checked or registered or kept or bool(ended)
