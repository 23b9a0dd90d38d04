"""The controller's tick of AutoML: registers the model of each completed run, once."""

import logging

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.automl import service
from studiolo.studio.experiments import service as experiments

log = logging.getLogger(__name__)


def tick(ctx: Context) -> bool:
    """Take the results of ended runs; True when there were any.

    Registering and consuming are one transaction: a controller that is killed here registers again or not at all.
    """
    with ctx.db.glance() as tx:
        ended = experiments.unconsumed(tx, ctx, service.KIND)
    for run, job in ended:
        try:
            with ctx.db.begin() as tx:
                if run.state == "Completed":
                    service.register(tx, ctx, run, job)
                experiments.consume(tx, run.id)
        except StudioloError as error:
            log.warning("the model of run %s cannot be registered: %s", run.id, error)
            with ctx.db.begin() as tx:
                service.note_unregistered(tx, ctx, run.id, str(error))
                experiments.consume(tx, run.id)
    return bool(ended)
