"""Images of the jobs on attached machines: which run them by themselves, and which run nothing else."""

from studiolo.kernel.context import Context
from studiolo.studio.compute.machines import kinds
from studiolo.studio.compute.machines import repository as machines


def runs_images(ctx: Context, name: str | None = None) -> bool:
    """Say whether a compute runs jobs in images by itself, without an engine of this machine; any attached one for None."""
    with ctx.db.read() as tx:
        rows = machines.all_(tx, ctx.workspace_id)
    return any(kinds.kind(row.kind).SPEC.images for row in rows if name in (None, row.name))


def wants_an_image(ctx: Context, name: str) -> bool:
    """Say whether each job on a compute must name its image: it runs all in images, and has none for those without."""
    with ctx.db.glance() as tx:
        row = machines.find(tx, ctx.workspace_id, name)
    return row is not None and kinds.kind(row.kind).SPEC.images and not row.config["settings"].get("image")
